"""An .ecd at work in ArcGIS: Python raster functions, with the engine of ``dl2ecd classify``."""
