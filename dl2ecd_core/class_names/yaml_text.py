"""YAML through PyYAML, imported on first use, within limits.

A document is only composed, by the safe loader's rules, and taken in as texts, whole numbers, lists
and dictionaries: no tag constructs anything, and a class called "no" stays a name (YAML 1.1 has it
for false, https://yaml.org/type/bool.html). Aliases, with which a few lines grow to gigabytes, are
bounded like everything else.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Union

from ..findings.wording import given_twice
from .named import NamedClasses
from .structures import classes_of

#: Longer texts are not read as YAML.
LONGEST_YAML = 1 << 20
MOST_NODES = 300_000
MOST_ALIASES = 50
DEEPEST = 32

Yaml = Union[str, int, List[Any], Dict[Any, Any]]

_START = re.compile(r"(?:\s*(?:#[^\n]*|---[^\n]*|%YAML[^\n]*)\n)*\s*")
_FIRST = re.compile(r"[\w.-]+[ \t]*:(?:\s|$)|['\"][^'\"\n]*['\"]\s*:|- |[{\[]")


class YamlMissing(Exception):
    """PyYAML is not installed."""


class YamlUnreadable(Exception):
    """A text is no YAML, or beyond the limits.

    Attributes
    ----------
    line
        Counted from 1; None when it is not about one line.
    """

    def __init__(self, reason: str, line: Optional[int] = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class YamlKeyTwice(YamlUnreadable):
    """An object has the same key twice, of which PyYAML takes the last and others the first.

    Attributes
    ----------
    message
        What JSON's reader says of the same.
    """

    def __init__(self, key: str, first: int, line: int) -> None:
        self.message = given_twice(key, first)
        super().__init__(f"{self.message[0].lower()}{self.message[1:-1]}", line)


def looks_like_yaml(text: str) -> bool:
    """Whether the first line is a key and a colon, an item of a list, or opens a bracket."""
    start = _START.match(text)
    return _FIRST.match(text, 0 if start is None else start.end()) is not None


def classes_in_yaml(text: str) -> Optional[NamedClasses]:
    """Class names in a YAML document; None when it holds none or is no YAML.

    Raises
    ------
    YamlMissing
        When PyYAML is not installed.
    """
    try:
        return classes_of(load_yaml(text), 0)
    except YamlUnreadable:
        return None


def load_yaml(text: str) -> Yaml:
    """A YAML document as texts, whole numbers, lists and dictionaries.

    Raises
    ------
    YamlMissing
        When PyYAML is not installed.
    YamlUnreadable
        When the text is no YAML, gives a key twice, or is longer, deeper or with more aliases than
        is read.

    Examples
    --------
    >>> load_yaml("names: {0: roof, 1: no}")
    {'names': {0: 'roof', 1: 'no'}}
    """
    if len(text) > LONGEST_YAML:
        raise YamlUnreadable(f"it has more than {LONGEST_YAML >> 20} MiB")
    try:
        import yaml
    except ImportError as error:
        raise YamlMissing from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _within_limits(yaml, text, loader)
        node = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or getattr(error, "reason", None)
        raise YamlUnreadable(str(reason), None if mark is None else mark.line + 1) from error
    if node is None:
        raise YamlUnreadable("it is empty")
    return _Taken().value(node)


def _within_limits(yaml: Any, text: str, loader: Any) -> None:
    """Walk the events, which build nothing, and refuse what would grow."""
    nodes = aliases = depth = 0
    for event in yaml.parse(text, Loader=loader):
        nodes += isinstance(event, yaml.events.NodeEvent)
        aliases += isinstance(event, yaml.events.AliasEvent)
        depth += isinstance(event, yaml.events.CollectionStartEvent)
        depth -= isinstance(event, yaml.events.CollectionEndEvent)
        if nodes > MOST_NODES or aliases > MOST_ALIASES or depth > DEEPEST:
            what = f"more than {MOST_NODES} values"
            if aliases > MOST_ALIASES:
                what = f"more than {MOST_ALIASES} aliases"
            elif depth > DEEPEST:
                what = f"lists more than {DEEPEST} deep"
            raise YamlUnreadable(f"it has {what}", event.start_mark.line + 1)


class _Taken:
    """Takes in composed nodes; what aliases repeat counts each time."""

    def __init__(self) -> None:
        self._count = 0

    def value(self, node: Any, depth: int = 0) -> Yaml:
        """What a node says."""
        self._count += 1
        if self._count > MOST_NODES or depth > DEEPEST:
            raise YamlUnreadable("its aliases make it too large")
        if node.id == "sequence":
            return [self.value(item, depth + 1) for item in node.value]
        if node.id == "mapping":
            return self._object(node, depth)
        text = str(node.value)
        if node.tag == "tag:yaml.org,2002:int" and re.fullmatch(r"-?(?:0|[1-9]\d{0,17})", text):
            return int(text)
        return text

    def _object(self, node: Any, depth: int) -> Dict[Any, Any]:
        taken: Dict[Any, Any] = {}
        lines: Dict[Any, int] = {}
        for key_node, item in node.value:
            key, line = self._key(key_node), key_node.start_mark.line + 1
            if key in lines:
                raise YamlKeyTwice(str(key), lines[key], line)
            lines[key] = line
            taken[key] = self.value(item, depth + 1)
        return taken

    def _key(self, node: Any) -> Union[str, int]:
        key = self.value(node, DEEPEST) if node.id == "scalar" else None
        if not isinstance(key, (str, int)):
            raise YamlUnreadable("it has a list as a key", node.start_mark.line + 1)
        return key
