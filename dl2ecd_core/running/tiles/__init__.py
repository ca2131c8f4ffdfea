"""Tiles: how far a model looks, how large they are, and where they lie."""
