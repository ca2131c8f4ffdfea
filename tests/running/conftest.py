"""Tests of running need what the extra `run` brings; without it they are left out."""

from __future__ import annotations

import importlib.util

NEEDED = ("numpy", "onnxruntime", "rasterio")

if not all(map(importlib.util.find_spec, NEEDED)):
    collect_ignore_glob = ["*"]
