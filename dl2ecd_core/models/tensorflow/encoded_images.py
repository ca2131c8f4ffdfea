"""Inputs that take texts of bytes: whole image files, which the graph decodes itself."""

from __future__ import annotations

from typing import Iterable, List, Sequence

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import listed
from ..description import Signature, Tensor
from .walk import Walk

_DECODES = frozenset(
    {
        "DecodeAndCropJpeg",
        "DecodeBmp",
        "DecodeGif",
        "DecodeImage",
        "DecodeJpeg",
        "DecodePng",
        "DecodeWebP",
    }
)
_PARSES = ("ParseExample", "ParseSingleExample", "ParseSequenceExample")
_TEXT = "string"


def encoded_inputs(
    walk: Walk, inputs: Iterable[Tensor], signatures: Sequence[Signature], file: str
) -> List[Finding]:
    """What is said of inputs that take no pixels but texts of bytes."""
    names = [tensor.name or "" for tensor in inputs if tensor.data_type == _TEXT]
    names += [
        f"{tensor.name} of {signature.name}"
        for signature in signatures
        for tensor in signature.inputs
        if tensor.data_type == _TEXT
    ]
    if not names:
        return []
    operations = {op for _, op in walk.graph.operations()}
    if operations & _DECODES:
        what = "whole image files (PNG, JPEG), which the graph decodes itself"
    elif any(op.startswith(_PARSES) for op in operations):
        what = "serialized tf.train.Examples"
    else:
        what = "texts"
    return [
        finding(
            "model-input-encoded",
            f"What goes in at {listed(names)} are {what}, not the pixels of bands.",
            hint="Use a signature that takes arrays of pixels, or export the model with one.",
            where=Place(file=file),
        )
    ]
