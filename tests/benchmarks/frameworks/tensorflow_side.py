"""TensorFlow: a frozen graph, read and parsed."""

import json
import sys
import time
from pathlib import Path

import tensorflow as tf

started = time.perf_counter()
graph = tf.compat.v1.GraphDef()
graph.ParseFromString(Path(sys.argv[2]).read_bytes())
print(json.dumps({"seconds": time.perf_counter() - started}))
