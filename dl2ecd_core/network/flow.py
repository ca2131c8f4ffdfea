"""A network as values that are made one after the other, for who counts what they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Mapping, Sequence, Tuple

from .value import Value

if TYPE_CHECKING:
    from .lowering import Network

#: Names of values that an operation takes, and of those that it gives.
Making = Tuple[Sequence[str], Sequence[str]]


@dataclass(frozen=True)
class Flow:
    """Values, and the order in which they are made.

    Attributes
    ----------
    values
        What is known of their sizes, by name; weights need not be among them.
    steps
        The operations, in an order in which they can run.
    inputs, outputs
        Names of what is fed and fetched.
    letters
        The letters of the inputs' axes, by the input's name.
    holds_weights
        Whether weights are among the values; else the model's files are what they take.
    """

    values: Mapping[str, Value]
    steps: Sequence[Making]
    inputs: Sequence[str]
    outputs: Sequence[str]
    letters: Mapping[str, str]
    holds_weights: bool = False


def flow_of(network: Network) -> Flow:
    """The values of a network that is lowered."""
    return Flow(
        network.values,
        [(node.inputs, node.outputs) for node in network.graph.nodes],
        list(network.graph.inputs),
        list(network.graph.outputs),
        network.letters,
    )
