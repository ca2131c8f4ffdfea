"""What an output's values mean, in the words of a model's description."""

from __future__ import annotations

from typing import Dict, Optional

from ..network.value import Kind, Meaning
from .description import Activation

# The largest logarithm of a probability is the largest probability, so that classes are read from
# it as from scores; but it is no probability.
_ACTIVATIONS: Dict[Kind, Optional[Activation]] = {
    Kind.UNKNOWN: None,
    Kind.SCORES: Activation.NONE,
    Kind.LOG_SOFTMAX: Activation.NONE,
    Kind.SOFTMAX: Activation.SOFTMAX,
    Kind.SIGMOID: Activation.SIGMOID,
    Kind.ARGMAX: Activation.ARGMAX,
}


def activation_of(meaning: Meaning) -> Optional[Activation]:
    """How classes are read from an output.

    Examples
    --------
    >>> activation_of(Meaning(Kind.SOFTMAX)).value
    'softmax'
    """
    return _ACTIVATIONS[meaning.kind]
