"""Darknet models: weights (.weights) and the configuration of the network (.cfg) beside them.

The weights are a header of version numbers and then 32-bit floats, layer by layer, without names
or sizes: ``load_weights_upto`` in src/parser.c of https://github.com/pjreddie/darknet . Only the
configuration tells what they mean.
"""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ...files.plain_files import is_plain
from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import counted, quoted
from ...wire.source import ByteSource
from ..companions import parts_of
from ..description import (
    Activation,
    ClassNames,
    Content,
    Evidence,
    ModelDescription,
    Tensor,
)
from ..registry import Match
from .config import Section, is_config, read_config
from .heads import DETECTORS, check_heads, classes_of, head_of, unknown_layers
from .layers import Layer, input_size, walk
from .names import names_beside

# Versions that published Darknet programs write.
_WRITTEN = ((0, 1, 0), (0, 2, 0), (0, 2, 5))
_MOST_SEEN = 1 << 40
_FLOATS_LOOKED_AT = 256
_LARGEST_FLOAT = 1e6
# What training adds to the name of its configuration.
_TRAINED = re.compile(r"(.+?)_(final|best|last|\d{3,8})")
_MOST_FILES_LOOKED_AT = 2000


class _Header(NamedTuple):
    version: Tuple[int, int, int]
    length: int
    seen: int


def recognise(source: ByteSource) -> Match:
    """Whether the file is a configuration, or may be weights: those have no mark of their own."""
    if is_config(source):
        return Match.SURE
    header = _header(source)
    if header is None:
        return Match.NO
    if _config_beside(source.path) is not None:
        return Match.MAYBE
    return (
        Match.MAYBE if header.version in _WRITTEN and _looks_trained(source, header) else Match.NO
    )


def read(source: ByteSource) -> ModelDescription:
    """What a Darknet model says about itself.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when the configuration or the header of the weights makes no sense.
    """
    if is_config(source):
        return _read_config(source)
    header = _header(source)
    if header is None:
        raise source.damaged(0, f"'{source.name}' does not begin as Darknet weights do.")
    config = _config_beside(source.path)
    if config is None:
        return _described(source, (f"{_stem(source.path)}.cfg",), None, header, source.size)
    with ByteSource(config) as beside:
        sections = read_config(beside)
    return _described(source, (config.name,), sections, header, source.size)


def _read_config(source: ByteSource) -> ModelDescription:
    sections = read_config(source)
    weights = _weights_beside(source.path)
    if weights is None:
        return _described(source, (f"{source.path.stem}.weights",), sections, None, 0)
    with ByteSource(weights) as beside:
        header = _header(beside)
        if header is None:
            raise beside.damaged(0, f"'{weights.name}' does not begin as Darknet weights do.")
        return _described(source, (weights.name,), sections, header, beside.size)


def _described(
    source: ByteSource,
    companions: Tuple[str, ...],
    sections: Optional[Sequence[Section]],
    header: Optional[_Header],
    size: int,
) -> ModelDescription:
    layers = walk(sections) if sections is not None else []
    ends = list(_ends(layers))
    held = None if header is None else (size - header.length) // 4
    findings: List[Finding] = []
    if sections is None:
        findings.append(_nothing_known(source))
    elif held is not None:
        findings += _fit(source, layers, held)
    if sections is not None:
        # The companion of weights is the configuration, that of a configuration the weights.
        beside = source.path.with_name(companions[0])
        config = str(beside) if beside.suffix == ".cfg" else source.name
        findings += check_heads(config, sections, layers)
        findings += unknown_layers(config, layers)
    classes = {layer.section.whole("classes", 0) for layer in ends} - {0}
    named: Optional[Tuple[str, ClassNames]] = None
    if sections is not None:
        named = names_beside(source.path, companions, classes.pop() if len(classes) == 1 else None)
    files, missing = parts_of(source, companions if named is None else (*companions, named[0]))
    return ModelDescription(
        format="darknet",
        framework="Darknet",
        framework_version=None if header is None else ".".join(map(str, header.version)),
        inputs=() if sections is None else (_input(sections[0]),),
        outputs=tuple(_output(layer) for layer in ends),
        parameters=held,
        files=files,
        missing_files=missing,
        class_names=() if named is None else (named[1],),
        detector=head_of(layers),
        findings=tuple(findings),
    )


def _header(source: ByteSource) -> Optional[_Header]:
    """The version numbers at the start; None when they are none that Darknet may have written."""
    if source.size < 20:
        return None
    major, minor, revision = source.unpack("<3i", 0)
    if major != 0 or not 1 <= minor <= 9 or not 0 <= revision <= 9:
        return None
    wide = major * 10 + minor >= 2
    (seen,) = source.unpack("<Q" if wide else "<I", 12)
    length = 20 if wide else 16
    if seen > _MOST_SEEN or (source.size - length) % 4 or source.size <= length:
        return None
    return _Header((major, minor, revision), length, seen)


