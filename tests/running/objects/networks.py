"""Detectors with known answers: their boxes and scores are what they see in the tile.

Every network looks at cells of 8 pixels: where a cell's red is bright, there is a box around the
cell's middle, whose width and height are what green and blue say (of 255, in hundreds of pixels
each). The label is 1 where red is above 0.8 of white, else 0; the score is red.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CELL = 8
#: Pixels that a band's white stands for, as a side of a box.
LONGEST = 100.0


class Network:
    """A graph in the making."""

    def __init__(self, tile: int) -> None:
        self.tile, self.cells = tile, tile // CELL
        self.nodes: List[onnx.NodeProto] = []
        self.constants: List[onnx.TensorProto] = []
        self._columns()

    def constant(self, value: np.ndarray) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def node(self, kind: str, *inputs: str, output: Optional[str] = None, **more: object) -> str:
        name = output or f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **more))
        return name

    def number(self, value: float) -> str:
        return self.constant(np.array([value], "float32"))

    def _columns(self) -> None:
        """For each cell, ``(1, 1, cells)``: middle, size, score and two scores of classes."""
        count = self.cells * self.cells
        flat = self.constant(np.array([1, 3, count], "int64"))
        mean = self.node("AveragePool", "images", kernel_shape=[CELL] * 2, strides=[CELL] * 2)
        bands = self.node("Reshape", mean, flat)
        red, green, blue = (
            self.node("Gather", bands, self.constant(np.array([band], "int64")), axis=1)
            for band in range(3)
        )
        middle = (np.arange(self.cells) + 0.5) * CELL
        down, across = np.meshgrid(middle, middle, indexing="ij")
        self.x, self.y = (
            self.constant(one.reshape(1, 1, count).astype("float32")) for one in (across, down)
        )
        self.width, self.height = (
            self.node("Mul", band, self.number(LONGEST)) for band in (green, blue)
        )
        self.score = red
        second = self.node("Greater", red, self.number(0.8))
        share = self.node("Cast", second, to=TensorProto.FLOAT)
        self.label = share
        rest = self.node("Sub", self.number(1.0), share)
        self.classes = (self.node("Mul", red, rest), self.node("Mul", red, share))

    def corners(self) -> Tuple[str, str, str, str]:
        half = [self.node("Mul", size, self.number(0.5)) for size in (self.width, self.height)]
        sides = (
            self.node("Sub", self.x, half[0]),
            self.node("Sub", self.y, half[1]),
            self.node("Add", self.x, half[0]),
            self.node("Add", self.y, half[1]),
        )
        # Networks see nothing beyond their tile, and end boxes there.
        ends = self.constant(np.array(0, "float32")), self.constant(np.array(self.tile, "float32"))
        left, top, right, bottom = (self.node("Clip", side, *ends) for side in sides)
        return left, top, right, bottom

    def rows(self, columns: Sequence[str], *, transposed: bool = False, output: str) -> None:
        """An output ``(1, columns, cells)``, or with its rows first."""
        if not transposed:
            self.node("Concat", *columns, axis=1, output=output)
            return
        self.node("Transpose", self.node("Concat", *columns, axis=1), perm=[0, 2, 1], output=output)

    def save(
        self,
        path: Path,
        outputs: Dict[str, Sequence[int]],
        notes: Optional[Dict[str, str]] = None,
    ) -> Path:
        size = [1, 3, self.tile, self.tile]
        graph = helper.make_graph(
            self.nodes,
            "detector",
            [helper.make_tensor_value_info("images", TensorProto.FLOAT, size)],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))
                for name, shape in outputs.items()
            ],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        if notes:
            helper.set_model_props(model, notes)
        onnx.checker.check_model(model)
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, str(path))
        return path


def notes(task: str, tile: int, **more: str) -> Dict[str, str]:
    """Metadata as exporters of the family write it."""
    return {
        "task": task,
        "names": "{0: 'Tree', 1: 'Car'}",
        "stride": str(CELL),
        "imgsz": f"[{tile}, {tile}]",
        **more,
    }


def yolov8(path: Path, tile: int = 64, **more: str) -> Path:
    """``(1, 4 + classes, cells)``; boxes come out of a convolution, as those of this family do."""
    network = Network(tile)
    sides = (network.x, network.y, network.width, network.height)
    shapes = [network.constant(np.array(one, "int64")) for one in ((1, 1, 4, -1), (1, 4, -1))]
    apart = network.node("Reshape", network.node("Concat", *sides, axis=1), shapes[0])
    weight = network.constant(np.ones((1, 1, 1, 1), "float32"))
    boxes = network.node("Reshape", network.node("Conv", apart, weight), shapes[1])
    network.rows((boxes, *network.classes), output="output0")
    shape = (1, 6, network.cells**2)
    return network.save(path, {"output0": shape}, notes("detect", tile, **more))


def yolov5(path: Path, tile: int = 64) -> Path:
    """``(1, cells, 5 + classes)``: the objectness is the root of the score."""
    network = Network(tile)
    root = network.node("Sqrt", network.score)
    classes = [network.node("Div", one, root) for one in network.classes]
    columns = (network.x, network.y, network.width, network.height, root, *classes)
    network.rows(columns, transposed=True, output="output0")
    return network.save(path, {"output0": (1, network.cells**2, 7)}, notes("detect", tile))


def turned(path: Path, tile: int = 64, angle: float = 0.5) -> Path:
    """``(1, 4 + classes + 1, cells)``, all turned alike."""
    network = Network(tile)
    none = network.node("Mul", network.score, network.number(0.0))
    angles = network.node("Add", none, network.number(angle))
    columns = (network.x, network.y, network.width, network.height, *network.classes, angles)
    network.rows(columns, output="output0")
    return network.save(path, {"output0": (1, 7, network.cells**2)}, notes("obb", tile))


def segmenting(path: Path, tile: int = 64) -> Path:
    """Rows with two coefficients; prototypes are all of the tile, and its left half less right.

    Objects of a score above 0.8 take the first, the others the second.
    """
    network = Network(tile)
    rest = network.node("Sub", network.number(1.0), network.label)
    columns = (network.x, network.y, network.width, network.height, *network.classes)
    network.rows((*columns, network.label, rest), output="output0")
    cells = tile // 4
    halves = np.where(np.arange(cells) < cells // 2, 1.0, -1.0)
    prototypes = np.stack([np.ones((cells, cells)), np.tile(halves, (cells, 1))])
    # What comes out must hang on what goes in.
    mean = network.node("ReduceMean", "images", axes=[1, 2, 3], keepdims=1)
    nothing = network.node("Mul", mean, network.number(0.0))
    constant = network.constant(prototypes[None].astype("float32"))
    network.node("Add", constant, nothing, output="output1")
    shapes = {"output0": (1, 8, network.cells**2), "output1": (1, 2, cells, cells)}
    return network.save(path, shapes, notes("segment", tile))


def end_to_end(path: Path, tile: int = 64) -> Path:
    """``(1, cells, 6)``: corners, score, label."""
    network = Network(tile)
    columns = (*network.corners(), network.score, network.label)
    network.rows(columns, transposed=True, output="output0")
    found = notes("detect", tile, end2end="True")
    return network.save(path, {"output0": (1, network.cells**2, 6)}, found)


def separate(
    path: Path,
    tile: int = 64,
    *,
    names: Tuple[str, str, str] = ("boxes", "scores", "labels"),
    rows_first: bool = False,
    first_label: int = 1,
) -> Path:
    """Boxes, scores and labels as outputs of their own; fractions where rows come first."""
    network = Network(tile)
    left, top, right, bottom = network.corners()
    if rows_first:
        one = network.number(1 / tile)
        top, left, bottom, right = (network.node("Mul", v, one) for v in (top, left, bottom, right))
        sides = (top, left, bottom, right)
    else:
        sides = (left, top, right, bottom)
    count = network.cells**2
    network.rows(sides, transposed=True, output=names[0])
    flat = network.constant(np.array([1, count], "int64"))
    network.node("Reshape", network.score, flat, output=names[1])
    labels = network.node("Add", network.label, network.number(float(first_label)))
    network.node("Reshape", labels, flat, output=names[2])
    outputs = {names[0]: (1, count, 4), names[1]: (1, count), names[2]: (1, count)}
    return network.save(path, outputs)


def ssd(path: Path, tile: int = 64) -> Path:
    """Corners as fractions, and shares of the background and the classes."""
    network = Network(tile)
    one = network.number(1 / tile)
    sides = [network.node("Mul", value, one) for value in network.corners()]
    network.rows(sides, transposed=True, output="boxes")
    rest = network.node("Sub", network.number(1.0), network.score)
    network.rows((rest, *network.classes), transposed=True, output="scores")
    count = network.cells**2
    return network.save(path, {"scores": (1, count, 3), "boxes": (1, count, 4)})


def detr(path: Path, tile: int = 64) -> Path:
    """Boxes as fractions from the center, and logits of the classes and of no object."""
    network = Network(tile)
    one = network.number(1 / tile)
    middle_size = (network.x, network.y, network.width, network.height)
    sides = [network.node("Mul", value, one) for value in middle_size]
    network.rows(sides, transposed=True, output="pred_boxes")
    # Softmax of logarithms gives back the shares.
    tiny = network.number(1e-6)
    rest = network.node("Sub", network.number(1.0), network.score)
    shares = [network.node("Max", value, tiny) for value in (*network.classes, rest)]
    network.rows([network.node("Log", one) for one in shares], transposed=True, output="logits")
    count = network.cells**2
    return network.save(path, {"logits": (1, count, 3), "pred_boxes": (1, count, 4)})
