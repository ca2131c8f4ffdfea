"""From scores to probabilities, by what the model did last to its scores."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, List, Optional

from ..findings import Finding, Place
from ..findings.rules import finding
from ..models import Activation

if TYPE_CHECKING:
    from .sessions import Array


class Kind(Enum):
    """What scores are."""

    SHARES = "probabilities"
    """Probabilities already."""
    LOGITS = "scores of classes"
    """One score a class: a softmax makes them probabilities."""
    LOGIT = "one score"
    """One score that parts two classes: a sigmoid makes it a probability."""
    INDICES = "indices"
    """No scores: the index of the class alone."""


@dataclass(frozen=True)
class Probabilities:
    """How scores become probabilities.

    Attributes
    ----------
    kind
        What the scores are.
    layers
        How many layers the probabilities have.
    """

    kind: Kind
    layers: int

    def of_scores(self, scores: Array) -> Array:
        """Probabilities ``(layers, rows, columns)`` of scores, as 32-bit floats."""
        import numpy

        if self.kind is Kind.INDICES:
            indices = numpy.arange(self.layers, dtype="int64")[:, None, None]
            return (numpy.rint(scores) == indices).astype("float32")
        shares = scores.astype("float32")
        if self.kind is Kind.LOGIT:
            # Both branches of where are worked out: neither may overflow.
            small = numpy.exp(-numpy.abs(shares))
            return numpy.where(shares >= 0, 1 / (1 + small), small / (1 + small))
        if self.kind is Kind.LOGITS:
            shares -= shares.max(axis=0)
            numpy.exp(shares, out=shares)
            shares /= shares.sum(axis=0)
        return shares

    def score_at(self, probability: float) -> float:
        """The single score that stands for a probability.

        Examples
        --------
        >>> Probabilities(Kind.LOGIT, 1).score_at(0.5)
        0.0
        """
        if self.kind is not Kind.LOGIT:
            return probability
        if not 0 < probability < 1:
            return -math.inf if probability <= 0 else math.inf
        return math.log(probability / (1 - probability))


def said_of_probabilities(probabilities: Probabilities, definition: str) -> List[Finding]:
    """Of those that are wanted, whether the model has any."""
    if probabilities.kind is not Kind.INDICES:
        return []
    return [
        finding(
            "probabilities-unknown",
            "The model gives classes and no scores: in the raster of probabilities, a pixel's "
            "class has 1 and the others 0.",
            hint="Leave --probabilities out, or export the model without its last step (argmax).",
            where=Place(file=definition),
        )
    ]


def kind_of(activation: Optional[Activation], layers: int, example: Optional[Array]) -> Kind:
    """What a model's scores are.

    Parameters
    ----------
    activation
        What was done last to them, where that is known.
    layers
        How many there are.
    example
        Some scores, to see from where the last step is not known.
    """
    if activation is Activation.ARGMAX:
        return Kind.INDICES
    if activation in (Activation.SOFTMAX, Activation.SIGMOID):
        return Kind.SHARES
    if example is not None and example.dtype.kind in "iu":
        return Kind.INDICES
    raw = Kind.LOGIT if layers == 1 else Kind.LOGITS
    if activation is Activation.NONE or example is None:
        return raw
    return Kind.SHARES if float(example.min()) >= 0 and float(example.max()) <= 1 else raw
