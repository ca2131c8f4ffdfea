"""geoai-py: a scene classified with an ONNX model, tile by tile, as its documentation shows it."""

import json
import sys
import time
from pathlib import Path

started, cpu = time.perf_counter(), time.process_time()
from geoai.onnx import ONNXGeoModel  # noqa: E402

scene, model, out = sys.argv[2:5]
Path(out).unlink(missing_ok=True)
# Tiles of the model's own size, with half of what it calls a usual overlap for tiles of 1024.
segment = ONNXGeoModel(
    model,
    task="semantic-segmentation",
    providers=["CPUExecutionProvider"],
    tile_size=256,
    overlap=32,
)
segment.predict(scene, output_path=out)
if not Path(out).exists():
    raise SystemExit("it wrote nothing")
print(json.dumps({"wall": time.perf_counter() - started, "cpu": time.process_time() - cpu}))
