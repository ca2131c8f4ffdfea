"""What is alike in the sessions of all runtimes, unless one says otherwise."""

from __future__ import annotations

from typing import Collection, Mapping, Optional, Tuple

from ...models import Tensor
from ...network.outlook import Outlook


class RuntimeSession:
    """The part of a :class:`~dl2ecd_core.running.sessions.Session` that is known beforehand.

    Parameters
    ----------
    inputs, outputs
        As the runtime takes and gives them.
    """

    def __init__(self, inputs: Tuple[Tensor, ...], outputs: Tuple[Tensor, ...]) -> None:
        self._inputs, self._outputs = inputs, outputs

    @property
    def inputs(self) -> Tuple[Tensor, ...]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return self._inputs

    @property
    def outputs(self) -> Tuple[Tensor, ...]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return self._outputs

    @property
    def properties(self) -> Mapping[str, str]:
        """As :class:`~dl2ecd_core.running.sessions.Session`; most runtimes keep none."""
        return {}

    @property
    def batch(self) -> int:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return 1

    @property
    def threads(self) -> int:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return 1

    def outlook(self, assumed: int) -> Optional[Outlook]:
        """As :class:`~dl2ecd_core.running.sessions.Session`; most runtimes do not tell."""
        return None

    def stop(self, threads: Collection[int]) -> None:
        """As :class:`~dl2ecd_core.running.sessions.Session`; most runtimes can't."""
