"""safetensors: all tensors, loaded."""

import json
import sys
import time

from safetensors.numpy import load_file

started = time.perf_counter()
load_file(sys.argv[2])
print(json.dumps({"seconds": time.perf_counter() - started}))
