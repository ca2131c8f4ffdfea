"""Parts of models that are given in place of the model, and what to give instead."""

from __future__ import annotations

import struct
from typing import List, NamedTuple, Optional

from ...findings import Finding
from ...findings.errors import ModelFileError
from ...findings.wording import printable
from ...wire.pickle import new_budget
from ...wire.protobuf import LENGTH, VARINT, Message
from ...wire.source import ByteSource
from ..pickle_search import array_pickles, is_array
from ..pickles import pickle_findings

_HEAD = 64 * 1024
#: Longest SavedModel fingerprint, in bytes: five hashes, a version and an id take about 100.
_LONGEST_FINGERPRINT = 1024
#: Longest description of one of PaddlePaddle's tensors, in bytes.
_LONGEST_TENSOR = 1024


class _Part(NamedTuple):
    """Rule, what the file is, and what to do."""

    rule: str
    what: str
    hint: str


_FINGERPRINT = _Part(
    "model-not-a-model",
    "is the fingerprint of a TensorFlow SavedModel, not the model itself.",
    "Give the saved_model.pb of the same folder, or the folder.",
)
_PARAMETERS = _Part(
    "model-not-a-model",
    "holds the weights of a PaddlePaddle model without its structure.",
    "Give the .pdmodel or .json file that was saved with it; the weights are taken along when "
    "they lie beside it under the same name.",
)
_NUMBERS = _Part(
    "model-not-a-model",
    "is an array of NumPy (.npy), not a model.",
    "Give the file that the framework saved the model to.",
)
_BROWSER_MODEL = _Part(
    "model-unsupported",
    "is a model for TensorFlow.js, which is made for web browsers and is not read.",
    "Give the model that it was made from: a SavedModel (saved_model.pb), .keras or .h5 file.",
)


def refuse_lone_part(source: ByteSource) -> None:
    """Say what a file is that no reader knows, where it is a well-known part of a model.

    Raises
    ------
    ModelFileError
        ``model-not-a-model`` or ``model-unsupported``.
    """
    part = _part(source)
    if part is not None:
        raise ModelFileError(
            part.rule,
            f"'{printable(source.name, 400)}' {part.what}",
            hint=part.hint,
            file=source.name,
            offset=0,
            further=_pickles(source) if part is _NUMBERS else (),
        )


def _pickles(source: ByteSource) -> List[Finding]:
    """What an array of objects would import: its elements are pickled."""
    walks = array_pickles(source, new_budget())
    return [item for item in pickle_findings(source, walks) if item.rule != "pickle-known-globals"]


def _part(source: ByteSource) -> Optional[_Part]:
    if is_array(source):
        return _NUMBERS
    if _is_fingerprint(source):
        return _FINGERPRINT
    if _is_paddle_tensor(source):
        return _PARAMETERS
    head = source.read_up_to(0, _HEAD)
    # https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/types.ts (ModelJSON)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"modelTopology"' in head:
        return _BROWSER_MODEL
    return None


def _is_fingerprint(source: ByteSource) -> bool:
    """Whether the content is a FingerprintDef: hashes 1 to 5, a version 6, an id 7.

    https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/fingerprint.proto
    """
    if source.size > _LONGEST_FINGERPRINT:
        return False
    try:
        kinds = [(field.number, field.wire) for field in Message(source).fields()]
    except ModelFileError:
        return False
    hashes = [(number, VARINT) for number in (1, 2, 3, 4)]
    return kinds[:4] == hashes and set(kinds[4:]) <= {(5, VARINT), (6, LENGTH), (7, LENGTH)}


def _is_paddle_tensor(source: ByteSource) -> bool:
    """Whether the content begins with a tensor as PaddlePaddle saves them one after the other.

    Two versions and a number of levels, all 0, and a description with a type and sizes:
    https://github.com/PaddlePaddle/Paddle/blob/v2.4.0/paddle/fluid/framework/lod_tensor.cc
    https://github.com/PaddlePaddle/Paddle/blob/v2.4.0/paddle/fluid/framework/tensor_util.cc
    """
    start = source.read_up_to(0, 20)
    if len(start) < 20 or any(start[:16]):
        return False
    (length,) = struct.unpack_from("<I", start, 16)
    if length > _LONGEST_TENSOR:
        return False
    try:
        fields = list(Message(source, 20, 20 + length).fields())
    except ModelFileError:
        return False
    kinds = [(field.number, field.wire) for field in fields]
    return kinds[:1] == [(1, VARINT)] and set(kinds[1:]) <= {(2, VARINT), (2, LENGTH)}
