"""Objects: what a detector finds in a scene, as polygons with a class and a score."""
