"""Pictures need what the extra `detect` brings; without it their tests are left out."""

from __future__ import annotations

import importlib.util

if not all(map(importlib.util.find_spec, ("shapely", "pyogrio", "onnx"))):
    collect_ignore_glob = ["*"]
