"""Containers and encodings that model formats are made of, read lazily and within bounds."""
