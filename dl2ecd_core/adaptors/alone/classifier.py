"""Classifies pixels with the network of its package: NumPy and ONNX Runtime alone."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import product
from types import SimpleNamespace
from typing import Any, Dict, Iterator, List, Mapping, Tuple

import numpy as np

from ..placing import (
    Place,
    pixels_and_valid,
    place_of,
    result_places,
    window_spans,
)
from .shared import (
    DAMAGED,
    opened_session,
    read_definition,
    read_network,
    run,
    scaled,
)


class EcdClassifier:
    """The function, by ArcGIS's contract of deep learning functions."""

    def __init__(self) -> None:
        self.name = "Classifier of a package by dl2ecd"
        self.description = "Classifies each pixel of a raster with the network of its package."
        self._told: Dict[str, Any] = {}
        self._scaling = ""

    def initialize(self, **kwargs: Any) -> None:
        """Open the package's definition and network; without a model there is nothing to do."""
        if not kwargs.get("model"):
            return
        try:
            document, told, folder = read_definition(kwargs["model"])
            self._axes = [_axis(told[key], told[key]["tile"]) for key in ("Rows", "Columns")]
            self._values = np.array(told["Values"], told["DataType"])
            self._no_data = self._values.dtype.type(told["NoData"])
            self._inputs, self._output = list(told["Inputs"]), told["Output"]
            network = read_network(folder, document.get("ModelFile"))
        except DAMAGED as error:
            raise RuntimeError(f"The package can't be used ({error!r}): export it anew.") from error
        self._session, self._told = opened_session(network, kwargs.get("device")), told

    def getParameterInfo(self) -> List[Dict[str, Any]]:
        """Esri's parameters, and the scaling where it is not known for all types of pixels."""
        return list(self._opened()["Parameters"])

    def getConfiguration(self, **scalars: Any) -> Dict[str, Any]:
        """Which bands and how much around a block are needed, and how large blocks are best."""
        self._scaling = str(scalars.get("scaling") or "")
        made = self._opened()["Configuration"]
        padding = max(made["padding"], int(scalars.get("padding") or 0))
        return {**made, "padding": padding, "extractBands": tuple(made["extractBands"])}

    def updateRasterInfo(self, **kwargs: Any) -> Dict[str, Any]:
        """One band with the classes' values, and a raster attribute table of them."""
        kwargs["output_info"].update(self._opened()["OutputInfo"], statistics=(), histogram=())
        kwargs["output_info"]["noData"] = np.array([self._no_data])
        return kwargs

    def updatePixels(self, tlc: Any, shape: Any, props: Any, **pixelBlocks: Any) -> Dict[str, Any]:
        """The values of the classes, and where there are any."""
        told, kind = self._opened(), props["pixelType"]
        if kind not in told["PixelTypes"]:
            raise RuntimeError(f"Pixels of the type {kind} don't hold the values of all classes.")
        pixels, valid = pixels_and_valid(pixelBlocks, told["Bands"])
        found = np.full(shape[-2:], self._no_data)
        if valid.any():
            place = place_of(tlc, shape, props, valid)
            made = scaled(pixels, told["Scaling"], self._scaling, self._inputs[0]["DataType"])
            self._classify(made, valid, place, found)
        pixelBlocks["output_pixels"] = found.astype(kind).reshape(shape)
        pixelBlocks["output_mask"] = (found != self._no_data).astype("u1").reshape(shape)
        return pixelBlocks

    def updateKeyMetadata(self, names: Any, bandIndex: int, **keyMetadata: Any) -> Dict[str, Any]:
        """Nothing changes: the raster attribute table says it all."""
        return keyMetadata

    def _opened(self) -> Dict[str, Any]:
        if not self._told:
            raise RuntimeError("No model is open: give the package's model definition (.emd).")
        return self._told

    def _classify(self, pixels: Any, valid: Any, place: Place, found: Any) -> None:
        """Fill in the values of the pixels in the middle of a block."""
        # Of a small scene one pass sees the border, where the network runs on so small a tile.
        axes = [_axis(self._told[key], size) for key, size in zip(("Rows", "Columns"), place[2:])]
        axes = axes if all(axis.tile >= axis.shortest for axis in axes) else self._axes
        (rows, down), (columns, across) = map(
            result_places, axes, place[:2], place[2:], valid.shape, found.shape
        )
        if not rows or not columns:
            return
        windows = (down[0], down[-1] + 1), (across[0], across[-1] + 1)
        blended = not all(axis.joins(size) for axis, size in zip(axes, place[2:]))
        tiles = product(*map(_spans, axes, place[2:], windows, (blended, blended)))
        seen = _seen(valid, axes, place, windows)
        result, weights = np.full(seen.shape, self._no_data), np.zeros(seen.shape, "f4")
        shares = np.zeros((min(self._told["Layers"], 1 << 12) * blended, *seen.shape), "f4")
        cuts = [(tile, *_cut(tile, windows, axes)) for tile in tiles]
        # Tiles of no data alone are not run.
        cuts = [cut for cut in cuts if seen[cut[1]].any()]
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            runs = pool.map(lambda cut: self._run(pixels, place, axes, cut), cuts)
            for (_, here, _, near), layers in zip(cuts, runs):
                if blended:
                    shares[:, here[0], here[1]] += self._probabilities(layers) * near
                    weights[here] += near
                else:
                    result[here] = self._chosen(layers, self._told["ScoreThreshold"])
        if blended:
            shares /= np.maximum(weights, np.finfo("f4").tiny)
            result = self._chosen(shares, self._told["Threshold"])
        result[~seen] = self._no_data
        under = np.ix_(np.array(down) - down[0], np.array(across) - across[0])
        found[np.ix_(rows, columns)] = result[under]

    def _run(self, pixels: Any, place: Place, axes: Any, cut: Any) -> Any:
        """What is kept of a tile's scores; what lies outside the scene is its nearest pixel."""
        tile, _, there, _ = cut
        down, across = map(_nearest, axes, tile, place[:2], place[2:], pixels.shape[1:])
        block, letters = pixels[:, down[:, None], across], self._output["Axes"]
        (scores,) = run(self._session, self._inputs, block, [self._output["Name"]])
        if scores.ndim != len(letters):
            raise RuntimeError("The network gives a result of another rank than it states.")
        if "H" not in self._inputs[0]["Axes"]:
            layers = scores.reshape(len(down), len(across), -1).transpose(2, 0, 1)
        else:
            order = sorted(range(len(letters)), key=lambda place: "CHW".find(letters[place]))
            sizes = dict(zip(letters, scores.shape))
            layers = scores.transpose(order).reshape([sizes.get(axis, 1) for axis in "CHW"])
        return layers[(slice(None), *there)]

    def _probabilities(self, scores: Any) -> Any:
        shares, kind = scores.astype("f4"), self._told["Scores"]
        if kind == "indices":
            return (np.rint(scores) == np.arange(self._told["Layers"])[:, None, None]).astype("f4")
        if kind == "one score":
            small = np.exp(-np.abs(shares))
            return np.where(shares >= 0, 1 / (1 + small), small / (1 + small))
        if kind == "scores of classes":
            shares = np.exp(shares - shares.max(0))
            shares /= shares.sum(0)
        return shares

    def _chosen(self, layers: Any, threshold: Any) -> Any:
        """The values of the highest scores, of a score above the threshold, or of indices."""
        values = self._values
        if len(layers) == 2 or (len(layers) == 1 and threshold is not None):
            second = layers[1] > layers[0] if len(layers) == 2 else layers[0] >= threshold
            return np.where(second, values[1], values[0])
        if len(layers) > 1:
            return values.take(np.argmax(layers, 0), mode="clip")
        whole = layers[0] if layers.dtype.kind in "iu" else np.rint(layers[0]).astype("i8")
        inside = (whole >= 0) & (whole < len(values))
        return np.where(inside, values.take(whole, mode="clip"), self._no_data)


