"""CNTK: a model, loaded; runs on Python 3.6, the last that CNTK 2.7 has."""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")

import cntk  # noqa: E402

started = time.perf_counter()
cntk.load_model(sys.argv[2])
print(json.dumps({"seconds": time.perf_counter() - started}))
