"""How a conversion talks to the door it was called through: one small callback object."""

from __future__ import annotations

from .findings import Finding


class Listener:
    """Hears what happens during a conversion; every method may be overridden.

    The base class hears nothing and never cancels.
    """

    def found(self, finding: Finding) -> None:
        """A finding was made; each is told once, in the order they are made."""

    def progressed(self, done: int, total: int, doing: str) -> None:
        """`done` of `total` bytes are handled; `doing` says at what, for a person."""

    def cancelled(self) -> bool:
        """Whether the person wants to stop; asked often, so it must be quick."""
        return False


class Unmeasured(Listener):
    """Says what is done to a listener, once; of how far it is, it says nothing.

    For work of which nobody waits for the bytes, before that which is counted in its own measure.

    Parameters
    ----------
    doing
        As a person reads it.
    """

    def __init__(self, listener: Listener, doing: str) -> None:
        self._listener = listener
        listener.progressed(0, 1, doing)

    def found(self, finding: Finding) -> None:
        """Passed on."""
        self._listener.found(finding)

    def cancelled(self) -> bool:
        """As the listener says."""
        return self._listener.cancelled()
