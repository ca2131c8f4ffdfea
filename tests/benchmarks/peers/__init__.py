"""Scripts that classify a scene with the tools people use for it, each in its own environment.

``NAME_side.py SCENE MODEL OUT CLASSES TILE`` classifies a scene of bytes with an ONNX model that
takes tiles of one size, and writes the numbers of its classes, from 0, as ``OUT``; it prints what
that took as JSON. The scripts import nothing of this project. ``make_environments.py`` makes the
environments.
"""
