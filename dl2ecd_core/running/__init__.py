"""An .ecd at work: sessions, tiles, scaling, values and rasters; README.md shows how they fit.

Nothing of this is imported by the core. NumPy, a runtime and a raster library are imported where
they are first used, and a sentence says what to install where they are absent.
"""
