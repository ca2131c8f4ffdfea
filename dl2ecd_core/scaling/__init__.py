"""What is done to raster values before a model takes them, as definitions say it."""
