"""The value that grows while a text is read, and where its parts lie."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any, Dict, List, Set, Union

from .parts import UNREADABLE
from .places import Marks, Step


@dataclass
class Level:
    """A container that is being read.

    Attributes
    ----------
    container
        What it holds so far.
    marks
        Where the parts of it start.
    start
        Where it starts itself.
    opener
        ``{`` or ``[``.
    step
        Key or index of the part that was read last.
    """

    container: Union[Dict[str, object], List[object]]
    marks: Marks
    start: int
    opener: str
    step: Step = 0


class Building:
    """A root value and the containers in it that are still open, the innermost last."""

    def __init__(self) -> None:
        self.root: object = UNREADABLE
        self.root_start = 0
        self.marks: Dict[int, Marks] = {}
        self.incomplete: Set[int] = set()
        self.levels: List[Level] = []
        # What a second value of the same key pushed out: kept, so that its id is given to no other.
        self._replaced: List[object] = []

    @property
    def innermost(self) -> Level:
        """The container that is being read."""
        return self.levels[-1]

    @property
    def in_object(self) -> bool:
        """Whether keys are expected."""
        return isinstance(self.levels[-1].container, dict)

    def steps(self) -> List[Step]:
        """The path of the innermost container."""
        return [level.step for level in self.levels[:-1]]

    def put(self, value: object, start: int) -> None:
        """Add a value to the innermost container, under the key that was begun."""
        if not self.levels:
            self.root, self.root_start = value, start
            return
        level = self.levels[-1]
        # Lists go with arrays of marks, objects with dictionaries of them: see open().
        container: Any = level.container
        marks: Any = level.marks
        if isinstance(container, list):
            level.step = len(container)
            container.append(value)
            marks.append(start)
            return
        if level.step in container:
            self._replaced.append(container[level.step])
        container[level.step] = value
        marks[level.step] = (marks[level.step][0], start)

    def begin_member(self, key: str, start: int) -> None:
        """The next value belongs to this key of the innermost object."""
        level = self.levels[-1]
        marks: Any = level.marks
        level.step = key
        marks[key] = (start, start)

    def open(self, opener: str, start: int) -> None:
        """Begin an object or list inside the innermost one."""
        container: Union[Dict[str, object], List[object]] = {} if opener == "{" else []
        marks: Marks = {} if opener == "{" else array("q")
        self.marks[id(container)] = marks
        self.put(container, start)
        self.levels.append(Level(container, marks, start, opener))

    def close(self, opener: str) -> None:
        """End the innermost container of a kind, and those inside it; the innermost if none is."""
        if any(level.opener == opener for level in self.levels):
            while self.levels[-1].opener != opener:
                self.levels.pop()
        self.levels.pop()

    def give_up(self) -> None:
        """Nothing more is read: all that is open may lack something."""
        self.incomplete.update(id(level.container) for level in self.levels)
        self.incomplete.add(id(self.root))
