"""An ONNX model beside arrays that the framework itself computed."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Dict, List, Mapping, Optional, Sequence, Tuple

from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import listed, printable, quoted
from ..models import inspect_model
from ..models.description import Tensor
from .extras import RunningRefused, not_installed
from .sessions.onnx_session import OnnxSession

if TYPE_CHECKING:
    from .sessions import Array

#: Largest difference that is taken for rounding, as a share of the largest value (at least of 1).
TOLERANCE = 5e-6
#: Names that arrays of a single input or output may have.
_ONLY_INPUT = ("x", "input", "inputs", "image")
_ONLY_OUTPUT = ("y", "output", "outputs", "logits", "scores")
_MOST_BYTES = 2 << 30


def compare(model: Path, reference: Path) -> Tuple[Finding, ...]:
    """Run a model in ONNX Runtime and compare what comes out with reference arrays.

    Parameters
    ----------
    reference
        A .npz with an array for each input and output, named like it (``in_`` and ``out_`` may
        stand before), or ``x`` and ``y`` where there is one of each.

    Raises
    ------
    RunningRefused
        ``network-computes-otherwise``, ``network-reference-unusable``, or ``runtime-missing``.
    """
    description = inspect_model(model)
    arrays = _read(reference)
    session = OnnxSession(model, description.inputs, description.outputs)
    try:
        given = _chosen(arrays, session.inputs, "in_", _ONLY_INPUT, reference)
        wanted = _chosen(arrays, session.outputs, "out_", _ONLY_OUTPUT, reference)
        found = session.run([given[tensor.name or ""] for tensor in session.inputs])
        runtime = session.runtime
    finally:
        session.close()
    compared = [
        _compared(tensor.name or "", array, wanted[tensor.name or ""])
        for tensor, array in zip(session.outputs, found)
    ]
    where = Place(file=printable(str(reference), 400))
    wrong = [sentence for sentence, same in compared if not same]
    if wrong:
        raise RunningRefused(
            [
                finding(
                    "network-computes-otherwise",
                    f"{runtime} computes something else than the reference: {'; '.join(wrong)}.",
                    hint="Check that the arrays belong to this model. If they do, please report "
                    "it: nothing was written.",
                    where=where,
                )
            ]
        )
    said = "; ".join(sentence for sentence, _ in compared)
    return (finding("network-checked", f"In {runtime}, {said}.", where=where),)


def _read(reference: Path) -> Dict[str, Array]:
    try:
        from numpy.lib import format as npy
    except ImportError as error:
        raise not_installed("NumPy", "run", "compare arrays") from error
    try:
        with zipfile.ZipFile(reference) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                raise ValueError("they take more than 2 GiB")
            arrays: Dict[str, Array] = {}
            for name in archive.namelist():
                with archive.open(name) as entry:
                    # Objects, which would have to be unpickled, are refused.
                    arrays[name[: -len(".npy")]] = npy.read_array(entry, allow_pickle=False)
            return arrays
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise _unusable(reference, f"it can't be read as arrays ({error})") from error


def _chosen(
    arrays: Mapping[str, Array],
    tensors: Sequence[Tensor],
    prefix: str,
    only: Sequence[str],
    reference: Path,
) -> Dict[str, Array]:
    """The array of each input or output."""
    chosen: Dict[str, Array] = {}
    missing: List[str] = []
    for tensor in tensors:
        name = tensor.name or ""
        names = [name, f"{prefix}{name}", *(only if len(tensors) == 1 else ())]
        found: Optional[str] = next((one for one in names if one in arrays), None)
        if found is None:
            missing.append(name)
        else:
            chosen[name] = arrays[found]
    if missing:
        what = f"it has no array for {listed(missing)}, only {listed(arrays)}"
        raise _unusable(reference, what)
    return {
        tensor.name or "": chosen[tensor.name or ""].astype(tensor.data_type or "float32")
        for tensor in tensors
    }


def _compared(name: str, found: Array, wanted: Array) -> Tuple[str, bool]:
    """What to say of an output, and whether it is the same but for rounding."""
    if found.shape != wanted.shape:
        return f"{quoted(name)} has the shape {found.shape}, not {wanted.shape}", False
    if not wanted.size:
        return f"{quoted(name)} is empty", True
    largest = float(abs(wanted).max())
    difference = float(abs(found.astype("float64") - wanted.astype("float64")).max())
    same = difference <= TOLERANCE * max(1.0, largest)
    return f"{quoted(name)} differs by {difference:.2g} at most, of {largest:.3g}", same


def _unusable(reference: Path, why: str) -> RunningRefused:
    return RunningRefused(
        [
            finding(
                "network-reference-unusable",
                f"The reference arrays can't be compared with: {printable(why, 400)}.",
                hint="Give a .npz (numpy.savez) with an array for each input and output, named "
                "like it.",
                where=Place(file=printable(str(reference), 400)),
            )
        ]
    )
