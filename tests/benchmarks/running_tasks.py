"""What the benchmarks of running do in processes of their own."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict
from unittest import mock

#: Steps of scaling and the size of tile that stand for everybody's.
SCALE, TILE = "min-max 0 255", 256


def scene(path: str, width: str, height: str) -> Dict[str, float]:
    """A scene of patches with some noise, written in pieces."""
    import numpy as np
    import rasterio
    from rasterio.windows import Window

    columns, rows = int(width), int(height)
    random = np.random.default_rng(1)
    options: Dict[str, Any] = {"tiled": True, "blockxsize": 256, "blockysize": 256}
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=4, dtype="uint8",
        compress="deflate", photometric="minisblack", crs="EPSG:32632",
        transform=rasterio.Affine(1, 0, 500_000, 0, -1, 5_000_000), **options,
    ) as file:  # fmt: skip
        for top in range(0, rows, 256):
            count = min(256, rows - top)
            coarse = random.integers(0, 230, (4, count // 16 + 1, columns // 16 + 1), "uint8")
            patches = coarse.repeat(16, 1).repeat(16, 2)[:, :count, :columns]
            noise = random.integers(0, 24, (4, count, columns), "uint8")
            file.write(patches + noise, window=Window(0, top, columns, count))
    return {}


def classify(scene: str, model: str, out: str, device: str = "cpu") -> Dict[str, float]:
    """The whole job, imports and all; and its rows alone, from the first that is read."""
    started, cpu = time.perf_counter(), time.process_time()
    from dl2ecd_core.running.building import Options
    from dl2ecd_core.running.classify import classify as classified
    from dl2ecd_core.running.maps import result

    rows: Dict[str, float] = {}
    make = result.classify_raster

    def timed(*given: Any, **options: Any) -> Any:
        began = time.perf_counter()
        plan = make(*given, **options)
        rows["rows"] = time.perf_counter() - began
        return plan

    classes = _classes_beside(out, model)
    with mock.patch.object(result, "classify_raster", timed):
        classified(
            scene, model, out, class_info=classes, options=Options(scale=[SCALE]), device=device
        )
    wall = time.perf_counter() - started
    return {"wall": wall, "cpu": time.process_time() - cpu, **rows}


def decoding(scene: str) -> Dict[str, float]:
    """A scene's pixels, read as classify reads them, on all cores; nothing is done with them."""
    from dl2ecd_core.running.rasters.raster import Window
    from dl2ecd_core.running.rasters.scene import opened_scene
    from dl2ecd_core.running.tiles.fitting import USUAL

    with opened_scene(scene) as reader:
        bands = range(len(reader.band_names))
        started = time.perf_counter()
        for top in range(0, reader.height, USUAL[0]):
            bottom = min(top + USUAL[0], reader.height)
            reader.read(Window(top, bottom, 0, reader.width), bands)
        return {"wall": time.perf_counter() - started}


def _classes_beside(out: str, model: str) -> Path:
    from dl2ecd_core.fit.class_output import classes_of
    from dl2ecd_core.models import inspect_model

    document = {
        "ImportDeepLearningModelToEsriExtraInfo": 0,
        "Version": 1,
        "Classifier": "ONNX",
        "NumberRasterBands": 4,
        "MiniBatchSize": 1,
        "Classes": [
            {"Value": value + 1, "Name": f"Class {value}", "Color": [value % 256, 9, 9]}
            for value in range(classes_of(inspect_model(model)) or 2)
        ],
    }
    path = Path(f"{out}.classes.json")
    path.write_text(json.dumps(document), encoding="ascii")
    return path


