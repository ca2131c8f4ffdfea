"""An .ecd whose model is ONNX: what the network of another format becomes before it is packed."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Iterator, Tuple

from ..ecd.content import Ecd
from ..ecd.stored import StoredFile
from ..files.scratch_beside import scratch_beside
from ..files.stamps import stamp
from ..findings import Finding, Place
from ..findings.errors import Dl2EcdError
from ..findings.passing_folders import named_as_in
from ..findings.rules import finding
from ..models import ModelDescription, inspect_model
from ..progress import Listener
from ..running.opening import OpenedModel
from . import onnx
from .emd import KEY
from .model_on_disk import model_on_disk
from .placing import require_model

#: What can be said to ``dl2ecd detect`` alone.
_HINTS = dict.fromkeys(
    ("detector-unknown", "detector-incomplete"),
    "dl2ecd detect can be told what is missing, a package can't: export the model with its boxes "
    "decoded.",
)
#: Readers of Esri's that go by them are those of other frameworks.
_OF_THE_FRAMEWORK = (
    "ModelConfiguration",
    "InferenceFunction",
    "PerProcessGPUMemoryFraction",
    KEY,
)


@contextmanager
def as_onnx(
    ecd: Ecd, target: Path, listener: Listener
) -> Iterator[Tuple[Ecd, Tuple[Finding, ...]]]:
    """The same definition of the same classes with the network as ONNX in place of the model.

    Parameters
    ----------
    target
        What is exported: the network lies in its folder for as long as it is needed.

    Raises
    ------
    Dl2EcdError
        When the network can't be said in ONNX, or there is no room for it.
    """
    require_model(ecd, "onnx")
    with scratch_beside(target) as place, model_on_disk(ecd, target, listener) as model:
        name = _name(ecd)
        findings = onnx.write_model(
            model.path, place / name, listener, metadata=onnx.metadata_of(ecd), overwrite=False
        )
        paths = sorted(path for path in place.rglob("*") if path.is_file())
        paths.sort(key=lambda path: path.name != name)
        files = tuple(_stored(path, place) for path in paths)
        document = {
            key: value for key, value in ecd.document.items() if key not in _OF_THE_FRAMEWORK
        }
        document.update(Framework="ONNX", ModelFile=name)
        # A definition that the .ecd was made from is of the other framework.
        document.pop("ExtraInfo", None)
        packed = replace(ecd, document=document, files=files)
        packed, about = _with_function(packed, place / name, inspect_model(model.path))
        told = model.told((*findings, *about))
        yield packed, tuple(named_as_in(item, place, ecd.name) for item in told)


def _with_function(
    ecd: Ecd, primary: Path, source: ModelDescription
) -> Tuple[Ecd, Tuple[Finding, ...]]:
    """The same with the Python raster function that runs the network in ArcGIS."""
    try:
        from ..adaptors.alone.decisions import decided
        from ..adaptors.alone.packing import packed

        made = decided(OpenedModel(ecd, _described(primary, source), primary))
    except (Dl2EcdError, ImportError) as error:
        return ecd, (_without(ecd, error),)
    if made.network is not None:
        primary.write_bytes(made.network)
    place = primary.parent
    function = place / f"{made.name}.py"
    function.write_bytes(packed(made.name, made.ways).encode("ascii"))
    document = {**ecd.document, "InferenceFunction": function.name, KEY: made.told}
    files = [_stored(primary, place), *ecd.files[1:], _stored(function, place)]
    return replace(ecd, document=document, files=tuple(files)), made.findings


def _described(network: Path, source: ModelDescription) -> ModelDescription:
    """What a network's file says, and what only the model that it comes from tells of objects."""
    model = inspect_model(network)
    contents = {tensor.name: tensor.content for tensor in source.outputs}
    outputs = tuple(
        replace(tensor, content=tensor.content or contents.get(tensor.name))
        for tensor in model.outputs
    )
    return replace(model, outputs=outputs, detector=source.detector or model.detector)


def _without(ecd: Ecd, error: Exception) -> Finding:
    first = error.findings[0] if isinstance(error, Dl2EcdError) else None
    why = f"{error} (pip install 'dl2ecd[run,detect]')" if first is None else first.message
    return finding(
        "export-incomplete",
        f"The package has no Python raster function, with which ArcGIS would run it: {why}",
        hint=_HINTS.get(first.rule, first.hint) if first is not None else "",
        where=Place(file=ecd.name),
    )


def _name(ecd: Ecd) -> str:
    primary = PurePosixPath(ecd.files[0].path) if ecd.files else PurePosixPath("model")
    return f"{primary.stem}.onnx"


def _stored(path: Path, folder: Path) -> StoredFile:
    size = path.stat().st_size
    return StoredFile(path.relative_to(folder).as_posix(), size, None, path, stamp(path))
