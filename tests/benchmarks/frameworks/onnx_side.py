"""ONNX: a model, loaded with the package onnx."""

import json
import sys
import time

import onnx

started = time.perf_counter()
onnx.load(sys.argv[2])
print(json.dumps({"seconds": time.perf_counter() - started}))
