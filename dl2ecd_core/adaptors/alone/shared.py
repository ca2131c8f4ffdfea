"""What packed functions have in common: a definition and a network, opened with care.

Whoever made a package may mean harm, so every length and every path is looked at before it is used.
What can be decided when a package is made stands in its definition under one key.
"""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple, Union

import numpy as np

from ...exports.emd import KEY

_LONGEST_DEFINITION, _LARGEST_NETWORK = 16 << 20, (1 << 31) - 1
#: Of the messages that ONNX files are made of, those in which values in other files are named.
_PARTS: Dict[str, Dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"}, "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"}, "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"}, "sparse": {1: "tensor", 2: "tensor"}, "tensor": {13: "entry"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "entry": {},
}  # fmt: skip
#: What each step of scaling does with its numbers, one after the other.
_STEPS = {"min-max": "-/", "z-score": "-/", "clip": "<>", "offset": "-", "scale": "/",
          "clip-min": "<", "clip-max": ">"}  # fmt: skip
#: What reading makes of a definition or a network that is not as it was written.
DAMAGED = (OSError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
_SIGNS = {"-": np.subtract, "/": np.divide, "<": np.maximum, ">": np.minimum}


def read_definition(model: object) -> Tuple[Dict[str, Any], Dict[str, Any], str]:
    """A model definition, what was decided in it, and its folder; `model` is its path or text."""
    text, path = str(model), os.path.abspath(__file__)
    if not text.lstrip().startswith("{"):
        path = os.path.abspath(text)
        with open(path, "rb") as file:
            text = file.read(_LONGEST_DEFINITION).decode("utf-8-sig")
    document = json.loads(text)
    if document["Classes"] != document[KEY]["Classes"]:
        raise ValueError("its classes were changed by hand")
    return document, dict(document[KEY]), os.path.dirname(path)


def inside(folder: str, name: object) -> str:
    """The path of a file in the definition's folder; files elsewhere are refused."""
    root, parts = os.path.realpath(folder), str(name).replace("\\", "/").split("/")
    path = os.path.realpath(os.path.join(root, *parts))
    if ":" in str(name) or not {"", ".."}.isdisjoint(parts) or not path.startswith(root + os.sep):
        raise RuntimeError(f"The file {name} lies outside of the package, and is not opened.")
    if not os.path.isfile(path) or os.path.getsize(path) > _LARGEST_NETWORK:
        raise RuntimeError(f"{name} is missing from the package, or has more than 2 GiB.")
    return path


def read_network(folder: str, name: object) -> Union[bytes, str]:
    """An ONNX file, or its path where values lie in further files, which must lie beside it.

    ONNX Runtime before 1.20 reads them from any place that the file names.
    """
    path = inside(folder, name)
    with open(path, "rb") as file:
        data = file.read()
    elsewhere = [inside(folder, place) for place in _named_files(data)]
    return path if elsewhere else data


def _named_files(data: bytes) -> Iterator[str]:
    """The names of all files in which an ONNX file has values."""
    waiting = [("model", 0, len(data))]
    while waiting:
        what, at, end = waiting.pop()
        entry: Dict[int, str] = {}
        while at < end:
            tag, at = _number(data, at)
            wire, field = tag & 7, _PARTS[what].get(tag >> 3)
            size, start = _number(data, at) if wire in (0, 2) else (0, at)
            at = start + {0: 0, 1: 8, 2: size, 5: 4}.get(wire, end)
            if at > end:
                raise ValueError("a part is longer than the whole")
            if wire == 2 and field is not None:
                waiting.append((field, start, at))
            elif what == "entry":
                entry[tag >> 3] = data[start:at].decode("utf-8", "replace")
        if entry.get(1) == "location":
            yield entry.get(2, "")


def _number(data: bytes, at: int) -> Tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        value, at = value | (data[at] & 0x7F) << shift, at + 1
        if data[at - 1] < 0x80:
            return value, at
    raise ValueError("a number has no end")


def opened_session(network: Union[bytes, str], device: object) -> Any:
    """A session of ONNX Runtime: one thread a tile, no operations of others, no reports of it."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # Newer versions report what is run.
    try:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers: List[Any] = ["CPUExecutionProvider"]
        if device not in (None, -1) and "CUDAExecutionProvider" in ort.get_available_providers():
            providers.insert(0, ("CUDAExecutionProvider", {"device_id": max(int(str(device)), 0)}))
        return ort.InferenceSession(network, options, providers=providers)
    except Exception as error:
        raise RuntimeError(f"ONNX Runtime can't load the network: {error}"[:500]) from error


def run(session: Any, entries: Sequence[Mapping[str, Any]], block: Any, names: List[str]) -> Any:
    """The outputs of these names for a block of pixels ``(bands, rows, columns)``."""
    feeds, first = {}, 0
    for entry in entries:
        axes, bands = entry["Axes"], entry["Bands"]
        pixels = block[first : first + bands].astype(entry["DataType"], copy=False)
        sizes, first = dict(zip("CHW", pixels.shape)), first + bands
        order = ["CHW".index(axis) for axis in sorted("CHW", key=axes.find)]
        shape = [sizes.get(axis, 1) for axis in axes] if "H" in axes else (-1, bands)
        order = order if "H" in axes else [1, 2, 0]
        feeds[entry["Name"]] = np.ascontiguousarray(pixels.transpose(order)).reshape(shape)
    try:
        return session.run(names, feeds)
    except Exception as error:
        raise RuntimeError(f"ONNX Runtime can't run the network: {error}"[:500]) from error


def scaled(pixels: Any, told: Mapping[str, str], asked: str, kind: str) -> Any:
    """Pixels as the model takes them, by steps as `dl2ecd classify --scale` has them."""
    text = asked.strip() or told.get(str(pixels.dtype), told.get("any", ""))
    if pixels.dtype.kind == "f":
        pixels = np.where(np.isfinite(pixels), pixels, pixels.dtype.type(0))
    steps = [step.split() for step in text.split(";") if step.strip() != "none"]
    made = pixels.astype("f8" if kind == "float64" else "f4") if steps else pixels
    try:
        for name, *words in steps:
            numbers = [np.array(word.split(","), made.dtype).reshape(-1, 1, 1) for word in words]
            if len(numbers) != len(_STEPS[name]):
                raise ValueError
            if name == "min-max":
                numbers[1] = numbers[1] - numbers[0]
            for sign, number in zip(_STEPS[name], numbers):
                _SIGNS[sign](made, number, out=made)
    except (LookupError, ValueError) as error:
        what = f"How {pixels.dtype} becomes what the model takes is not in '{text}': give Scaling"
        raise RuntimeError(f"{what}, such as min-max 0 255, scale 10000, or none.") from error
    if "int" in kind and not np.can_cast(made.dtype, kind):
        made = np.rint(made.astype("f8")).clip(np.iinfo(kind).min, np.iinfo(kind).max)
    return made.astype(kind, copy=False)
