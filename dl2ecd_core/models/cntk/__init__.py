"""CNTK models: the v2 Dictionary and the v1 network file, read into one graph."""
