"""Class names that come with a model: label files in a zip archive appended to the FlatBuffer.

TFLite Metadata (tensorflow_lite_support/metadata/metadata_schema.fbs in
https://github.com/tensorflow/tflite-support): the buffer named ``TFLITE_METADATA`` holds a second
FlatBuffer, identifier ``M001``, which says which file of the archive labels which output.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Tuple

from ...findings import Finding
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import quoted
from ...wire.flatbuffer import Table, root
from ...wire.part import PartSource
from ...wire.source import ByteSource
from ...wire.zip import Archive, open_archive
from ..description import ClassNames
from .schema import Model

_LABEL_KINDS = (2, 3)  # TENSOR_AXIS_LABELS, TENSOR_VALUE_LABELS
_SUBGRAPH_METADATA, _OUTPUT_METADATA, _TENSOR_FILES = 3, 3, 6
_LONGEST_FILE = 1 << 20
_MOST_NAMES = 20_000
_MOST_LISTED = 64
_LONGEST_NAME = 1024
# What the file is called in archives that came without metadata.
_LIKELY = re.compile(r"(?i)(.*[/_-])?(labels?|label_?map|classes|dict)[^/]*\.txt")


def class_names(
    source: ByteSource, model: Model
) -> Tuple[Tuple[ClassNames, ...], Tuple[Finding, ...]]:
    """The lists of class names in a model, and what kept one from being read."""
    try:
        files = list(dict.fromkeys(_label_files(model)))
        if not _has_archive(source):
            return (), tuple(_unreadable(name, "it is not in the model") for name in files)
        archive = open_archive(source)
    except ModelFileError as error:
        return (), (_unreadable(None, error.finding.message),)
    if not files and "TFLITE_METADATA" not in model.metadata:
        files = [name for name in archive.names() if _LIKELY.fullmatch(name)][:1]
    lists: List[ClassNames] = []
    findings: List[Finding] = []
    for name in files:
        try:
            lists.append(_read(archive, name))
        except ModelFileError as error:
            findings.append(_unreadable(name, error.finding.message))
    return tuple(lists), tuple(findings)


def _label_files(model: Model) -> Iterator[str]:
    """Names of the files that label the first subgraph's outputs, in the outputs' order."""
    number = model.metadata.get("TFLITE_METADATA")
    span = None if number is None else model.buffer_span(number)
    if span is None:
        return
    part = PartSource(model.source, "the model's metadata", *span)
    subgraphs = root(part, "the metadata").vector(_SUBGRAPH_METADATA, what="subgraphs")
    if not len(subgraphs):
        return
    outputs = subgraphs.table(0, "the subgraph").vector(_OUTPUT_METADATA, what="outputs")
    for index in range(min(len(outputs), _MOST_LISTED)):
        yield from _labels_of(outputs.table(index, f"the metadata of output {index}"))


def _labels_of(tensor: Table) -> Iterator[str]:
    files = tensor.vector(_TENSOR_FILES, what="associated files")
    for index in range(min(len(files), _MOST_LISTED)):
        file = files.table(index, "an associated file")
        name = file.text(0, _LONGEST_NAME)
        if name and file.integer(2, "b") in _LABEL_KINDS:
            yield name


def _has_archive(source: ByteSource) -> bool:
    length = min(source.size, 66_000)
    return b"PK\x05\x06" in source.read(source.size - length, length)


def _read(archive: Archive, name: str) -> ClassNames:
    text = archive.read(name, _LONGEST_FILE).decode("utf-8-sig", "replace")
    lines = [line.rstrip("\r") for line in text.split("\n")[: _MOST_NAMES + 1]]
    while lines and not lines[-1].strip():
        lines.pop()
    return ClassNames(tuple(lines), f"label file {quoted(name)} inside the model")


def _unreadable(name: object, why: str) -> Finding:
    what = f"The label file {quoted(str(name))}" if name else "The model's metadata"
    return finding(
        "class-names-unreadable",
        f"{what} can't be read: {why.rstrip('.')}.",
        hint="The classes' names are taken from the class information alone.",
    )
