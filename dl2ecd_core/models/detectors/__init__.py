"""Detectors: what their outputs hold, told from names, shapes and exporters' notes."""
