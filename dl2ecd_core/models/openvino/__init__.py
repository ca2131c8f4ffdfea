"""OpenVINO's intermediate representation: an .xml with the graph, a .bin with the weights.

IR 10 and 11: https://docs.openvino.ai/2024/documentation/openvino-ir-format.html ; names are what
``ov.Model.inputs``/``outputs`` report. Older versions (2 to 7, until 2020) have "Input" layers and
no "Result" ones; their outputs are the ports that nothing is connected to.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Optional, Tuple

from ...findings import Finding
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import counted, listed, quoted
from ...wire.source import ByteSource
from ..companions import parts_of
from ..description import (
    ClassNames,
    Evidence,
    ModelDescription,
    ModelPart,
    Tensor,
)
from ..network_ends import with_meaning
from ..registry import Match
from .graph import Graph, Made
from .net import Layer, Net, Port, parse

# Blanks and comments can be matched in one way only: otherwise a long row of them would be tried in
# every way.
_PROLOG = re.compile(rb"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:[^-]|-(?!->))*-->\s*)*<net[\s>]")
_OLD = range(2, 8)
#: Versions since which layers are OpenVINO's operations.
NEW_VERSIONS = (10, 11)
#: Sets of operations that OpenVINO itself has; anything else needs an extension library.
OWN_OPSETS = re.compile(r"opset\d+|type_relaxed_opset|ie_internal_opset|util")
_PATH = re.compile(r"(?:^|[\s'\"=,(\[])(/[^/\s'\",]+/[^\s'\",]+|[A-Za-z]:\\[^'\",]+)")
#: The files of a model, and the names of those that are missing.
Files = Tuple[Tuple[ModelPart, ...], Tuple[str, ...]]
_DATA_TYPES = {
    "f16": "float16",
    "fp16": "float16",
    "f32": "float32",
    "fp32": "float32",
    "f64": "float64",
    "fp64": "float64",
    "bf16": "bfloat16",
    "boolean": "bool",
    "bool": "bool",
    "string": "str",
}


def recognise(source: ByteSource) -> Match:
    """Whether the file is XML whose root element is a net of layers."""
    start = source.read_up_to(0, 4096)
    if start.startswith(b"\xef\xbb\xbf"):
        start = start[3:]
    if not _PROLOG.match(start):
        return Match.NO
    return Match.SURE if b"<layers" in source.read_up_to(0, 65536) else Match.MAYBE


def read(source: ByteSource) -> ModelDescription:
    """What an OpenVINO IR says about itself.

    Raises
    ------
    ModelFileError
        ``model-damaged`` where the XML is broken, ``model-unsupported`` for an unknown IR version
        or a document type definition, ``model-too-complex`` beyond the reader's limits.
    """
    net, graph, (files, missing) = net_and_graph(source)
    return ModelDescription(
        format="openvino-ir",
        framework="OpenVINO",
        producer=f"OpenVINO {net.producer}" if net.producer else None,
        framework_version=net.producer,
        inputs=tuple(_inputs(net, graph)),
        outputs=tuple(_outputs(net, graph)),
        files=files,
        missing_files=missing,
        class_names=_class_names(net),
        findings=tuple(_findings(source, net, files)),
    )


def net_and_graph(source: ByteSource) -> Tuple[Net, Graph, Files]:
    """A net, its graph, its files and the names of those that are missing.

    Raises
    ------
    ModelFileError
        As for :func:`read`.
    """
    net = parse(source)
    if net.version not in _OLD and net.version not in NEW_VERSIONS:
        raise ModelFileError(
            "model-unsupported",
            f"'{source.name}' is an OpenVINO IR of version {quoted(net.version_text)}; versions "
            "2 to 7, 10 and 11 are known.",
            hint="Convert the model again with a current OpenVINO.",
            file=source.name,
        )
    weights = source.path.stem + ".bin"
    holds_weights = net.weights_end > 0
    files, missing = parts_of(source, [weights])
    if missing and not holds_weights:
        missing = ()
    graph = Graph(net, files[1].location if len(files) > 1 else None)
    return net, graph, (files, missing)


def ends_of(net: Net, graph: Graph) -> Iterator[Made]:
    """The layers' outputs that are the net's."""
    if net.version in _OLD:
        yield from graph.open_ends()
        return
    for result in net.layers.values():
        made = graph.maker(result, 0) if result.type == "Result" else None
        if made is not None:
            yield made


def _inputs(net: Net, graph: Graph) -> Iterator[Tensor]:
    for layer in net.layers.values():
        if layer.type not in ("Parameter", "Input") or not layer.ports:
            continue
        port = layer.ports[0]
        names = list(port.names)
        if net.version <= 10:
            # The readers of these versions add the layer's name to those of its tensor.
            names.append(layer.name)
        yield _tensor(min(names) if names else None, layer, port, graph.input_axes(layer))


def _outputs(net: Net, graph: Graph) -> Iterator[Tensor]:
    if net.version in _OLD:
        for layer, index in graph.open_ends():
            name = layer.name if len(layer.ports) == 1 else f"{layer.name}.{index}"
            yield _output(name, layer, index, graph)
        return
    for result in net.layers.values():
        if result.type != "Result":
            continue
        made = graph.maker(result, 0)
        if made is None:
            yield Tensor(min(result.output_names) if result.output_names else None)
            continue
        layer, index = made
        names = list(layer.ports[index].names)
        if net.version == 10:
            names.append(layer.name if len(layer.ports) == 1 else f"{layer.name}.{index}")
        elif result.output_names:
            names = list(result.output_names)
        yield _output(min(names) if names else None, layer, index, graph)


def _output(name: Optional[str], layer: Layer, index: int, graph: Graph) -> Tensor:
    tensor = _tensor(name, layer, layer.ports[index], graph.output_axes(layer, index))
    return with_meaning(tensor, graph.meaning(layer, index))


def _tensor(name: Optional[str], layer: Layer, port: Port, axes: str) -> Tensor:
    # A scalar and a tensor of unknown rank look alike, but for what a Parameter says of itself.
    is_scalar = layer.type == "Parameter" and layer.data.get("shape") == ""
    shape = port.shape if port.dims or is_scalar else None
    return Tensor(
        name,
        shape,
        axes if shape is not None else None,
        data_type_of(port.precision or layer.precision),
        None if shape is None else Evidence.DECLARED,
    )


def data_type_of(text: str) -> Optional[str]:
    """NumPy's name of an element type."""
    short = text.lower()
    if short in _DATA_TYPES:
        return _DATA_TYPES[short]
    whole = re.fullmatch(r"([iu])(8|16|32|64)", short)
    if whole:
        return f"{'int' if whole.group(1) == 'i' else 'uint'}{whole.group(2)}"
    return short if re.fullmatch(r"[a-z][a-z0-9]{1,9}", short) and short != "dynamic" else None


