"""Which variables of a checkpoint are the model's own, and not its optimiser's.

TensorFlow 1 names an optimiser's slots after the variable that they belong to
(``conv/kernel/Adam_1``; tensorflow/python/training/slot_creator.py), TensorFlow 2 below
``.OPTIMIZER_SLOT``. Keras' optimisers keep them in ``_variables``, beside their ``_iterations`` and
``_learning_rate``, and in ``_trainable_variables`` the model's own weights once more, which may be
where a checkpoint has them alone.
"""

from __future__ import annotations

import re
from typing import Dict, FrozenSet, Iterable, Iterator, Optional, Set, Tuple

from ...network.shapes import elements
from ..description import Dims
from . import types
from .bundle import Bundle, Variable

# What checkpoints of TensorFlow 2 add to an object's name for its value.
_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
_SLOT = "/.OPTIMIZER_SLOT/"
_MODELS_OWN = "_trainable_variables/"
#: Objects inside objects that are looked at.
_DEEPEST = 32
_STEPS = ("_iterations", "iterations", "iter")
_RATES = ("_learning_rate", "learning_rate")
# Numbers that training keeps beside the weights, by the last part of their names.
_BESIDE = re.compile(
    r"(?:.*/)?(?:beta_?[12](?:_power)?(?:_\d+)?|global_step|save_counter|decay|momentum"
    r"|_?learning_rate|_?iterations|iter|loss_scale|good_steps|_CHECKPOINTABLE_OBJECT_GRAPH)"
)


def weights_of(bundle: Bundle) -> Iterator[Variable]:
    """The model's own floating-point variables."""
    shapes: Dict[str, Optional[Dims]] = {
        _name(variable): variable.shape for variable in bundle.variables
    }
    optimisers = _optimisers(shapes)
    for variable in bundle.variables:
        name = _name(variable)
        if variable.data_type not in types.FLOATING or _SLOT in name or _BESIDE.fullmatch(name):
            continue
        if not _is_optimisers(name, optimisers) and not _is_slot(name, variable.shape, shapes):
            yield variable


def count_weights(bundle: Bundle) -> int:
    """Elements of the model's own floating-point variables."""
    return sum(elements(variable.shape) or 0 for variable in weights_of(bundle))


def _name(variable: Variable) -> str:
    name = variable.name
    return name[: -len(_VALUE)] if name.endswith(_VALUE) else name


def _optimisers(names: Iterable[str]) -> FrozenSet[str]:
    """The objects that count steps and have a learning rate."""
    parts: Set[Tuple[str, str]] = set()
    for name in names:
        owner, _, last = name.rpartition("/")
        parts.add((owner, last))
    return frozenset(
        owner
        for owner, last in parts
        if owner and last in _STEPS and any((owner, rate) in parts for rate in _RATES)
    )


def _is_optimisers(name: str, optimisers: FrozenSet[str]) -> bool:
    """Whether a variable is an optimiser's own: below one, and not a weight of the model."""
    first, _, rest = name.partition("/")
    if first in ("optimizer", "_optimizer") and not rest.startswith(_MODELS_OWN):
        return True
    owner = name
    for _ in range(_DEEPEST):
        owner = owner.rpartition("/")[0]
        if owner in optimisers:
            return not name[len(owner) + 1 :].startswith(_MODELS_OWN)
    return False


def _is_slot(name: str, shape: Optional[Dims], shapes: Dict[str, Optional[Dims]]) -> bool:
    """Whether a variable is named below another one, and of its shape."""
    owner = name.rpartition("/")[0]
    return owner in shapes and shapes[owner] == shape
