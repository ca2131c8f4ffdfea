"""XML as a stream of events, read by expat within limits.

No tree is built, so memory depends on what the caller keeps. Nothing outside the text is fetched,
entities of a document's own are refused before they are expanded, and the numbers of elements and
levels are bounded. The text is taken as UTF-8 whatever it declares: other encodings could hide what
the checks look for, so who reads them decodes first.
"""

from __future__ import annotations

from typing import (
    Callable,
    Dict,
    FrozenSet,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Protocol,
    Tuple,
)  # fmt: skip
from xml.parsers import expat

from ..findings.wording import printable

#: Most elements in a file; 65,536 classes with five fields each are fewer.
MOST_ELEMENTS = 500_000
DEEPEST = 64
#: Of one element's text so much is kept.
LONGEST_TEXT = 64 * 1024
_PIECE = 256 * 1024

Start = Callable[[str, Dict[str, str]], None]
End = Callable[[str], None]


class XmlError(Exception):
    """A text is no XML, or not one that is read.

    Attributes
    ----------
    reason
        In words: "mismatched tag".
    line, column
        Counted from 1.
    offset
        Byte in the text.
    """

    def __init__(self, reason: str, line: int, column: int, offset: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column
        self.offset = offset


class EntitiesDeclared(Exception):
    """A document type declares entities."""


class TooMuch(Exception):
    """More elements or levels than are read; says which."""


class Handler(Protocol):
    """Who takes in the events; may exchange the parser's handlers while it runs."""

    parser: expat.XMLParserType

    def start(self, tag: str, attributes: Dict[str, str]) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def doctype(self, *_: object) -> None:
        """A document type definition begins; may raise."""


def parse_xml(pieces: Iterable[bytes], handler: Handler) -> None:
    """Feed a text in UTF-8, piece by piece, to a handler.

    Raises
    ------
    XmlError
        When it is not well-formed.
    EntitiesDeclared
        When it declares entities of its own.
    """
    for _ in _fed(pieces, handler):
        pass


def _fed(pieces: Iterable[bytes], handler: Handler) -> Iterator[None]:
    """The same, with a pause after each piece."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = handler.doctype
    parser.EntityDeclHandler = _refuse_entity
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    handler.parser = parser
    try:
        for piece in pieces:
            parser.Parse(piece, False)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        reason = printable(expat.ErrorString(error.code) or "it breaks off")
        offset = max(0, parser.ErrorByteIndex)
        raise XmlError(reason, error.lineno, error.offset + 1, offset) from error


def _refuse_entity(*_: object) -> None:
    raise EntitiesDeclared


class Element(NamedTuple):
    """An element that ended, or that has just begun.

    Attributes
    ----------
    path
        Names from the root down to it, without prefixes.
    attributes
        By their names, without prefixes.
    text
        What stood in it directly.
    begins
        Whether it only begins: attributes are there, the text is not.
    """

    path: Tuple[str, ...]
    attributes: Dict[str, str]
    text: str = ""
    begins: bool = False

    @property
    def tag(self) -> str:
        """Its name."""
        return self.path[-1]

    @property
    def parent(self) -> str:
        """The name of the element around it; empty for the root."""
        return self.path[-2] if len(self.path) > 1 else ""

    def get(self, name: str) -> Optional[str]:
        """An attribute."""
        return self.attributes.get(name)


class _Elements:
    """Collects elements between two pieces of the text."""

    def __init__(self, begins: FrozenSet[str]) -> None:
        self.parser: expat.XMLParserType = expat.ParserCreate()
        self.ready: List[Element] = []
        self._begins = begins
        self._count = 0
        self._paths: List[Tuple[str, ...]] = [()]
        self._open: List[Tuple[Dict[str, str], List[str]]] = []

    def doctype(self, *_: object) -> None:
        """Taken without looking at it: QGIS writes one, and nothing of it is fetched."""

    def start(self, tag: str, attributes: Dict[str, str]) -> None:
        """An element begins."""
        self._count += 1
        if self._count > MOST_ELEMENTS:
            raise TooMuch(f"more than {MOST_ELEMENTS} elements")
        if len(self._paths) > DEEPEST:
            raise TooMuch(f"elements more than {DEEPEST} levels deep")
        path = (*self._paths[-1], _local(tag))
        self._paths.append(path)
        if any(":" in name for name in attributes):
            attributes = {_local(name): value for name, value in attributes.items()}
        texts: List[str] = []
        self._open.append((attributes, texts))
        self.parser.CharacterDataHandler = texts.append
        if path[-1] in self._begins:
            self.ready.append(Element(path, attributes, begins=True))

    def end(self, _: str) -> None:
        """An element ends."""
        attributes, texts = self._open.pop()
        self.ready.append(Element(self._paths.pop(), attributes, "".join(texts)[:LONGEST_TEXT]))
        self.parser.CharacterDataHandler = self._open[-1][1].append if self._open else None


def elements(data: bytes, begins: FrozenSet[str] = frozenset()) -> Iterator[Element]:
    """The elements of a text in UTF-8 when they end, so that children come before their parents.

    Parameters
    ----------
    begins
        Names of elements that are wanted when they begin, too.

    Raises
    ------
    XmlError, EntitiesDeclared, TooMuch
        As :func:`parse_xml`, and beyond the limits above.

    Examples
    --------
    >>> [(one.path, one.text) for one in elements(b"<a><b>c</b></a>")]
    [(('a', 'b'), 'c'), (('a',), '')]
    """
    handler = _Elements(begins)
    pieces = (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))
    for _ in _fed(pieces, handler):
        yield from handler.ready
        handler.ready.clear()
    yield from handler.ready


def _local(name: str) -> str:
    """A name without its prefix."""
    return name.rsplit(":", 1)[-1]