def inference(scene: str, model: str, out: str, device: str = "cpu") -> Dict[str, float]:
    """The tiles that classify runs, through the same session, with nothing around them.

    And as many tiles of the model's own size as cover the scene without overlap. On a graphics card
    in batches, as there.
    """
    del out
    import numpy as np
    import rasterio

    from dl2ecd_core.models import inspect_model
    from dl2ecd_core.running.processes.cores import cores
    from dl2ecd_core.running.sessions.onnx_session import OnnxSession
    from dl2ecd_core.running.sessions.opening import ON_CARD
    from dl2ecd_core.running.sessions.scores import scores_of
    from dl2ecd_core.running.tile_room import with_room
    from dl2ecd_core.running.tiles.fitting import fit_tiles
    from dl2ecd_core.running.tiles.planning import plan_tiles
    from dl2ecd_core.running.tiles.walking import read_looks

    with rasterio.open(scene) as file:
        height, width = file.height, file.width
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(model, folder))
        described = inspect_model(path)
        session = OnnxSession(path, described.inputs, described.outputs, device=device)
        if device == "cuda" and not session.runtime.endswith(ON_CARD):
            raise SystemExit(f"no card: {session.runtime}")
        layers = session.outputs[0].size_of("C") or 2
        fitted = fit_tiles(scores_of(session, 4, None, layers), read_looks(path, None))
        fitted = with_room(fitted, described)
    count = len(plan_tiles(fitted.rows, fitted.columns, height, width))
    batch = fitted.scores.batch
    workers = cores() if batch == 1 and fitted.scores.session.threads == 1 else 1
    random = np.random.default_rng(1)
    tiles = random.random((batch, 4, fitted.rows.tile, fitted.columns.tile), "float32")
    same = _run(fitted.scores.session, tiles, -(-count // batch), workers)
    side = TILE if None in fitted.scores.tile else fitted.rows.tile
    alone = random.random((batch, 4, side, side), "float32")
    bare = _run(fitted.scores.session, alone, -(-height * width // side**2 // batch), workers)
    return {"wall": same[0], "cpu": same[1], "bare": bare[0], "bare_cpu": bare[1]}


def _run(session: Any, tile: Any, count: int, workers: int) -> Any:
    if tile.shape[0] > 1:
        # A card gets ready for a size when it meets it first.
        session.run([tile])
    started, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(lambda place: session.run([tile]) and None, range(count)):
            pass
    return time.perf_counter() - started, time.process_time() - cpu


def differing(scene: str, model: str, out: str, first: str) -> Dict[str, float]:
    """Pixels of a map whose class is another than in one pass over the whole scene.

    Parameters
    ----------
    first
        What the map has for the model's first class.
    """
    import numpy as np
    import rasterio

    from dl2ecd_core.models import inspect_model
    from dl2ecd_core.running.sessions.onnx_session import OnnxSession

    with rasterio.open(scene) as file:
        pixels = file.read().astype("float32") / 255
    with rasterio.open(out) as file:
        values = file.read(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(model, folder))
        described = inspect_model(path)
        session = OnnxSession(path, described.inputs, described.outputs).freed()
        assert session is not None
        scores = session.run([pixels[None]])[0][0]
    different = np.count_nonzero(scores.argmax(0) + int(first) != values)
    return {"different": float(different), "pixels": float(values.size)}


def loop(scene: str, model: str, out: str) -> Dict[str, float]:
    """What one writes first: read a window, run it, write it; seams and all."""
    started, cpu = time.perf_counter(), time.process_time()
    import numpy as np
    import onnxruntime
    import rasterio
    from rasterio.windows import Window

    session = onnxruntime.InferenceSession(model)
    name = session.get_inputs()[0].name
    size = session.get_inputs()[0].shape[2]
    fixed = size if isinstance(size, int) else TILE
    with rasterio.open(scene) as source:
        profile = {**source.profile, "count": 1, "dtype": "uint8", "photometric": "minisblack"}
        with rasterio.open(out, "w", **profile) as target:
            for top in range(0, source.height, fixed):
                for left in range(0, source.width, fixed):
                    window = Window(
                        left, top, min(fixed, source.width - left), min(fixed, source.height - top)
                    )
                    pixels = source.read(window=window).astype("float32") / 255
                    padded = np.zeros((1, 4, fixed, fixed), "float32")
                    padded[0, :, : window.height, : window.width] = pixels
                    scores = session.run(None, {name: padded})[0][0]
                    values = scores.argmax(0).astype("uint8")
                    target.write(values[: window.height, : window.width], 1, window=window)
    return {"wall": time.perf_counter() - started, "cpu": time.process_time() - cpu}
