"""Darknet models: weights (.weights) and the configuration of the network (.cfg) beside them.

The weights are a header of version numbers and then 32-bit floats, layer by layer, without names
or sizes: ``load_weights_upto`` in src/parser.c of https://github.com/pjreddie/darknet . Only the
configuration tells what they mean.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import replace
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ...files.plain_files import is_plain
from ...findings import Finding, Place
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import counted, quoted
from ...network.lowering import Network
from ...network.value import Value
from ...wire.source import ByteSource
from ..companions import parts_of
from ..description import (
    ClassNames,
    Content,
    Evidence,
    ModelDescription,
    Tensor,
)
from ..network_ends import activation_of, padding_of
from ..registry import Match
from .config import Section, is_config, read_config
from .heads import DETECTORS, check_heads, classes_of, head_of, unknown_layers
from .layers import Layer, input_size
from .lowering import INPUT, KINDS, ends_of, lowered, name_of
from .names import names_beside
from .step import WeightsFile

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


def network_of(source: ByteSource) -> Network:
    """The network in ONNX's operators, detection layers as they come out of the layer before.

    Raises
    ------
    ModelFileError
        As :func:`read`.
    """
    if is_config(source):
        weights = _weights_beside(source.path)
        return lowered(read_config(source), None if weights is None else _weights(weights))[1]
    config = _config_beside(source.path)
    if config is None:
        raise ModelFileError(
            "network-weights-missing",
            f"The configuration of {quoted(source.path.name)} is missing: weights alone are no "
            "network.",
            hint=f"Put the .cfg that they were trained with beside them as "
            f"{_stem(source.path)}.cfg.",
            file=source.name,
        )
    with ByteSource(config) as beside:
        sections = read_config(beside)
    return lowered(sections, _weights(source.path))[1]


def _weights(path: Path) -> Optional[WeightsFile]:
    with ByteSource(path) as source:
        header = _header(source)
    return None if header is None else WeightsFile(path, header.length)


def _described(
    source: ByteSource,
    companions: Tuple[str, ...],
    sections: Optional[Sequence[Section]],
    header: Optional[_Header],
    size: int,
) -> ModelDescription:
    layers: Sequence[Layer] = ()
    inputs: Tuple[Tensor, ...] = ()
    outputs: Tuple[Tensor, ...] = ()
    padding = None
    if sections is not None:
        layers, network = lowered(sections)
        inputs, outputs, padding = _ends_told(sections, layers, network)
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
        findings += unknown_layers(config, layers, KINDS)
    classes = (
        {sections[at + 1].whole("classes", 0) for at in ends_of(sections)} if sections else set()
    )
    classes -= {0}
    named: Optional[Tuple[str, ClassNames]] = None
    if sections is not None:
        named = names_beside(source.path, companions, classes.pop() if len(classes) == 1 else None)
    files, missing = parts_of(source, companions if named is None else (*companions, named[0]))
    return ModelDescription(
        format="darknet",
        framework="Darknet",
        framework_version=None if header is None else ".".join(map(str, header.version)),
        inputs=inputs,
        outputs=outputs,
        parameters=held,
        padding=padding,
        files=files,
        missing_files=missing,
        class_names=() if named is None else (named[1],),
        detector=None if sections is None else head_of(sections[0], layers),
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


def _ends_told(
    sections: Sequence[Section], layers: Sequence[Layer], network: Network
) -> Tuple[Tuple[Tensor, ...], Tuple[Tensor, ...], Optional[int]]:
    """Inputs and outputs, which have no names in Darknet, and the border that is cropped."""
    image = replace(_input(sections[0]), name=INPUT)
    outputs = [
        replace(_output(layers[at], network.values[name]), name=name)
        for at, name in ((at, name_of(sections, at)) for at in ends_of(sections))
    ]
    padding = padding_of([image], outputs, network.values)
    nameless = tuple(replace(output, name=None) for output in outputs)
    return (replace(image, name=None),), nameless, padding


def _input(net: Section) -> Tensor:
    size = input_size(net)
    if size is None:
        return Tensor(None, data_type="float32")
    return Tensor(None, (None, *size), "NCHW", "float32", Evidence.DECLARED)


def _output(layer: Layer, value: Value) -> Tensor:
    section = layer.section
    if section.kind in DETECTORS:
        # The channels hold boxes and scores in turn, not classes.
        classes, content = classes_of(section), Content.RAW_DETECTOR_HEAD
        if layer.size is None:
            return Tensor(None, data_type="float32", class_count=classes, content=content)
        return Tensor(
            None,
            value.shape,
            "N?HW" if section.kind != "detection" else "N?",
            "float32",
            Evidence.INFERRED,
            class_count=classes,
            content=content,
        )
    activation = activation_of(value.meaning)
    if layer.size is None:
        return Tensor(None, data_type="float32", activation=activation)
    axes = "NC" if layer.size[1:] == (1, 1) else "NCHW"
    return Tensor(None, value.shape, axes, "float32", Evidence.INFERRED, activation=activation)


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
