"""ONNX: the model's network, with its class information in the file's metadata.

The keys that Deepness, the QGIS plugin, reads:
https://github.com/PUTvision/qgis-plugin-deepness/blob/devel/docs/source/creators/creators_add_metadata_to_model.rst
Its documentation names `tiles_size`, its code reads `tile_size`: both are written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from ..ecd.content import Ecd
from ..ecd.payload import Progress
from ..files.plain_files import open_plain
from ..files.replacing import OutputKind
from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import printable
from ..models.network_file import write_network
from ..models.networks import read_network, with_channels_first
from ..models.onnx.metadata import CLASS_INFORMATION
from ..progress import Listener
from ..running.comparing import compare
from ..scaling.steps import Number, Step, WrongScaling, read_steps
from .cell_size import centimetres_of
from .model_on_disk import model_on_disk
from .placing import require_model

#: Beside the class information document, whole: what was worked out of it and the model. Classes
#: with values, colors and indices, bands, tile size, padding, scaling.
DEFINITION = "dl2ecd_definition"

ENDINGS = (".onnx",)
#: How a file begins that this tool converted: the version, then its maker.
_MAKER = b"\x12\x06dl2ecd"
#: So much of a file's end is searched for the metadata, which stands there.
_TAIL = 1 << 20

_MODEL_TYPES = {
    "ImageClassification": "Segmentor",
    "ObjectDetection": "Detector",
}


def is_ours(path: Path) -> bool:
    """Whether a file is an ONNX model that this tool converted or added its metadata to."""
    with open_plain(path, buffering=-1) as file:
        head = file.read(2 + len(_MAKER))
        file.seek(max(0, path.stat().st_size - _TAIL))
        return head[2:] == _MAKER or DEFINITION.encode() in file.read(_TAIL)


def is_earlier(path: Path, ecd: Ecd) -> bool:
    """Whether a file is an ONNX model that this tool wrote."""
    del ecd  # Of any model.
    return is_ours(path)


#: A network without class information.
NETWORK = OutputKind("onnx export of this tool's", ENDINGS, is_ours)


@dataclass(frozen=True)
class Options:
    """How a network is written.

    Attributes
    ----------
    channels_first
        Give images the axes N, C, H, W at its ends, whatever order the model has.
    external
        Put weights into a file beside it, whatever its size.
    reference
        Arrays that the framework computed, with which ONNX Runtime's are compared.
    """

    channels_first: bool = False
    external: bool = False
    reference: Optional[Path] = None


_AS_IT_IS = Options()


def write(
    ecd: Ecd,
    target: Path,
    listener: Listener,
    *,
    overwrite: bool,
    options: Options = _AS_IT_IS,
) -> Tuple[Finding, ...]:
    """Write the network of an .ecd's model to `target`, with what the .ecd says of classes."""
    require_model(ecd, "onnx")
    metadata = metadata_of(ecd)
    with model_on_disk(ecd, target, listener) as model:
        findings = write_model(
            model.path, target, listener, metadata=metadata, overwrite=overwrite, options=options
        )
        return model.told(findings)


def write_model(
    model: Path,
    target: Path,
    listener: Listener,
    *,
    metadata: Optional[Mapping[str, str]] = None,
    overwrite: bool = False,
    options: Options = _AS_IT_IS,
) -> Tuple[Finding, ...]:
    """Write a model's network to `target`; what the model leaves open and was decided.

    Raises
    ------
    Dl2EcdError
        When the model can't be read, its network not be said in ONNX, or the file not be written.
    """
    found = read_network(model)
    if options.channels_first:
        found = with_channels_first(found)
    size = sum(part.size for part in found.description.files)
    progress = Progress(listener, size)
    compared: List[Finding] = []

    def verify(path: Path) -> None:
        if options.reference is not None:
            compared.extend(compare(path, options.reference))

    write_network(
        found,
        target,
        metadata=metadata,
        external=options.external,
        overwrite=overwrite,
        verify=verify,
        advance=lambda count: progress.advance(count, f"Writing {printable(target.name)}"),
    )
    decided = [
        finding("network-decided", note, where=Place(file=printable(str(model), 400)))
        for note in found.network.notes
    ]
    return (*decided, *compared)


