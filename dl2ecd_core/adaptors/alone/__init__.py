"""Raster functions that need nothing of this package where they run: NumPy and ONNX Runtime."""
