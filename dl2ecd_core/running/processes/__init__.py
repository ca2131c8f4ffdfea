"""The processes that run models: how they are started, and what memory they may take."""
