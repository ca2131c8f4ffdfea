"""What a scripted call returns."""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence, Union

from ._log import Log
from ._parameter import Parameter

SUCCEEDED, FAILED = 4, 5


class Result:
    """Outputs, inputs and messages of one run; ``str()`` is the first output."""

    __slots__ = ("_inputs", "_log", "_names", "_outputs", "status")
    _inputs: List[Optional[str]]
    _log: Log
    _names: List[str]
    _outputs: List[Optional[str]]
    status: int

    def __init__(self, parameters: Sequence[Parameter], log: Log, status: int) -> None:
        outputs = [item for item in parameters if item.direction == "Output"]
        self._inputs = [item.valueAsText for item in parameters if item.direction == "Input"]
        self._outputs = [item.valueAsText for item in outputs]
        self._names = [item.name for item in outputs]
        self._log = log
        self.status = status

    def getOutput(self, index: Union[int, str]) -> Optional[str]:
        """An output by number or parameter name."""
        if isinstance(index, str):
            if index not in self._names:
                raise ValueError(f"the tool has no output called '{index}'")
            index = self._names.index(index)
        return self._outputs[index]

    def getInput(self, index: int) -> Optional[str]:
        """An input by number."""
        return self._inputs[index]

    def getMessages(self, severity: Optional[int] = None) -> str:
        """All messages, or those of one severity, one below the other."""
        return self._log.text(severity)

    def getMessage(self, index: int) -> str:
        """One message."""
        return self._log.entries[index][1]

    def getSeverity(self, index: int) -> int:
        """The severity of one message."""
        return self._log.entries[index][0]

    @property
    def maxSeverity(self) -> int:
        """The heaviest severity of all messages."""
        return self._log.max_severity

    @property
    def messageCount(self) -> int:
        """How many messages there are."""
        return len(self._log.entries)

    @property
    def outputCount(self) -> int:
        """How many outputs the tool has."""
        return len(self._outputs)

    @property
    def inputCount(self) -> int:
        """How many inputs the tool has."""
        return len(self._inputs)

    def __getitem__(self, index: int) -> Optional[str]:
        return self._outputs[index]

    def __iter__(self) -> Iterator[Optional[str]]:
        return iter(self._outputs)

    def __len__(self) -> int:
        return len(self._outputs)

    def __str__(self) -> str:
        return str(self._outputs[0]) if self._outputs else ""