def _axis(told: Mapping[str, Any], scene: int) -> Any:
    """How the model's output lies over its input, and whether tiles of a scene can be joined."""
    axis = SimpleNamespace(**told)
    axis.scale, axis.start = Fraction(*told["scale"]), Fraction(*told["start"])
    unit, axis.result_size = axis.outputs_per_stride, lambda size: math.ceil(size / axis.scale)
    sizes = (axis.tile, axis.output, axis.stride, unit, *(one + 1 for one in axis.margins))
    sound = all(type(one) is int and 0 < one <= 1 << 14 for one in sizes)
    if not sound or not Fraction(1, 64) <= axis.scale <= 1 << 14:
        raise ValueError("tiles of no size")
    if axis.shortest:
        fewer = max((axis.output - axis.result_size(scene)) // unit, 0)
        axis.tile, axis.output = axis.tile - fewer * axis.stride, axis.output - fewer * unit
    axis.step = max(axis.output - sum(axis.margins), 0) // unit * unit
    axis.last = lambda size: -(-max(axis.result_size(size) - axis.output, 0) // unit)
    axis.joins = lambda size: axis.step > 0 or not axis.last(size) or size == axis.whole
    return axis


def _spans(axis: Any, size: int, window: Any, blended: bool) -> Iterator[Tuple[int, ...]]:
    """The tiles that give a window of the result of a scene, as one pass would."""
    (first, end), lead, unit, last = window, axis.lead, axis.outputs_per_stride, axis.last(size)
    if blended:
        places = sorted({*range(0, last, max(axis.output // 2 // unit, 1)), last})
        ends = [min(place * unit + axis.output, axis.result_size(size)) for place in places]
        whole = [(p * axis.stride - lead, p * unit, stop, 0) for p, stop in zip(places, ends)]
    elif size == axis.whole:
        stop = lead + axis.output
        whole = [(-lead, 0, lead, 0), (0, lead, stop, 0), (lead, stop, size, stop - 2 * lead)]
    else:
        return window_spans(axis, size, first, end)
    return (span for span in whole if span[1] < end and first < span[2])


def _seen(valid: Any, axes: Any, place: Place, windows: Any) -> Any:
    """Whether there is data anywhere under each result pixel of a window."""
    for number, (axis, (low, high)) in enumerate(zip(axes, windows)):
        first, end = place[number], place[number + 2] - place[number]
        start = axis.start - axis.lead - first
        places = [math.floor(start + one * axis.scale) for one in range(low, high + 1)]
        edges = np.clip(places, max(-first, 0), min(end, valid.shape[number]) - 1)
        if axis.scale > 1:
            edges[-1] = min(edges[-1] + 1, valid.shape[number] - 1)
            valid = np.logical_or.reduceat(valid, edges, number)
            edges = np.arange(high - low + 1)
        valid = valid.take(edges[:-1], number)
    return valid


def _cut(tile: Any, windows: Any, axes: Any) -> Tuple[Tuple[slice, ...], Tuple[slice, ...], Any]:
    """Where what is kept of a tile lies in a window, which part of its result, and weights."""
    here, there, near = [], [], []
    for (_, first, end, skip), (low, high), axis in zip(tile, windows, axes):
        start, stop = max(first, low), min(end, high)
        here.append(slice(start - low, stop - low))
        there.append(slice(start - first + skip, stop - first + skip))
        places = range(start - first, stop - first)
        near.append(np.array([min(one + 0.5, axis.output - one - 0.5) for one in places], "f4"))
    return tuple(here), tuple(there), near[0][:, None] * near[1]


def _nearest(axis: Any, span: Any, first: int, whole: int, size: int) -> Any:
    """Where a tile's pixels lie in a block; of those outside the scene, the nearest."""
    places = np.clip(np.arange(axis.tile) + span[0], 0, whole - 1)
    return np.clip(places - first, 0, size - 1)
