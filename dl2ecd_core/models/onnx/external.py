"""The files that hold an ONNX model's larger tensors.

https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
"""

from __future__ import annotations

from typing import Dict, List, Mapping, Sequence, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import counted, quoted
from ...wire.source import ByteSource
from ..companions import parts_of, relative_path
from ..description import ModelPart
from .tensors import ExternalData, TensorHead

_MOST_FINDINGS = 8

Files = Tuple[Tuple[ModelPart, ...], Tuple[str, ...], Tuple[Finding, ...]]


def external_files(source: ByteSource, tensors: Sequence[Tuple[ExternalData, TensorHead]]) -> Files:
    """The model's files, those that are missing, and what is wrong with their sizes.

    Raises
    ------
    ModelFileError
        ``model-file-outside`` when a tensor is said to lie outside the model's folder.
    """
    locations = {data.location: _with_slashes(data.location) for data, _ in tensors}
    parts, missing = parts_of(source, locations.values())
    sizes = {part.path: part.size for part in parts[1:]}
    clean = {
        location: relative_path(source, path).as_posix() for location, path in locations.items()
    }
    needed: Dict[str, Tuple[int, str]] = {}
    for data, head in tensors:
        length = head.bytes_needed if data.length is None else data.length
        end = data.offset + (length or 0)
        path = clean[data.location]
        if path in sizes and end > max(sizes[path], needed.get(path, (0, ""))[0]):
            needed[path] = (end, head.name)
    findings = _windows_paths(locations)
    findings += [
        finding(
            "model-damaged",
            f"The tensor {quoted(name)} should lie in '{path}' up to byte {end}, but that file "
            f"has only {counted(sizes[path], 'byte')}.",
            hint="The file with the weights is cut short, or belongs to another model: fetch or "
            "export both again.",
            where=Place(file=path),
        )
        for path, (end, name) in list(needed.items())[:_MOST_FINDINGS]
    ]
    return parts, missing, tuple(findings)


def _with_slashes(location: str) -> str:
    r"""A location as it is meant: exporters on Windows write ``weights\w.bin``."""
    return location.replace("\\", "/")


def _windows_paths(locations: Mapping[str, str]) -> List[Finding]:
    odd = [location for location, path in locations.items() if location != path]
    if not odd:
        return []
    return [
        finding(
            "model-path-windows",
            f"The model names {counted(len(odd), 'file')} by a Windows path, such as "
            f"{quoted(odd[0])}: other systems take that for one long name and do not find it.",
            hint="Export the model again with its weights in one file, or beside it without a "
            "folder.",
        )
    ]
