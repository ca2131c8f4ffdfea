"""Inputs and outputs of a network, in the words of a model's description."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Mapping, Optional, Sequence

from ..network.evaluation import letters_of
from ..network.footprints import model_padding
from ..network.value import UNKNOWN, Kind, Meaning, Value
from .description import Activation, Evidence, Role, Tensor

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


def told_apart(names: Sequence[Optional[str]]) -> List[Optional[str]]:
    """Names of which no two are the same, as ONNX wants them; None for what has none.

    Examples
    --------
    >>> told_apart(["z", "z", "z_1", None])
    ['z', 'z_2', 'z_1', None]
    """
    taken = set(names)
    seen = set()
    different: List[Optional[str]] = []
    for name in names:
        one, count = name, 0
        while one in seen or (count and one in taken):
            count += 1
            one = f"{name}_{count}"
        if one is not None:
            seen.add(one)
        different.append(one)
    return different


def activation_of(meaning: Meaning) -> Optional[Activation]:
    """How classes are read from an output.

    Examples
    --------
    >>> activation_of(Meaning(Kind.SOFTMAX)).value
    'softmax'
    """
    return _ACTIVATIONS[meaning.kind]


def output_tensor(name: str, value: Value, role: Role = Role.DATA) -> Tensor:
    """An output as far as a walk through the network found out about it."""
    evidence = None if value.shape is None else Evidence.INFERRED
    tensor = Tensor(name, value.shape, letters_of(value), value.data_type, evidence, role)
    return with_meaning(tensor, value.meaning)


def with_meaning(tensor: Tensor, meaning: Meaning) -> Tensor:
    """An output, and how classes are read from it."""
    return replace(tensor, activation=activation_of(meaning), class_count=meaning.classes)


def padding_of(
    inputs: Sequence[Tensor], outputs: Sequence[Tensor], values: Mapping[str, Value]
) -> Optional[int]:
    """Pixels cropped from each side, when there is one image and all outputs agree.

    Parameters
    ----------
    values
        What is known of the outputs, by name.
    """
    images = [tensor for tensor in inputs if _is_image(tensor)]
    if len(images) != 1:
        return None
    paddings = set()
    for output in outputs:
        if output.axes and _is_image(output):
            value = values.get(output.name or "", UNKNOWN)
            paddings.add(
                model_padding(
                    [images[0].size_of(letter) for letter in "HW"],
                    [output.size_of(letter) for letter in "HW"],
                    [value.axes[output.axes.index(letter)].footprint for letter in "HW"],
                )
            )
    return paddings.pop() if len(paddings) == 1 else None


def _is_image(tensor: Tensor) -> bool:
    return bool(tensor.axes) and {"H", "W"} <= set(tensor.axes or "")
