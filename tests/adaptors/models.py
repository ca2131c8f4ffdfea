"""Models of every kind that is classified otherwise, with scenes and their maps by ``classify``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from dl2ecd_core.conversion import convert
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from tests.adaptors.arcgis import Scene
from tests.conftest import FIXTURES
from tests.running.scenes import opened, pixels, write_classes, write_scene

BYTES = [{"type": "min-max", "minimum": 0, "maximum": 255}]
DEMO = Path(__file__).parents[2] / "dl2ecd_core" / "demo" / "landcover.model"


Write = Callable[[Path], Path]
#: Operation, inputs, output, attributes.
Node = Tuple[str, Sequence[str], str, Dict[str, Any]]


class Kind(NamedTuple):
    """A model, its classes, and a scene in which it needs several tiles."""

    write: Write
    values: Sequence[int]
    bands: int
    size: Tuple[int, int]
    classifier: str = "ONNX"


def _fixture(name: str) -> Write:
    def write(folder: Path) -> Path:
        return Path(shutil.copy(FIXTURES / "onnx" / f"{name}.onnx", folder))

    return write


def _network(
    nodes: Sequence[Node],
    constants: Dict[str, np.ndarray],
    entry: Sequence[Any],
    result: Sequence[Any],
    kind: int = TensorProto.FLOAT,
) -> Write:
    def write(folder: Path) -> Path:
        graph = helper.make_graph(
            [helper.make_node(kind, [*given], [made], **more) for kind, given, made, more in nodes],
            "network",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [*entry])],
            [helper.make_tensor_value_info("scores", kind, [*result])],
            [numpy_helper.from_array(value, name) for name, value in constants.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.save(model, str(folder / "network.onnx"))
        return folder / "network.onnx"

    return write


def _weights(*shape: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, shape).astype("float32")


def _whole_tile(size: int, crop: int, *, layers: int = 3, last: str = "") -> Write:
    """Compares each pixel with the mean of the whole tile, and crops its border."""
    kernel, inner = 2 * crop + 1, size - 2 * crop
    made = "layers" if last else "scores"
    nodes: List[Node] = [
        ("ReduceMean", ["image"], "mean", {"axes": [2, 3], "keepdims": 1}),
        ("Sub", ["image", "mean"], "rest", {}),
        ("Conv", ["rest", "w"], made, {"kernel_shape": [kernel] * 2}),
    ]
    if last:
        nodes.append((last, ["layers"], "scores", {"axis": 1}))
    indices = last == "ArgMax"
    return _network(
        nodes,
        {"w": _weights(layers, 4, kernel, kernel)},
        (1, 4, size, size),
        (1, 1 if indices else layers, inner, inner),
        TensorProto.INT64 if indices else TensorProto.FLOAT,
    )


def _not_smaller(least: int) -> Write:
    """Takes no tile that is shorter, and gives back what it shortens."""
    kernel = {"kernel_shape": [least] * 2}
    return _network(
        [
            ("MaxPool", ["image"], "less", kernel),
            ("ConvTranspose", ["less", "w"], "scores", kernel),
        ],
        {"w": _weights(4, 3, least, least)},
        (1, 4, "rows", "columns"),
        (1, 3, "rows", "columns"),
    )


def _indices() -> Write:
    return _network(
        [
            ("Conv", ["image", "w"], "layers", {"kernel_shape": [5, 5]}),
            ("ArgMax", ["layers"], "scores", {"axis": 1, "keepdims": 0}),
        ],
        {"w": _weights(5, 3, 5, 5) - _weights(5, 3, 5, 5).mean((1, 2, 3), keepdims=True)},
        (1, 3, 16, 16),
        (1, 12, 12),
        TensorProto.INT64,
    )


def _strided() -> Write:
    return _network(
        [("Conv", ["image", "w"], "scores", {"kernel_shape": [4, 4], "strides": [4, 4]})],
        {"w": _weights(3, 4, 4, 4)},
        (1, 4, 32, 32),
        (1, 3, 8, 8),
    )


def _finer() -> Write:
    return _network(
        [("ConvTranspose", ["image", "w"], "scores", {"kernel_shape": [2, 2], "strides": [2, 2]})],
        {"w": _weights(4, 3, 2, 2)},
        (1, 4, 32, 32),
        (1, 3, 64, 64),
    )


#: Every kind of model whose tiles are cut or put together otherwise.
KINDS: Dict[str, Kind] = {
    "halo": Kind(_fixture("unet"), (100, 200), 4, (150, 190)),
    "no-data-of-its-own": Kind(_fixture("unet"), (0, 255), 4, (60, 130)),
    "wide-values": Kind(_fixture("unet"), (-7, 4000), 4, (70, 90)),
    "channels-last": Kind(_fixture("nhwc"), (6, 5, 4, 3, 2, 1), 4, (100, 90)),
    "indices-cropped": Kind(_indices(), (10, 11, 12, 13, 14), 3, (90, 130)),
    "one-score": Kind(_fixture("sigmoid"), (10, 20), 3, (80, 70)),
    "table": Kind(_fixture("forest"), (1, 2, 3), 4, (90, 70)),
    "whole-tile": Kind(_whole_tile(32, 0), (1, 2, 3), 4, (100, 75)),
    "whole-tile-cropped": Kind(_whole_tile(32, 2), (1, 2, 3), 4, (90, 75)),
    "whole-tile-indices": Kind(_whole_tile(32, 0, last="ArgMax"), (1, 2, 3), 4, (70, 50)),
    "whole-tile-shares": Kind(_whole_tile(32, 0, last="Softmax"), (1, 2, 3), 4, (70, 50)),
    "whole-tile-one-score": Kind(_whole_tile(32, 0, layers=1), (1, 2), 4, (70, 50)),
    "small": Kind(_not_smaller(7), (1, 2, 3), 4, (9, 90)),
    "smaller-than-any-tile": Kind(_not_smaller(7), (1, 2, 3), 4, (5, 90)),
    "one-tile-cropped": Kind(_whole_tile(32, 2), (1, 2, 3), 4, (32, 32)),
    "one-tile": Kind(_whole_tile(32, 0), (1, 2, 3), 4, (32, 20)),
    "coarser": Kind(_strided(), (1, 2, 3), 4, (110, 91)),
    "finer": Kind(_finer(), (1, 2, 3), 4, (70, 85)),
    "cntk": Kind(lambda folder: Path(shutil.copy(DEMO, folder)), (9, 8, 7), 4, (90, 130), "CNTK"),
}


class Case(NamedTuple):
    """A definition with a scene, and what the command line makes of both."""

    ecd: Path
    scene: Scene
    values: np.ndarray
    no_data: Optional[float]

    @property
    def seen(self) -> np.ndarray:
        """Where the map has data."""
        return np.asarray(self.values != self.no_data).astype("u1")


def made(kind: Kind, folder: Path, **more: Any) -> Path:
    """The definition of a model."""
    folder.mkdir(exist_ok=True)
    model = kind.write(folder)
    told = {"InputScaling": BYTES, "Classifier": kind.classifier, **more}
    classes = write_classes(folder / "classes.json", kind.values, kind.bands, **told)
    convert(model, classes, folder / "model.ecd")
    return folder / "model.ecd"


def scene_of(kind: Kind, data_type: str = "uint8", *, holes: bool = True) -> Scene:
    """Pixels, with some that are no data in all bands."""
    array = pixels(*kind.size, bands=kind.bands, seed=7).astype(data_type)
    valid = np.ones(kind.size, bool)
    if holes:
        valid[3:30, 5:9] = valid[-4:, -9:] = False
        array[:, ~valid] = 0
        array[:, valid] = np.maximum(array[:, valid], 1)
    return Scene(array, valid)


def case(kind: Kind, folder: Path, data_type: str = "uint8", *, scale: Sequence[str] = ()) -> Case:
    """The definition of a model, a scene, and its map."""
    ecd, scene = made(kind, folder), scene_of(kind, data_type)
    path = write_scene(folder / "scene.tif", scene.pixels, nodata=0)
    classify(path, ecd, folder / "map.tif", options=Options(scale=scale))
    with opened(folder / "map.tif") as file:
        values, no_data = file.read(1), file.nodata
    return Case(ecd, scene, _at_the_scenes_pixels(values, kind.size), no_data)


def _at_the_scenes_pixels(values: np.ndarray, size: Tuple[int, int]) -> np.ndarray:
    """A map of coarser or finer pixels at each of the scene's."""
    places: List[np.ndarray] = []
    for length, whole in zip(values.shape, size):
        scale = round(whole / length) or round(whole / length * 2) / 2
        places.append((np.arange(whole) / scale).astype(int))
    return values[np.ix_(*places)]
