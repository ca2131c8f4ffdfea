"""Raster functions need the extras `run` and `detect`; without them their tests are left out."""

from __future__ import annotations

import importlib.util

NEEDED = ("numpy", "onnxruntime", "rasterio", "onnx")

if not all(map(importlib.util.find_spec, NEEDED)):
    collect_ignore_glob = ["*"]
elif not all(map(importlib.util.find_spec, ("shapely", "pyogrio"))):
    collect_ignore_glob = ["*detect*"]