def _class_names(net: Net) -> Tuple[ClassNames, ...]:
    # OpenVINO's Model API separates labels by spaces and writes blanks in them as underscores.
    names = tuple(net.labels.split()) if net.labels else ()
    return (ClassNames(names, "model information 'labels'"),) if names else ()


def _findings(source: ByteSource, net: Net, files: Tuple[ModelPart, ...]) -> Iterator[Finding]:
    own: List[str] = sorted(
        {
            layer.type
            for layer in net.layers.values()
            if layer.version and not OWN_OPSETS.fullmatch(layer.version)
        }
    )
    if own:
        yield finding(
            "model-runs-own-code",
            f"The model uses operations that are not OpenVINO's own: {listed(own)}.",
            hint="It runs only with its author's extension library; load that only if you trust "
            "where it comes from.",
        )
    if len(files) > 1 and net.weights_end > files[1].size:
        yield finding(
            "model-damaged",
            f"The weights should reach to byte {net.weights_end} of {quoted(files[1].path)}, which "
            f"has {counted(files[1].size, 'byte')}.",
            hint="The .xml and the .bin do not belong together, or the .bin is cut short: fetch "
            "both again.",
        )
    paths = sorted({path for value in net.notes for path in _PATH.findall(value)})
    if paths:
        yield finding(
            "model-local-paths",
            f"The model names files of the machine it was converted on: {listed(paths, most=3)}.",
            hint="Take them out of its rt_info if they should not be passed on.",
        )
