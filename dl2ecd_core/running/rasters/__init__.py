"""Rasters: what running asks of them, files that are read, and where they lie on the earth."""
