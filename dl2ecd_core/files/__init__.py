"""Files: opening plain ones, writing whole ones, and what may be replaced."""
