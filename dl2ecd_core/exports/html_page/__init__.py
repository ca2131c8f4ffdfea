"""The parts of the html export's page."""
