"""Class names that come with a model: files in a zip archive appended to the FlatBuffer.

TFLite Metadata (tensorflow_lite_support/metadata/metadata_schema.fbs in
https://github.com/tensorflow/tflite-support): the buffer named ``TFLITE_METADATA`` holds a second
FlatBuffer, identifier ``M001``, which says which file of the archive labels which output.
ultralytics appends an archive with a ``metadata.json`` alone, and did so with what Python prints
for a dictionary, as ``temp_meta.txt``.
"""

from __future__ import annotations

import re
from typing import Iterator, List

from ...findings import Finding
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import quoted
from ...wire.flatbuffer import Table, root
from ...wire.part import PartSource
from ...wire.source import ByteSource
from ...wire.zip import Archive, open_archive
from ..class_names import Found, names_in_lines, sorted_out
from ..extra_files import Names, names_and_notes
from .schema import Model

_LABEL_KINDS = (2, 3)  # TENSOR_AXIS_LABELS, TENSOR_VALUE_LABELS
_SUBGRAPH_METADATA, _OUTPUT_METADATA, _TENSOR_FILES = 3, 3, 6
_LONGEST_FILE = 1 << 20
_MOST_LISTED = 64
_LONGEST_NAME = 1024
_NOTES = ("metadata.json", "temp_meta.txt", "meta.txt")
# What the file is called in archives that came without metadata.
_LIKELY = re.compile(r"(?i)(.*[/_-])?(labels?|label_?map|classes|dict)[^/]*\.txt")


def class_names(source: ByteSource, model: Model) -> Names:
    """The lists of class names in a model, what kept one from being read, and exporters' notes."""
    try:
        files = list(dict.fromkeys(_label_files(model)))
        if not _has_archive(source):
            return (), tuple(_unreadable(name, "it is not in the model") for name in files), None
        archive = open_archive(source)
    except ModelFileError as error:
        return (), (_unreadable(None, error.finding.message),), None
    if not files and "TFLITE_METADATA" not in model.metadata:
        files = [name for name in archive.names() if _LIKELY.fullmatch(name)][:1]
    found: List[Found] = []
    for name in files:
        try:
            text = archive.read(name, _LONGEST_FILE).decode("utf-8-sig", "replace")
        except ModelFileError as error:
            found.append(_unreadable(name, error.finding.message))
        else:
            found.append(names_in_lines(text, f"label file {quoted(name)} inside the model"))
    names, about, notes = _of_notes(archive)
    return (*sorted_out([*found, *names, *about]), notes)


def _of_notes(archive: Archive) -> Names:
    for name in _NOTES:
        try:
            text = archive.read(name, _LONGEST_FILE).decode("utf-8-sig", "replace")
        except (KeyError, ModelFileError):
            continue
        return names_and_notes(iter([(name, text)]))
    return (), (), None


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


def _unreadable(name: object, why: str) -> Finding:
    what = f"The label file {quoted(str(name))}" if name else "The model's metadata"
    return finding(
        "class-names-unreadable",
        f"{what} can't be read: {why.rstrip('.')}.",
        hint="The classes' names are taken from the class information alone.",
    )
