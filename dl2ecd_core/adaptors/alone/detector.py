"""Finds objects with the network of its package: NumPy and ONNX Runtime alone."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from ..contract import object_fields, objects
from ..placing import part_with_data, pixels_and_valid
from .shared import DAMAGED, opened_session, read_definition, read_network, run, scaled


class EcdDetector:
    """The function, by ArcGIS's contract of deep learning functions that find objects."""

    def __init__(self) -> None:
        self.name = "Detector of a package by dl2ecd"
        self.description = "Finds objects in a raster with the network of its package."
        self._told: Dict[str, Any] = {}
        self._scaling = ""

    def initialize(self, **kwargs: Any) -> None:
        """Open the package's definition and network; without a model there is nothing to do."""
        if not kwargs.get("model"):
            return
        try:
            document, told, folder = read_definition(kwargs["model"])
            self._tile, self._inputs = [int(one) for one in told["Tile"]], list(told["Inputs"])
            self._overlap, self._score = int(told["Configuration"]["padding"]), 0.6
            self._names = {int(label): str(name) for label, name in told["Names"]}
            if not 0 <= self._overlap < min(self._tile) <= max(self._tile) <= 1 << 14:
                raise ValueError("tiles of no size")
            self._shape = str(told["Shape"])
            network = read_network(folder, document.get("ModelFile"))
        except DAMAGED as error:
            raise RuntimeError(f"The package can't be used ({error!r}): export it anew.") from error
        self._session, self._told = opened_session(network, kwargs.get("device")), told

    def getParameterInfo(self) -> List[Dict[str, Any]]:
        """Esri's parameters, and the scaling where it is not known for all types of pixels."""
        return list(self._opened()["Parameters"])

    def getConfiguration(self, **scalars: Any) -> Dict[str, Any]:
        """Which bands and how much around a block are needed, and how large blocks are best."""
        made, score = self._opened()["Configuration"], scalars.get("score_threshold")
        self._scaling, self._score = str(scalars.get("scaling") or ""), float(score or 0.6)
        self._overlap = int(scalars.get("padding") or 0) or made["padding"]
        if not 0 <= self._overlap < min(self._tile):
            raise RuntimeError(f"Tiles of {min(self._tile)} pixels can't share {self._overlap}.")
        return {**made, "padding": self._overlap, "extractBands": tuple(made["extractBands"])}

    def getFields(self) -> str:
        """The fields of the objects."""
        return object_fields()

    def getGeometryType(self) -> int:
        """Polygons."""
        return 4

    def vectorize(self, **pixelBlocks: Any) -> Dict[str, Any]:
        """The objects whose middle lies in the block without its padding."""
        pixels, valid = pixels_and_valid(pixelBlocks, self._opened()["Bands"])
        if not valid.any():
            return {"output_vectors": objects(())}
        # A block's place is not told: what it has of the scene is searched like a scene.
        part = part_with_data(valid)
        here = (slice(part.top, part.top + part.height), slice(part.left, part.left + part.width))
        steps = self._told["Scaling"], self._scaling, self._inputs[0]["DataType"]
        made = scaled(pixels[:, here[0], here[1]], *steps)
        corners, scores, labels = self._search(made, valid[here])
        corners = np.add(corners, (part.left - self._overlap, part.top - self._overlap))
        size = [one - 2 * self._overlap for one in valid.shape[::-1]]
        middle = (corners.min(1) + corners.max(1)) / 2
        inner = ((middle >= 0) & (middle < size)).all(1)
        rings = [[[*ring, ring[0]]] for ring in corners[inner].tolist()]
        names = [self._names[label] for label in labels[inner].tolist()]
        return {"output_vectors": objects(zip(rings, names, scores[inner].tolist()))}

    def _opened(self) -> Dict[str, Any]:
        if not self._told:
            raise RuntimeError("No model is open: give the package's model definition (.emd).")
        return self._told

    def _search(self, pixels: Any, valid: Any) -> Tuple[Any, Any, Any]:
        """All objects of a scene, tile by tile; whole ones first, then pieces of longer ones."""
        size = valid.shape
        starts = [
            (top, left)
            for top, left in product(*map(self._starts, size, self._tile))
            if valid[top : top + self._tile[0], left : left + self._tile[1]].any()
        ]
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            parts = list(pool.map(lambda start: self._objects(pixels, valid, *start), starts))
        corners, scores, labels = map(np.concatenate, zip(*parts))
        tiles = np.repeat(np.arange(len(parts)), [len(part[1]) for part in parts])
        cuts = [self._cut(part[0], start, size) for part, start in zip(parts, starts)]
        stays = self._suppressed((corners, scores, labels), tiles, np.concatenate(cuts))
        stays = stays[np.argsort(-scores[stays], kind="stable")]
        low, high, end = corners[stays].min(1), corners[stays].max(1), size[::-1]
        made = _SHAPE[self._shape].ended(corners[stays], end)
        breadth = np.linalg.norm(made[:, 1:3] - made[:, :2], axis=2)
        inside = ((high > 0) & (low < end) & (breadth >= 0.01)).all(1)
        return made[inside], scores[stays[inside]], labels[stays[inside]]

    def _starts(self, size: int, tile: int) -> Sequence[int]:
        """The first pixels of the tiles along an axis; the last one ends with the scene."""
        if size <= tile:
            return (0,)
        count = -(-(size - self._overlap) // (tile - self._overlap))
        return [(size - tile) * place // (count - 1) for place in range(count)]

    def _cut(self, corners: Any, start: Tuple[int, int], size: Tuple[int, ...]) -> Any:
        """Whether an edge of its tile that is no edge of the scene cuts an object."""
        first = np.array(start[::-1])
        last, low, high = first + self._tile[::-1], corners.min(1), corners.max(1)
        before = (low < first + 2.0) & (first > 0)
        return (before | (high > last - 2.0) & (last < size[::-1])).any(1)

    def _objects(self, pixels: Any, valid: Any, top: int, left: int) -> Tuple[Any, Any, Any]:
        """The objects of a tile; one that is smaller than the model's is filled up."""
        here = slice(top, top + self._tile[0]), slice(left, left + self._tile[1])
        block = pixels[(slice(None), *here)]
        lacking = [(0, one - have) for one, have in zip(self._tile, block.shape[1:])]
        block = np.pad(block, [(0, 0), *lacking], constant_values=self._told["Around"])
        outputs = run(self._session, self._inputs, block, self._told["Outputs"])
        found: Any = self._decoded(outputs, max(self._score, float(np.finfo("f4").tiny)))
        kept = np.isin(found[2], list(self._names))
        found = [one[kept] for one in found]
        if not self._told["Finished"]:
            stays = self._suppressed(found)
            found = [one[stays] for one in found]
        seen = np.array(self._seen(found[0], valid[here]), bool)
        return np.add(found[0][seen], (left, top)), found[1][seen], found[2][seen]

    def _seen(self, corners: Any, valid: Any) -> List[bool]:
        """Which objects of a tile have data under them; of those beside it nothing is known."""
        low, high = np.floor(corners.min(1)), np.ceil(corners.max(1))
        sides = np.concatenate([low, high], 1).clip(0, valid.shape[::-1] * 2).astype("i8")
        parts = [valid[top:bottom, left:right] for left, top, right, bottom in sides.tolist()]
        reaches = _SHAPE[self._shape].reaches
        return [not p.size or (p.any() and reaches(c, valid)) for c, p in zip(corners, parts)]

    def _suppressed(self, found: Any, tiles: Any = None, cut: Any = None) -> Any:
        """The places of those that stay: the best first, then what overlaps none that stays."""
        corners, scores, labels = found
        cut = np.zeros(len(scores), bool) if cut is None else cut
        rest = np.lexsort((scores * 0 if tiles is None else tiles, -scores, cut))
        stays: List[int] = []
        while len(rest):
            best, rest = rest[0], rest[1:]
            stays.append(best)
            shared, mine, own = _SHAPE[self._shape].shared(corners[best], corners[rest])
            goes = shared > self._told["Iou"] * (mine + own - shared)
            goes |= cut[rest] & (shared > own / 2)
            goes &= labels[rest] == labels[best]
            rest = rest[~(goes if tiles is None else goes & (tiles[rest] != tiles[best]))]
        return np.array(stays, "i8")

    def _decoded(self, outputs: List[Any], lowest: float) -> Tuple[Any, Any, Any]:
        """The objects of a tile whose scores are not too low, from what the network gives."""
        told, (height, width) = self._told["Reading"], self._tile
        sides, best, labels, angles = _READ[told["Kind"]](outputs, told, self._tile, lowest)
        if not len(sides) == len(best) == len(labels):
            raise RuntimeError("The network gives not as many boxes as scores.")
        kept = (best >= lowest) & np.isfinite(sides[:, :4]).all(1)
        sides, best = sides[kept, :4].astype("f8"), best[kept].astype("f8")
        if len(best) and best.max() > 1 + 1e-3:
            raise RuntimeError(f"The network gives scores up to {best.max():.4g}, not shares.")
        if told["Normalized"]:
            first = (height, width) if told["Coding"] == "rows-first" else (width, height)
            sides = sides * (*first, *first)
        corners = _SHAPE[self._shape].corners(sides, kept, angles, told["Coding"])
        return corners, best, labels[kept].astype("i8") - told["FirstLabel"]


class _Upright:
    """Boxes with upright sides, by their left upper and their right lower corner."""

    #: One that has data between its sides covers it.
    reaches = staticmethod(lambda corners, valid: True)

    @staticmethod
    def corners(sides: Any, kept: Any, angles: Any, coding: str) -> Any:
        """The four corners of each."""
        if coding == "rows-first":
            sides = sides[:, [1, 0, 3, 2]]
        if coding == "center-size":
            half = sides[:, 2:] / 2
            sides = np.concatenate([sides[:, :2] - half, sides[:, :2] + half], 1)
        return sides[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)

    @staticmethod
    def ended(corners: Any, end: Any) -> Any:
        """They end with the scene."""
        return np.clip(corners, 0, end)

    @staticmethod
    def shared(one: Any, others: Any) -> Tuple[Any, Any, Any]:
        """The areas that one has in common with others, its own, and theirs."""
        low, high = np.maximum(one[0], others[:, 0]), np.minimum(one[2], others[:, 2])
        mine, own = np.maximum(one[2] - one[0], 0).prod(), others[:, 2] - others[:, 0]
        return np.maximum(high - low, 0).prod(1), mine, np.maximum(own, 0).prod(1)


def _rows(outputs: List[Any], told: Any, tile: Any, lowest: float) -> Tuple[Any, ...]:
    """Boxes, scores and labels that lie side by side."""
    rows = np.moveaxis(outputs[0], told["Axis"], -1)
    rows = rows.reshape(-1, rows.shape[-1])
    if rows.shape[1] != told["Width"]:
        raise RuntimeError(f"The network gives rows of {rows.shape[1]} numbers.")
    part = {name: rows[:, first:end] for name, (first, end) in told["Columns"].items()}
    layers = part.get("class-scores")
    labels = part["label"][:, 0] if layers is None else layers.argmax(1)
    best = part["score"][:, 0] if layers is None else layers.max(1)
    best = best * part["objectness"][:, 0] if "objectness" in part else best
    # Rows after the last object belong to no image.
    best = np.where(part["batch"][:, 0] < 0, 0, best) if "batch" in part else best
    return part["box"], best, labels, part["angle"][:, 0] if "angle" in part else None


def _separate(outputs: List[Any], told: Any, tile: Any, lowest: float) -> Tuple[Any, ...]:
    """Boxes, and the scores of all classes."""
    sides, layers = outputs[0].reshape(-1, 4), outputs[1]
    layers = _activated(layers.reshape(-1, layers.shape[-1]), told["Activation"])
    layers = layers[:, slice(*told["Layers"])]
    places, labels = np.nonzero(layers >= lowest)
    if not told["Several"]:
        places, labels = np.arange(len(layers)), layers.argmax(1)
    return sides[places], layers[places, labels], labels, None


def _beside(outputs: List[Any], told: Any, tile: Any, lowest: float) -> Tuple[Any, ...]:
    """Boxes, labels, and scores in an output of their own or behind the boxes."""
    sides = outputs[0].reshape(-1, outputs[0].shape[-1])
    best = outputs[2].reshape(-1) if len(outputs) > 2 else sides[:, 4]
    return sides, best, outputs[1].reshape(-1), None


def _grids(outputs: List[Any], told: Any, tile: Any, lowest: float) -> Tuple[Any, ...]:
    """Boxes, scores and labels of all cells of grids, as Darknet reads them."""
    parts = [_of_grid(*one, told, tile) for one in zip(outputs, told["Grids"])]
    return (*map(np.concatenate, zip(*parts)), None)


#: How objects are read; a packed file has the one that its network needs.
_READ = {"rows": _rows, "separate": _separate, "beside": _beside, "grids": _grids}


def _activated(layers: Any, how: str) -> Any:
    if how == "none":
        return layers
    layers = layers.astype("f8")
    if how == "sigmoid":
        return 1 / (1 + np.exp(-np.clip(layers, -500, 500)))
    shares = np.exp(layers - layers.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


def _of_grid(values: Any, grid: Any, told: Any, tile: Sequence[int]) -> Tuple[Any, Any, Any]:
    """Boxes, scores and labels of all cells of a grid, as Darknet reads them."""
    anchors, width, box = np.array(grid["Anchors"], "f8"), told["Width"], told["Box"]
    if values.ndim != 4 or values.shape[:2] != (1, len(anchors) * width):
        raise RuntimeError("The network gives a grid of other anchors than it states.")
    rows, columns = values.shape[2:]
    cells = values.reshape(len(anchors), width, rows, columns).astype("f8")
    coded = cells[:, : box : box // 4]
    down, across = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    sizes, how = anchors[:, :, None, None], "none" if grid["Activated"] else "sigmoid"
    lengths = sizes * np.exp(np.minimum(coded[:, 2:], 30.0))
    if grid["Activated"]:
        lengths = sizes * (2 * coded[:, 2:]) ** 2
    places = (_activated(coded[:, :2], how) - 0.5) * grid["Stretch"] + 0.5
    x, y = (places[:, 0] + across) * (tile[1] / columns), (places[:, 1] + down) * (tile[0] / rows)
    sides = np.stack([x, y, lengths[:, 0], lengths[:, 1]], -1).reshape(-1, 4)
    scores = _activated(cells[:, box : box + 1], how)
    scores = scores * _activated(cells[:, box + 1 :], "softmax" if grid["Exclusive"] else how)
    if box == 8:
        doubt = _activated(cells[:, 1:box:2], "sigmoid")
        scores = scores * (1 - doubt.mean(1, keepdims=True))
    return sides, scores.max(1).ravel(), scores.argmax(1).ravel()


class _Turned:
    """Boxes with oblique sides."""

    @staticmethod
    def corners(sides: Any, kept: Any, angles: Any, coding: str) -> Any:
        """The four corners of each, turned around its center."""
        cosine, sine = np.cos(angles[kept].astype("f8")), np.sin(angles[kept].astype("f8"))
        along = np.stack([cosine * sides[:, 2], sine * sides[:, 2]], -1) / 2
        across = np.stack([-sine * sides[:, 3], cosine * sides[:, 3]], -1) / 2
        around = (-along - across, along - across, along + across, -along + across)
        return np.stack([sides[:, :2] + one for one in around], 1)

    @staticmethod
    def ended(corners: Any, end: Any) -> Any:
        """They go beyond the scene."""
        return corners

    @staticmethod
    def reaches(corners: Any, valid: Any) -> bool:
        """Whether one covers the middle of any pixel with data, or its center lies in one."""
        rows, columns = np.nonzero(valid)
        x, y, inside = columns + 0.5, rows + 0.5, np.ones(len(rows), bool)
        for (left, top), (right, bottom) in zip(corners, np.roll(corners, -1, 0)):
            inside &= (right - left) * (y - top) - (bottom - top) * (x - left) > 0
        column, row = np.floor(corners.mean(0)).astype("i8").tolist()
        return bool((inside | ((rows == row) & (columns == column))).any())

    @staticmethod
    def shared(one: Any, others: Any) -> Tuple[Any, Any, Any]:
        """The areas that one has in common with others, its own, and theirs."""
        shared = np.array([_common(one, other) for other in others])
        mine, *own = (_common(each, each) for each in (one, *others))
        return shared.reshape(-1), mine, np.array(own)


def _common(one: Any, other: Any) -> float:
    """The area that two rectangles have in common, which may be turned."""
    shape = [(float(x), float(y)) for x, y in one]
    for (x, y), (u, v) in zip(other, np.roll(other, -1, 0)):
        sides = [(u - x) * (q - y) - (v - y) * (p - x) for p, q in shape]
        kept: List[Tuple[float, float]] = []
        for place, (p, q) in enumerate(shape):
            (r, s), before, now = shape[place - 1], sides[place - 1], sides[place]
            if (before < 0) != (now < 0):
                share = before / (before - now)
                kept.append((r + (p - r) * share, s + (q - s) * share))
            if now >= 0:
                kept.append((p, q))
        shape = kept
    pairs = zip(shape, shape[1:] + shape[:1])
    return abs(sum(p * s - q * r for (p, q), (r, s) in pairs)) / 2


#: What objects are; a packed file has the one that its network gives.
_SHAPE: Dict[str, Any] = {"upright": _Upright, "turned": _Turned}
