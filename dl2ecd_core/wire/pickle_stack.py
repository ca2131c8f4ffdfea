"""The stack, the marks and the memo of a pickle's machine, within a budget."""

from __future__ import annotations

from typing import Dict, List

from .pickle_stream import PickleBytes, Stopped
from .source import ByteSource


class Budget:
    """What a walk may still use up, the pickles inside its byte strings included.

    Attributes
    ----------
    steps
        Opcodes.
    room
        Bytes of memory, roughly.
    """

    def __init__(self, steps: int, room: int) -> None:
        self.steps = steps
        self.room = room


class PickleStack(PickleBytes):
    """What opcodes put down and take up."""

    def __init__(
        self, source: ByteSource, offset: int, end: int, budget: Budget, drops: bool = False
    ) -> None:
        super().__init__(source, offset, end, drops)
        self._budget = budget
        self._stack: List[object] = []
        self._marks: List[int] = []
        self._fence = 0
        self._memo: List[object] = []
        self._far_memo: Dict[int, object] = {}

    # The stack

    def push(self, value: object, cost: int = 32) -> None:
        self._budget.room -= cost
        if self._budget.room < 0:
            raise Stopped("it builds too much", broken=False)
        self._stack.append(value)

    def _pop(self) -> object:
        if len(self._stack) <= self._fence:
            raise Stopped(f"its stack is empty at byte {self.place()}")
        return self._stack.pop()

    def _top(self) -> object:
        if len(self._stack) <= self._fence:
            raise Stopped(f"its stack is empty at byte {self.place()}")
        return self._stack[-1]

    def mark(self) -> None:
        self._budget.room -= 8
        self._fence = len(self._stack)
        self._marks.append(self._fence)

    def _to_mark(self) -> List[object]:
        if not self._marks:
            raise Stopped(f"a mark is missing at byte {self.place()}")
        start = self._marks.pop()
        self._fence = self._marks[-1] if self._marks else 0
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def result(self) -> object:
        """What is on top when the pickle ends."""
        self.finish()
        return self._pop()

    def pop(self) -> None:
        if self._marks and len(self._stack) == self._fence:
            self._to_mark()
        else:
            self._pop()

    def pop_mark(self) -> None:
        self._to_mark()

    def duplicate(self) -> None:
        self.push(self._top(), 8)

    # Memo

    def put(self, index: int) -> None:
        value = self._top()
        self._budget.room -= 16
        if index < 0:
            raise Stopped(f"it keeps a value under a number below zero at byte {self.place()}")
        if index == len(self._memo):
            self._memo.append(value)
            while len(self._memo) in self._far_memo:
                self._memo.append(self._far_memo.pop(len(self._memo)))
        elif index < len(self._memo):
            self._memo[index] = value
        else:
            self._budget.room -= 100
            self._far_memo[index] = value
        if self._budget.room < 0:
            raise Stopped("it keeps too much", broken=False)

    def memoize(self) -> None:
        """Keep under the number of values kept so far: not always the next free number."""
        self.put(len(self._memo) + len(self._far_memo))

    def get(self, index: int) -> None:
        if 0 <= index < len(self._memo):
            self.push(self._memo[index], 8)
        elif index in self._far_memo:
            self.push(self._far_memo[index], 8)
        else:
            raise Stopped(f"it recalls a value at byte {self.place()} that it never kept")
