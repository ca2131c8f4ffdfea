"""An HDF5 file as a tree of groups and datasets."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Tuple

from ..source import ByteSource
from . import headers, superblock
from .attributes import Attribute, dense_attributes, read_attribute
from .frame import Cursor, Frame
from .global_heap import GlobalHeap
from .links import dense_links, read_link, table_links
from .storage import Storage, read_storage
from .types import DataType, read_space, read_type


def is_hdf5(source: ByteSource) -> bool:
    """Whether the content is an HDF5 file, with or without a user block in front."""
    return superblock.find(source) is not None


class Hdf5File:
    """A file's root, and what all its nodes share.

    Parameters
    ----------
    source
        The file, or a part of another one.

    Raises
    ------
    ModelFileError
        When the superblock is damaged or the file is cut short.

    Examples
    --------
    >>> Hdf5File(source).root.child("model_weights")  # doctest: +SKIP
    """

    def __init__(self, source: ByteSource) -> None:
        found = superblock.read(source)
        self.frame: Frame = found.frame
        self.heap = GlobalHeap(found.frame)
        self.superblock_version = found.version
        self._nodes: Dict[int, Node] = {}
        self.root = self.node(found.root)

    def node(self, address: int) -> Node:
        """The object at an address, read once."""
        node = self._nodes.get(address)
        if node is None:
            node = self._nodes[address] = Node(self, address)
        return node


class Node:
    """A group or a dataset, read when first asked.

    Attributes
    ----------
    address
        Of its object header; unlike names, no two objects share one.
    """

    def __init__(self, file: Hdf5File, address: int) -> None:
        self._file = file
        self.address = address
        self._space: Optional[Cursor] = None
        self._type: Optional[headers.Message] = None
        self._layout: Optional[Cursor] = None
        self._filters: Optional[Cursor] = None
        self._tables: List[Cursor] = []
        self._link_infos: List[Cursor] = []
        self._links: List[Cursor] = []
        self._attribute_infos: List[Cursor] = []
        self._attributes: List[Cursor] = []
        self._children: Optional[Dict[str, int]] = None
        self._named: Optional[Dict[str, Attribute]] = None
        kept = {
            headers.SYMBOL_TABLE: self._tables,
            headers.LINK_INFO: self._link_infos,
            headers.LINK: self._links,
            headers.ATTRIBUTE_INFO: self._attribute_infos,
        }
        for message in headers.messages(file.frame, address):
            if message.kind == headers.ATTRIBUTE:
                if not message.shared:
                    self._attributes.append(message.body)
            elif message.kind == headers.DATATYPE:
                self._type = message
            elif message.kind == headers.DATASPACE and not message.shared:
                self._space = message.body
            elif message.kind == headers.LAYOUT and not message.shared:
                self._layout = message.body
            elif message.kind == headers.FILTERS and not message.shared:
                self._filters = message.body
            elif message.kind in kept and not message.shared:
                kept[message.kind].append(message.body)

    @property
    def is_group(self) -> bool:
        """Whether it has members rather than values."""
        return bool(self._tables or self._link_infos or self._links)

    @property
    def is_dataset(self) -> bool:
        """Whether it has values."""
        return self._space is not None and self._type is not None

    @property
    def shape(self) -> Optional[Tuple[int, ...]]:
        """The sizes of a dataset; None when it is none, or has no values."""
        if self._space is None:
            return None
        self._space.place = 0
        return read_space(self._space)

    @property
    def type(self) -> Optional[DataType]:
        """The type of a dataset's values."""
        if self._type is None:
            return None
        body = self._type.body
        body.place = 0
        return self._shared_type(body) if self._type.shared else read_type(body)

    @property
    def storage(self) -> Optional[Storage]:
        """Where a dataset's values lie; None where that is not known."""
        return None if self._layout is None else read_storage(self._layout, self._filters)

    def links(self) -> Dict[str, int]:
        """Names and addresses of a group's members, in the order in which the file has them."""
        if self._children is None:
            self._children = dict(self._all_links())
        return self._children

    def children(self) -> Iterator[Tuple[str, Node]]:
        """A group's members, each read as it is reached."""
        for name, address in self.links().items():
            yield name, self._file.node(address)

    def child(self, path: str) -> Optional[Node]:
        """The member at a path with slashes; None when there is none."""
        node: Optional[Node] = self
        for name in path.split("/"):
            if node is None or not name:
                continue
            address = node.links().get(name)
            node = None if address is None else self._file.node(address)
        return node

    def attribute(self, name: str) -> Optional[Attribute]:
        """The attribute of this name; None when there is none."""
        return self.attributes().get(name)

    def attributes(self) -> Dict[str, Attribute]:
        """All attributes by name."""
        if self._named is None:
            self._named = {item.name: item for item in self._all_attributes()}
        return self._named

    def _all_links(self) -> Iterator[Tuple[str, int]]:
        frame = self._file.frame
        for body in self._tables:
            yield from table_links(frame, body)
        for body in self._links:
            link = read_link(body)
            if link is not None:
                frame.spend_text(len(link[0]))
                yield link
        for body in self._link_infos:
            yield from dense_links(frame, body)

    def _all_attributes(self) -> Iterator[Attribute]:
        file = self._file
        for body in self._attributes:
            yield read_attribute(body, file.heap, self._shared_type)
        for info in self._attribute_infos:
            for body in dense_attributes(file.frame, info):
                yield read_attribute(body, file.heap, self._shared_type)

    def _shared_type(self, body: Cursor) -> DataType:
        """The type of a committed datatype, which is an object of its own.

        Chapter IV.A.1.b of the specification ("shared messages").
        """
        version = body.version(1, 2, 3)
        body.take(1)
        if version == 1:
            body.take(6 + body.frame.length_size)
        target = body.location()
        if target is not None:
            for message in headers.messages(body.frame, target):
                if message.kind == headers.DATATYPE and not message.shared:
                    return read_type(message.body)
        raise body.wrong("refers to a type that is not there")
