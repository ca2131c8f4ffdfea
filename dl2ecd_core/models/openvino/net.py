"""The XML of an IR as layers and edges, read as a stream in bounded memory.

No tree is built, so memory depends on the layers alone. A document type definition, which only
attacks on XML readers bring along, ends the reading before anything in it is looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Tuple
from xml.parsers import expat

from ...findings.errors import ModelFileError
from ...network.names import operators
from ...wire.source import ByteSource
from ...wire.xml import XmlError, parse_xml
from ..description import Dims

#: XML files larger than this are refused: 20 000 layers need less.
LARGEST_XML = 16 * 1024 * 1024
MOST_LAYERS = 20_000
MOST_EDGES = 100_000
MOST_ELEMENTS = 500_000
MOST_ENDS = 1000
DEEPEST = 64
LARGEST_RANK = 32
_PIECE = 256 * 1024
_LONGEST_NOTE = 4096
_LONGEST_SHAPE = 4096
_MOST_NOTES = 256
_NUMBER = re.compile(r"-?\d{1,18}")


@dataclass
class Port:
    """An output of a layer."""

    id: str
    precision: str
    names: Tuple[str, ...]
    dims: List[Optional[int]] = field(default_factory=list)

    @property
    def shape(self) -> Dims:
        """Dimensions, None where free."""
        return tuple(self.dims)


@dataclass
class Layer:
    """A layer with what is needed of its attributes."""

    id: str
    name: str
    type: str
    version: str
    precision: str
    output_names: Tuple[str, ...] = ()
    ports: List[Port] = field(default_factory=list)
    numbers: Dict[str, int] = field(default_factory=dict)
    data: Dict[str, str] = field(default_factory=dict)
    layout: str = ""


@dataclass
class Net:
    """The whole graph.

    Attributes
    ----------
    weights_end
        Where the last weights end in the .bin; 0 when none lie in there.
    notes
        Values of conversion parameters.
    """

    version_text: str = ""
    version: int = 0
    layers: Dict[str, Layer] = field(default_factory=dict)
    edges: List[Tuple[str, str, str, str]] = field(default_factory=list)
    weights_end: int = 0
    producer: Optional[str] = None
    labels: str = ""
    notes: List[str] = field(default_factory=list)


_KEPT = operators(
    "shape element_type offset size axis type order mode strides dilations pads_begin pads_end "
    "auto_pad kernel rounding_type output_padding pad_mode auto_broadcast special_zero keep_dims "
    "transpose_a transpose_b destination_type batch_dims block_size axes align_corners antialias "
    "coordinate_transformation_mode nearest_mode shape_calculation_mode begin_mask end_mask "
    "new_axis_mask shrink_axis_mask ellipsis_mask"
)
#: Of a longer attribute, such as a list of numbers, the rest is cut off.
LONGEST_ATTRIBUTE = 256


def parse(source: ByteSource) -> Net:
    """The graph in an XML file.

    Raises
    ------
    ModelFileError
        ``model-damaged`` with the place of a syntax error, ``model-unsupported`` for a document
        type definition, ``model-too-complex`` beyond the limits above.
    """
    if source.size > LARGEST_XML:
        raise _too_complex(source, f"an XML file of {source.size} bytes", LARGEST_XML)
    builder = _Builder(source)
    pieces = (
        source.read(offset, min(_PIECE, source.size - offset))
        for offset in range(0, source.size, _PIECE)
    )
    try:
        parse_xml(pieces, builder)
    except XmlError as error:
        raise source.damaged(
            error.offset,
            f"'{source.name}' is broken XML: {error.reason} in line {error.line}, column "
            f"{error.column}.",
        ) from error
    return builder.net


def _too_complex(source: ByteSource, what: str, most: int) -> ModelFileError:
    return ModelFileError(
        "model-too-complex",
        f"The OpenVINO model has {what}; at most {most} are read.",
        file=source.name,
    )


class _Builder:
    """Takes in the parser's events."""

    def __init__(self, source: ByteSource) -> None:
        self.net = Net()
        self.source = source
        self.parser = expat.ParserCreate()
        self._path: List[str] = []
        self._layer = Layer("", "", "", "", "")
        self._dims: List[Optional[int]] = []
        self._texts: List[str] = []
        self._ends = 0
        self._inside = 0
        self._elements = 0

    def doctype(self, *_: object) -> None:
        """Refuse a document type definition."""
        raise ModelFileError(
            "model-unsupported",
            f"'{self.source.name}' brings a document type definition; OpenVINO writes none, and "
            "attacks on XML readers need one.",
            hint="Convert the model again, or fetch it from a source that you trust.",
            file=self.source.name,
        )

    def start(self, tag: str, attributes: Dict[str, str]) -> None:
        """An element begins."""
        path = self._path
        path.append(tag)
        depth = len(path)
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise _too_complex(self.source, "more elements than usual", MOST_ELEMENTS)
        if depth > DEEPEST:
            raise _too_complex(self.source, f"elements {depth} levels deep", DEEPEST)
        if depth == 1:
            self._start_net(attributes)
        elif depth == 2:
            return
        elif path[1] == "layers":
            if depth == 3 and tag == "layer":
                self._start_layer(attributes)
            elif depth > 3 and path[2] == "layer":
                self._inside_layer(depth, tag, attributes)
        elif path[1] == "edges":
            if tag == "edge":
                self._edge(attributes)
        elif path[1] in ("rt_info", "meta_data") and "value" in attributes:
            self._note(tag, attributes)

    def end(self, _: str) -> None:
        """An element ends."""
        self._path.pop()

    # Most elements are ports and their sizes: those of inputs are passed over, those of outputs
    # are taken in as text, so that only the shortest of handlers run for each of them.

    def _go_inside(
        self, start: Callable[[str, Dict[str, str]], None], end: Callable[[str], None]
    ) -> None:
        self._inside = 1
        self.parser.StartElementHandler = start
        self.parser.EndElementHandler = end

    def _deeper(self, _: str, __: Dict[str, str]) -> None:
        self._inside += 1
        if self._inside > DEEPEST:
            raise _too_complex(self.source, f"elements {DEEPEST} levels deep", DEEPEST)

    def _deeper_in_port(self, tag: str, attributes: Dict[str, str]) -> None:
        self._deeper(tag, attributes)
        if tag == "attribute":
            self._layout(attributes)

    def _end_inside_input(self, _: str) -> None:
        self._inside -= 1
        if not self._inside:
            self._come_back()

    def _end_inside_port(self, _: str) -> None:
        self._inside -= 1
        if self._inside and len(self._texts) <= _LONGEST_SHAPE:
            return
        self.parser.CharacterDataHandler = None
        sizes = " ".join(self._texts)[:_LONGEST_SHAPE].split()
        self._texts.clear()
        if len(sizes) > LARGEST_RANK:
            raise _too_complex(self.source, "more dimensions than usual", LARGEST_RANK)
        self._dims.extend(_size(size) for size in sizes)
        self._come_back()

    def _come_back(self) -> None:
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self._path.pop()

    def _start_net(self, attributes: Dict[str, str]) -> None:
        self.net.version_text = attributes.get("version", "")
        self.net.version = _whole(self.net.version_text)

    def _start_layer(self, attributes: Dict[str, str]) -> None:
        if len(self.net.layers) >= MOST_LAYERS:
            raise _too_complex(self.source, "more layers than usual", MOST_LAYERS)
        self._layer = Layer(
            id=attributes.get("id", ""),
            name=attributes.get("name", ""),
            type=attributes.get("type", ""),
            version=attributes.get("version", ""),
            precision=attributes.get("precision", ""),
            output_names=_names(attributes.get("output_names", "")),
        )
        if self._layer.type in ("Parameter", "Result", "Input"):
            self._ends += 1
            if self._ends > MOST_ENDS:
                raise _too_complex(self.source, "more inputs and outputs than usual", MOST_ENDS)
        self.net.layers[self._layer.id] = self._layer

    def _inside_layer(self, depth: int, tag: str, attributes: Dict[str, str]) -> None:
        layer, path = self._layer, self._path
        if depth == 4:
            if tag in ("weights", "biases"):
                self._weights(attributes)
            elif tag == "data" or tag.endswith("_data"):
                layer.data = {
                    key: attributes[key][:LONGEST_ATTRIBUTE] for key in _KEPT if key in attributes
                }
                if layer.type == "Const":
                    self._weights(attributes)
            elif tag == "input":
                self._go_inside(self._deeper, self._end_inside_input)
        elif depth == 5:
            if tag == "port" and path[3] == "output":
                self._start_port(layer, attributes)
            elif path[3] == "blobs":
                self._weights(attributes)
            elif tag == "attribute":
                # Where the first versions with layouts wrote them; now they stand in the port.
                self._layout(attributes)

    def _layout(self, attributes: Dict[str, str]) -> None:
        if attributes.get("name") == "layout":
            self._layer.layout = attributes.get("layout", "")[:64]

    def _start_port(self, layer: Layer, attributes: Dict[str, str]) -> None:
        layer.numbers.setdefault(attributes.get("id", ""), len(layer.ports))
        layer.ports.append(
            Port(
                attributes.get("id", ""),
                attributes.get("precision", ""),
                _names(attributes.get("names", "")),
            )
        )
        self._dims = layer.ports[-1].dims
        self._go_inside(self._deeper_in_port, self._end_inside_port)
        self.parser.CharacterDataHandler = self._texts.append

    def _weights(self, attributes: Dict[str, str]) -> None:
        offset, size = _whole(attributes.get("offset", "")), _whole(attributes.get("size", ""))
        if size > 0:
            self.net.weights_end = max(self.net.weights_end, offset + size)

    def _edge(self, attributes: Dict[str, str]) -> None:
        if len(self.net.edges) >= MOST_EDGES:
            raise _too_complex(self.source, "more edges than usual", MOST_EDGES)
        self.net.edges.append(
            (
                attributes.get("from-layer", ""),
                attributes.get("from-port", ""),
                attributes.get("to-layer", ""),
                attributes.get("to-port", ""),
            )
        )

    def _note(self, tag: str, attributes: Dict[str, str]) -> None:
        value = attributes["value"]
        net, path = self.net, self._path
        if path[2:] == ["model_info", "labels"]:
            net.labels = value
        elif tag in ("Runtime_version", "MO_version") and len(path) == 3:
            if net.producer is None:
                net.producer = value[:128] or None
        elif tag == "info" and attributes.get("name") == "OpenVINO Runtime":
            net.producer = value[:128] or None
        elif len(net.notes) < _MOST_NOTES:
            net.notes.append(value[:_LONGEST_NOTE])


def _names(text: str) -> Tuple[str, ...]:
    """Tensor names: separated by commas, those inside a name written with a backslash."""
    if not text:
        return ()
    parts = re.split(r"(?<!\\),", text)
    return tuple(part.replace("\\,", ",") for part in parts if part)


def _whole(text: str) -> int:
    """A whole number; -1 for anything else."""
    text = text.strip()
    return int(text) if _NUMBER.fullmatch(text) else -1


def _size(text: str) -> Optional[int]:
    size = _whole(text)
    return size if size >= 0 else None
