"""Inputs that take texts: image files, examples, or anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from dl2ecd_core.findings import Severity
from tests.models.cntk.writers import field
from tests.models.tensorflow.test_savedmodel import IMAGE, info, read, signature, tensor

TEXT = field(1, field(1, b"bytes:0") + field(2, 7) + field(3, b""))


def node(op: bytes) -> bytes:
    return field(1, field(1, b"some") + field(2, op) + field(3, b"x"))


def texts_in(name: bytes) -> bytes:
    """A signature whose input is a text."""
    text = field(1, field(1, b"png") + field(2, field(1, b"x:0") + field(2, 7) + field(3, b"")))
    return field(5, field(1, name) + field(2, text + field(2, tensor(b"out"))))


@pytest.mark.parametrize(
    ("op", "says"),
    [
        (b"DecodePng", "whole image files"),
        (b"DecodeImage", "whole image files"),
        (b"ParseExampleV2", "serialized tf.train.Examples"),
        (b"Relu", "'png' are texts"),
    ],
)
def test_what_the_graph_does_with_texts_is_said(tmp_path: Path, op: bytes, says: str) -> None:
    graph = field(2, IMAGE + node(op))
    model = read(tmp_path, info(b"serve") + graph + texts_in(b"serving_default"))
    (item,) = (one for one in model.findings if one.rule == "model-input-encoded")
    assert item.severity is Severity.INFORMATION
    assert says in item.message


def test_of_several_signatures_the_one_is_named(tmp_path: Path) -> None:
    graph = info(b"serve") + field(2, IMAGE + node(b"DecodeJpeg"))
    model = read(tmp_path, graph + texts_in(b"from_png") + signature(b"classify"))
    (item,) = (one for one in model.findings if one.rule == "model-input-encoded")
    assert "'png of from_png'" in item.message


def test_pixels_are_no_texts(tmp_path: Path) -> None:
    graph = info(b"serve") + field(2, IMAGE + node(b"DecodeJpeg"))
    model = read(tmp_path, graph + signature(b"serving_default"))
    assert "model-input-encoded" not in [one.rule for one in model.findings]
