"""What a network's outputs look at, for who lays tiles: without the network itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Mapping, Optional, Tuple

from .value import Value

if TYPE_CHECKING:
    from .lowering import Network


@dataclass(frozen=True)
class Outlook:
    """Outputs whose axes tell where their pixels lie over the inputs, and what they look at.

    Attributes
    ----------
    outputs
        In the model's order, by name; None where the file gives none.
    letters
        The letters of the inputs' axes, by the name that footprints have for the input.
    """

    outputs: Tuple[Tuple[Optional[str], Value], ...]
    letters: Mapping[str, str]

    def output(self, name: Optional[str]) -> Optional[Value]:
        """An output; None where there are several and none has the name.

        Parameters
        ----------
        name
            None for the only one, which is found under any name.
        """
        if len(self.outputs) == 1:
            return self.outputs[0][1]
        return dict(self.outputs).get(name) if name is not None else None


def outlook_of(network: Network) -> Outlook:
    """The outlook of a network that is lowered."""
    names = [name for name in network.graph.outputs if name in network.values]
    outputs = tuple((name, network.values[name]) for name in names)
    return Outlook(outputs, network.letters)