def metadata_of(ecd: Ecd) -> Dict[str, str]:
    """The metadata properties that say what an .ecd says."""
    document = ecd.document
    entries: Dict[str, object] = {
        "model_type": _MODEL_TYPES.get(str(document.get("ModelType"))),
        "class_names": _names(ecd),
        **_tile(document),
        "resolution": _resolution(document),
        **_standardization(ecd),
        CLASS_INFORMATION: document.get("ExtraInfo"),
        DEFINITION: _definition(ecd),
    }
    return {key: _json(value) for key, value in entries.items() if value not in (None, {})}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def _names(ecd: Ecd) -> Dict[str, str]:
    """Names by the index of the model's output, as Deepness wants them: without a gap."""
    names = {item.index: item.name for item in ecd.classes if item.index is not None}
    if ecd.background is not None:
        names.setdefault(ecd.background, "background")
    if sorted(names) != list(range(len(names))):
        return {}
    return {str(index): names[index] for index in sorted(names)}


def _tile(document: Mapping[str, Any]) -> Dict[str, object]:
    height, width = document.get("ImageHeight"), document.get("ImageWidth")
    if not isinstance(height, int) or height != width:
        return {}
    padding = document.get("ModelPadding")
    told: Dict[str, object] = {"tile_size": height, "tiles_size": height}
    if isinstance(padding, int) and 0 < 2 * padding < height:
        # In percent of a tile: what the model crops on both sides.
        told["tiles_overlap"] = -(-200 * padding // height)
    return told


def _resolution(document: Mapping[str, Any]) -> Optional[float]:
    """Centimetres for each pixel."""
    told = document.get("ExtraInfo")
    return centimetres_of(told) if isinstance(told, dict) else None


def _definition(ecd: Ecd) -> Dict[str, object]:
    document = ecd.document
    told: Dict[str, object] = {
        key: document[key]
        for key in ("ImageHeight", "ImageWidth", "ModelPadding", "ExtractBands")
        if key in document
    }
    told["NumberBands"] = ecd.band_count
    if "InputScaling" in ecd.definition:
        told["InputScaling"] = ecd.definition["InputScaling"]
    told["Classes"] = [
        {"Value": item.value, "Name": item.name, "Color": item.color, "Index": item.index}
        for item in ecd.classes
    ]
    return told


def _standardization(ecd: Ecd) -> Dict[str, object]:
    """Deepness's mean and deviation, after its own division by 255, where that says it all."""
    bands = ecd.band_count
    if bands is None or "InputScaling" not in ecd.definition:
        return {}
    try:
        steps = read_steps(ecd.definition["InputScaling"], bands)
    except WrongScaling:
        return {}
    lines = [_line(steps, band) for band in range(bands)]
    known = [line for line in lines if line is not None and line[0] > 0]
    if len(known) < bands:
        return {}
    # a * x + b is (x / 255 - mean) / deviation.
    return {
        "standardization_mean": [-b / (255 * a) for a, b in known],
        "standardization_std": [1 / (255 * a) for a, _ in known],
    }


def _line(steps: Iterable[Step], band: int) -> Optional[Tuple[float, float]]:
    """Factor and summand that steps come to for a band; None where they clip."""
    factor, summand = 1.0, 0.0
    for step in steps:
        values = [_of_band(value, band) for value in step.values]
        if step.kind.startswith("clip"):
            return None
        if step.kind != "scale":
            summand -= values[0]
        divisor = {
            "min-max": values[-1] - values[0], "z-score": values[-1], "scale": values[-1],
        }.get(step.kind, 1.0)  # fmt: skip
        factor, summand = factor / divisor, summand / divisor
    return factor, summand


def _of_band(value: Number, band: int) -> float:
    return value[band] if isinstance(value, tuple) else value
