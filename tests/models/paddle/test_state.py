"""PaddlePaddle's pickled weights: arrays are counted, and nothing is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import ModelDescription

_NAMES = b"S'StructuredToParameterName@@'\n}"
_DTYPE = b"cnumpy\ndtype\n(S'f4'\ntR"


def array(shape: bytes = b"(I8\nI4\nI3\nI3\nt", kind: bytes = _DTYPE) -> bytes:
    """A pickled array of NumPy: version, shape, element type, order and bytes."""
    state = b"(I1\n" + shape + kind + b"I00\nS''\nt"
    return b"cnumpy.core.multiarray\n_reconstruct\n(tR" + state + b"b"


def state(folder: Path, **entries: bytes) -> ModelDescription:
    raw = b"}("
    for name, one in entries.items():
        raw += b"S'" + name.encode().replace(b"__", b".") + b"'\n" + one
    path = folder / "x.pdparams"
    path.write_bytes(b"\x80\x02" + raw + _NAMES + b"u.")
    return inspect_model(path)


def test_pickled_arrays_are_counted_and_ordered(tmp_path: Path) -> None:
    found = state(tmp_path, first__weight=array(), last__weight=array(b"(I3\nI8\nI1\nI1\nt"))
    assert found.parameters == 8 * 4 * 9 + 24
    assert found.inputs[0].size_of("C") == 4


@pytest.mark.parametrize(
    "entry_",
    [
        b"I7\n",
        b"cnumpy\ndtype\n",
        b"cos\nsystem\n(tR",
        b"cos\nsystem\n(tR(I1\nI2\nI3\ntb",
        array(b"I7\n"),
        array(b"(S'x'\nt"),
        array(b"(I-3\nt"),
        array(b"(" + b"I1\n" * 65 + b"t"),
        b"cnumpy.core.multiarray\n_reconstruct\n(tR(I1\ntb",
    ],
)
def test_entries_that_are_no_arrays_make_the_rest_unknown(entry_: bytes, tmp_path: Path) -> None:
    found = state(tmp_path, a__weight=array(), b=entry_)
    assert (found.parameters, found.inputs, found.outputs) == (None, (), ())


@pytest.mark.parametrize("kind", [b"N", b"cnumpy\ndtype\n(tR", b"cnumpy\ndtype\n(I4\ntR"])
def test_arrays_of_an_unknown_type_are_still_counted(kind: bytes, tmp_path: Path) -> None:
    found = state(tmp_path, a__weight=array(kind=kind))
    assert found.parameters == 288
    assert found.inputs[0].data_type is None


def test_a_cut_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pdparams"
    path.write_bytes(b"\x80\x02}(" + _NAMES)
    with pytest.raises(ModelFileError, match="pickle with the model's weights is broken") as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-damaged"


def test_a_pickle_that_is_no_dictionary_has_no_weights(tmp_path: Path) -> None:
    path = tmp_path / "x.pdparams"
    path.write_bytes(b"\x80\x02" + _NAMES[:-1] + b".")
    assert inspect_model(path).parameters is None
