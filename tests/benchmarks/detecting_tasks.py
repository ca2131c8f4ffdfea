"""What the benchmarks of detecting do in processes of their own."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict

SCALE = "min-max 0 255"
#: Of an object, the side of the square of the scene that it has for itself.
_SPACING = 96
#: Boxes that a network gives for an object before they are suppressed.
_CANDIDATES = 25


def detector(path: str, tile: str) -> Dict[str, float]:
    """Rows of YOLOv8 with known answers, and convolutions as many as in its smallest network."""
    import numpy as np

    from tests.running.objects.networks import CELL, Network, notes

    random = np.random.default_rng(1)
    network = Network(int(tile))
    last, into = "images", 3
    for out, stride in ((32, 2), (64, 2), (128, 2), (128, 1), (128, 1)):
        kernel = random.normal(0, 0.05, (out, into, 3, 3)).astype("float32")
        last = network.node(
            "Relu",
            network.node(
                "Conv", last, network.constant(kernel), strides=[stride] * 2, pads=[1] * 4
            ),
        )
        into = out
    # What comes out must hang on it, and say the same.
    mean = network.node("ReduceMean", last, axes=[1, 2, 3], keepdims=0)
    nothing = network.node("Mul", mean, network.number(0.0))
    score = [network.node("Add", one, nothing) for one in network.classes]
    sides = (network.x, network.y, network.width, network.height)
    network.rows((*sides, *score), output="output0")
    cells = (int(tile) // CELL) ** 2
    network.save(Path(path), {"output0": (1, 6, cells)}, notes("detect", int(tile)))
    document = {
        "ImportDeepLearningModelToEsriExtraInfo": 0,
        "Version": 1,
        "Classifier": "ONNX",
        "NumberRasterBands": 3,
        "MiniBatchSize": 1,
        "Classes": [
            {"Value": 1, "Name": "Tree", "Color": [0, 200, 0]},
            {"Value": 2, "Name": "Car", "Color": [200, 0, 0]},
        ],
    }
    Path(path).with_name("classes.json").write_text(json.dumps(document), encoding="ascii")
    return {}


def scene_of_objects(path: str, width: str, height: str) -> Dict[str, float]:
    """A scene with an object in every square, written in pieces."""
    import numpy as np
    import rasterio
    from rasterio.windows import Window

    columns, rows = int(width), int(height)
    random = np.random.default_rng(1)
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=3, dtype="uint8",
        compress="deflate", tiled=True, blockxsize=256, blockysize=256, crs="EPSG:32632",
        transform=rasterio.Affine(1, 0, 500_000, 0, -1, 5_000_000),
    ) as file:  # fmt: skip
        for top in range(0, rows, _SPACING):
            count = min(_SPACING, rows - top)
            strip = random.integers(0, 40, (3, count, columns)).astype("uint8")
            if count == _SPACING:
                for left in range(0, columns - _SPACING + 1, _SPACING):
                    strip[:, 40:48, left + 40 : left + 48] = random.integers(100, 255, (3, 1, 1))
            file.write(strip, window=Window(0, top, columns, count))
    return {}


def detect(scene: str, model: str, out: str) -> Dict[str, float]:
    """The whole job, imports and all."""
    started, cpu = time.perf_counter(), time.process_time()
    from dl2ecd_core.running.detect import DetectOptions
    from dl2ecd_core.running.detect import detect as detected

    classes = Path(model).with_name("classes.json")
    done = detected(
        scene, model, out, class_info=classes, options=DetectOptions(scale=[SCALE], score=0.3)
    )
    return {
        "wall": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "tiles": done.tiles,
        "objects": done.objects,
    }


def detect_inference(model: str, tiles: str) -> Dict[str, float]:
    """As many tiles as detect ran, through the same session, with nothing around them."""
    import numpy as np

    from dl2ecd_core.models import inspect_model
    from dl2ecd_core.running.processes.cores import cores
    from dl2ecd_core.running.sessions.onnx_session import OnnxSession

    described = inspect_model(model)
    session = OnnxSession(Path(model), described.inputs, described.outputs)
    side = (described.inputs[0].shape or (1, 3, 64))[2] or 64
    tile: Any = np.random.default_rng(1).random((1, 3, side, side)).astype("float32")
    started, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(cores()) as pool:
        for _ in pool.map(lambda place: session.run([tile]) and None, range(int(tiles))):
            pass
    return {"wall": time.perf_counter() - started, "cpu": time.process_time() - cpu}


def suppression(count: str) -> Dict[str, float]:
    """Many boxes at once, some dozens for each object, and the same by the plain rule."""
    import numpy as np

    from dl2ecd_core.running.objects.found import boxes
    from dl2ecd_core.running.objects.suppression import suppressed

    many, iou = int(count), 0.5
    random = np.random.default_rng(1)
    things = max(many // _CANDIDATES, 1)
    low = random.uniform(0, 60 * things**0.5, (things, 2))
    thing = np.hstack([low, low + random.uniform(10, 60, (things, 2))])
    which = random.integers(0, things, many)
    bounds = thing[which] + random.normal(0, 2, (many, 4))
    objects = boxes(bounds, random.uniform(0, 1, many), which % 3)
    suppressed(objects, iou)
    started = time.perf_counter()
    found = suppressed(objects, iou)
    taken = time.perf_counter() - started
    started = time.perf_counter()
    plain = _plain(bounds, objects.scores, objects.labels, iou)
    return {
        "seconds": taken,
        "plain": time.perf_counter() - started,
        "kept": len(found),
        "different": len(set(found.tolist()) ^ set(plain)),
    }


def _plain(bounds: Any, scores: Any, labels: Any, iou: float) -> Any:
    """The best first; what overlaps it goes; each is compared with all that are left."""
    import numpy as np

    rest = np.argsort(-scores, kind="stable")
    areas = (bounds[:, 2:] - bounds[:, :2]).prod(1)
    kept = []
    while len(rest):
        best, rest = rest[0], rest[1:]
        kept.append(int(best))
        low = np.maximum(bounds[best, :2], bounds[rest, :2])
        high = np.minimum(bounds[best, 2:], bounds[rest, 2:])
        shared = np.maximum(high - low, 0).prod(1)
        over = shared > iou * (areas[best] + areas[rest] - shared)
        rest = rest[~(over & (labels[rest] == labels[best]))]
    return kept