def _looks_trained(source: ByteSource, header: _Header) -> bool:
    """Whether the first values could be biases and weights: finite, moderate, not all alike."""
    count = min(_FLOATS_LOOKED_AT, (source.size - header.length) // 4)
    raw = source.read(header.length, 4 * count)
    values = struct.unpack(f"<{count}f", raw)
    return (
        count == _FLOATS_LOOKED_AT
        and all(math.isfinite(value) and abs(value) < _LARGEST_FLOAT for value in values)
        and len(set(values)) > count // 4
        and all(value == 0 or abs(value) > 1e-30 for value in values)
    )


def _stem(path: Path) -> str:
    return path.name[: -len(".weights")] if path.name.endswith(".weights") else path.stem


def _config_beside(path: Path) -> Optional[Path]:
    """The configuration with the name of the weights, or with the name before training."""
    stem = _stem(path)
    trained = _TRAINED.fullmatch(stem)
    for name in (stem, trained.group(1) if trained else stem):
        config = path.parent / f"{name}.cfg"
        if is_plain(config):
            return config
    return None


def _weights_beside(path: Path) -> Optional[Path]:
    """The weights with the name of the configuration, the finished ones first."""
    same = path.with_name(f"{path.stem}.weights")
    if is_plain(same):
        return same
    found: List[Tuple[int, int, str]] = []
    order = {"final": 3, "best": 2, "last": 1}
    for index, other in enumerate(path.parent.iterdir()):
        if index > _MOST_FILES_LOOKED_AT:
            break
        match = _TRAINED.fullmatch(other.stem) if other.suffix == ".weights" else None
        if match and match.group(1) == path.stem and is_plain(other):
            kind = match.group(2)
            found.append((order.get(kind, 0), int(kind) if kind.isdecimal() else 0, other.name))
    return path.parent / max(found)[2] if found else None


def _ends(layers: Sequence[Layer]) -> Iterator[Layer]:
    """Detection layers; without any, the last layer that is not only for training."""
    detectors = [layer for layer in layers if layer.section.kind in DETECTORS]
    if detectors:
        yield from detectors
        return
    for layer in reversed(layers):
        if layer.section.kind not in ("cost", "sse", "dropout"):
            yield layer
            return


def _input(net: Section) -> Tensor:
    size = input_size(net)
    if size is None:
        return Tensor(None, data_type="float32")
    return Tensor(None, (None, *size), "NCHW", "float32", Evidence.DECLARED)


def _output(layer: Layer) -> Tensor:
    kind = layer.section.kind
    if kind in DETECTORS:
        # The channels hold boxes and scores in turn, not classes.
        classes, content = classes_of(layer.section), Content.RAW_DETECTOR_HEAD
        if layer.size is None:
            return Tensor(None, data_type="float32", class_count=classes, content=content)
        return Tensor(
            None,
            (None, *layer.size) if kind != "detection" else (None, layer.size[0]),
            "N?HW" if kind != "detection" else "N?",
            "float32",
            Evidence.INFERRED,
            class_count=classes,
            content=content,
        )
    activation = _activation(layer.section)
    if layer.size is None:
        return Tensor(None, data_type="float32", activation=activation)
    is_row = layer.size[1:] == (1, 1)
    return Tensor(
        None,
        (None, layer.size[0]) if is_row else (None, *layer.size),
        "NC" if is_row else "NCHW",
        "float32",
        Evidence.INFERRED,
        activation=activation,
    )


def _activation(section: Section) -> Optional[Activation]:
    if section.kind in ("softmax", "soft"):
        return Activation.SOFTMAX
    if section.kind == "logistic" or section.options.get("activation") == "logistic":
        return Activation.SIGMOID
    return Activation.NONE if section.options.get("activation") == "linear" else None


def _fit(source: ByteSource, layers: Sequence[Layer], held: int) -> List[Finding]:
    """Whether the weights are as many as the layers need."""
    needed = 0
    for layer in layers:
        if layer.weights is None:
            return []
        needed += layer.weights
    if held == needed:
        return []
    what = (
        f"The layers of the configuration need {counted(needed, 'weight')}; the weights file has "
        f"{held}."
    )
    hint = "Put the .cfg that the weights were trained with beside them, or fetch both again."
    rule = "model-damaged" if held < needed else "model-parts-differ"
    return [finding(rule, what, hint=hint, where=Place(file=source.name))]


def _nothing_known(source: ByteSource) -> Finding:
    return finding(
        "model-shape-unknown",
        f"Darknet weights alone don't tell bands, classes or sizes; the .cfg of "
        f"{quoted(source.path.name)} is missing.",
        hint=f"Put the .cfg that they were trained with beside them as {_stem(source.path)}.cfg.",
        where=Place(file=source.name),
    )
