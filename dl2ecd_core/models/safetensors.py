"""safetensors: a JSON header of tensors, then their bytes.

Format: https://github.com/huggingface/safetensors#format. u64 little-endian length of the header,
the header (``{"name": {"dtype", "shape", "data_offsets"}, "__metadata__": {text: text}}``), then
the buffer, which the tensors fill without gaps.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ..findings.errors import ModelFileError
from ..findings.wording import quoted
from ..wire.json_data import LONGEST_JSON, parse_json
from ..wire.source import ByteSource
from .class_names import names_in, sorted_out
from .companions import primary_part
from .description import ModelDescription
from .pytorch.layers import inferred_tensors
from .pytorch.saved import shape_findings
from .pytorch.state_dict import without_wrapping
from .pytorch.weights import Weight
from .registry import Match

# Bits per element and NumPy's (or PyTorch's) name.
_TYPES: Dict[str, Tuple[int, str]] = {
    "BOOL": (8, "bool"),
    "U8": (8, "uint8"),
    "I8": (8, "int8"),
    "U16": (16, "uint16"),
    "I16": (16, "int16"),
    "F16": (16, "float16"),
    "BF16": (16, "bfloat16"),
    "U32": (32, "uint32"),
    "I32": (32, "int32"),
    "F32": (32, "float32"),
    "U64": (64, "uint64"),
    "I64": (64, "int64"),
    "F64": (64, "float64"),
    "C64": (64, "complex64"),
    "F8_E4M3": (8, "float8_e4m3fn"),
    "F8_E5M2": (8, "float8_e5m2"),
    "F8_E8M0": (8, "float8_e8m0fnu"),
    "F8_E4M3FNUZ": (8, "float8_e4m3fnuz"),
    "F8_E5M2FNUZ": (8, "float8_e5m2fnuz"),
    "F6_E2M3": (6, "float6_e2m3"),
    "F6_E3M2": (6, "float6_e3m2"),
    "F4": (4, "float4_e2m1"),
}
# The format's own limit.
_LONGEST_HEADER = 100_000_000
# What the libraries of each framework write as metadata "format".
_FRAMEWORKS = {
    "pt": "PyTorch",
    "tf": "TensorFlow",
    "flax": "Flax",
    "np": "NumPy",
    "numpy": "NumPy",
    "mlx": "MLX",
    "paddle": "PaddlePaddle",
}
_CLASS_KEYS = ("classes", "class_names", "labels", "names", "id2label", "categories")


def recognise(source: ByteSource) -> Match:
    """A header length and the start of a JSON object."""
    if source.size < 9:
        return Match.NO
    length, brace = source.unpack("<Qc", 0)
    if brace != b"{" or length < 2:
        return Match.NO
    if length > _LONGEST_HEADER:
        # A text of eight letters before a brace is no header length.
        return Match.MAYBE if source.size < 64 else Match.NO
    following = source.read_up_to(9, 16).lstrip(b" ")
    return Match.SURE if following[:1] in (b'"', b"}", b"") else Match.NO


def read(source: ByteSource) -> ModelDescription:
    """What the header says, and what the shapes of the weights tell.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when the header is none or tensors don't fill the rest of the file.
    """
    (length,) = source.unpack("<Q", 0, "the length of the header")
    if length > source.size - 8:
        raise source.damaged(
            0, f"The header should have {length} bytes, but the file has only {source.size}."
        )
    if length > LONGEST_JSON:
        raise ModelFileError(
            "model-too-complex",
            f"The header has {length} bytes, more than the {LONGEST_JSON} of any known network.",
            file=source.name,
            offset=0,
        )
    header = parse_json(source, source.read(8, length, "the header"), "the header")
    if not isinstance(header, dict):
        raise source.damaged(8, "The header is no JSON object.")
    metadata = header.pop("__metadata__", {})
    facts = {
        key: value
        for key, value in (metadata.items() if isinstance(metadata, dict) else ())
        if isinstance(value, str)
    }
    weights = _weights(source, header, 8 + length)
    framework = _FRAMEWORKS.get(facts.get("format", "pt").lower(), "PyTorch")
    # Other frameworks order the axes of their weights in other ways.
    known = weights if framework == "PyTorch" else ()
    # The library sorts tensors by type and name, so the order tells nothing.
    inputs, outputs = inferred_tensors(without_wrapping(known), ordered=False)
    names, about_names = sorted_out(
        names_in(facts[key], f"metadata '{key}'") for key in _CLASS_KEYS if key in facts
    )
    return ModelDescription(
        "safetensors",
        framework,
        (primary_part(source),),
        inputs=inputs,
        outputs=outputs,
        parameters=sum(weight.elements for weight in weights),
        class_names=names,
        findings=(*shape_findings(source, inputs, outputs, weights), *about_names),
    )


def _weights(source: ByteSource, header: Dict[str, object], start: int) -> Tuple[Weight, ...]:
    weights: List[Weight] = []
    pieces: List[Tuple[int, int, str]] = []
    for name, entry in header.items():
        weight, piece = _weight(source, name, entry)
        weights.append(weight)
        pieces.append((*piece, name))
    at = 0
    for begin, end, name in sorted(pieces):
        if begin != at:
            raise source.damaged(
                min(start + begin, source.size),
                f"Tensor {quoted(name)} begins at byte {begin} of the data instead of {at}.",
            )
        at = end
    if start + at != source.size:
        raise source.damaged(
            min(start + at, source.size),
            f"The tensors should end at byte {start + at}, but the file has {source.size}.",
        )
    return tuple(weights)


def _weight(source: ByteSource, name: str, entry: object) -> Tuple[Weight, Tuple[int, int]]:
    if not isinstance(entry, dict):
        raise source.damaged(8, f"The header does not describe tensor {quoted(name)}.")
    kind, shape, offsets = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    bits, data_type = _TYPES.get(kind, (0, "")) if isinstance(kind, str) else (0, "")
    if not bits:
        raise ModelFileError(
            "model-unsupported",
            f"Tensor {quoted(name)} has the unknown type {quoted(str(kind))}.",
            file=source.name,
            offset=8,
        )
    sizes = _sizes(shape)
    places = _sizes(offsets)
    if sizes is None or places is None or len(places) != 2:
        raise source.damaged(8, f"The header gives tensor {quoted(name)} no sound shape or place.")
    weight = Weight(name, sizes, data_type)
    begin, end = places
    if begin > end or (end - begin) * 8 != weight.elements * bits:
        raise source.damaged(
            8, f"Tensor {quoted(name)} has {end - begin} bytes, which do not fit its shape."
        )
    return weight, (begin, end)


def _sizes(value: object) -> Optional[Tuple[int, ...]]:
    if not isinstance(value, list) or len(value) > 64:
        return None
    if all(isinstance(item, int) and not isinstance(item, bool) and item >= 0 for item in value):
        return tuple(value)
    return None
