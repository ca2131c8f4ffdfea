"""Finding a model's weights in what PyTorch pickled: state dict, checkpoint or whole module.

A module is an object whose state holds ``_parameters``, ``_buffers`` and ``_modules``
(torch/nn/modules/module.py); its state dict lists them in that order, depth first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Dict, List, Optional, Set, Tuple

from ...wire.pickle_values import Made, Unordered, class_path, text_entries
from .weights import Weight, tensor_of

#: Keys under which training scripts keep the model in a checkpoint, the most usual first.
MODEL_KEYS = (
    "state_dict",
    "model_state_dict",
    "model",
    "model_state",
    "net",
    "network",
    "net_state_dict",
    "module",
    "weights",
    "params",
    "state",
    "ema",
    "model_ema",
    "encoder",
    "generator",
)
_MOST_PARTS = 200_000
_DEEPEST_CHECKPOINT = 3
#: What nn.DataParallel, Lightning, torch.compile and the like put before every name.
_WRAPPING = re.compile(r"^(module|model|net|network|_orig_mod|backbone_model)\.")


@dataclass(frozen=True)
class Found:
    """The weights of a model in a pickled value.

    Attributes
    ----------
    weights
        In the order of definition.
    whole_module
        Whether the network itself is pickled, not its weights alone.
    """

    weights: Tuple[Weight, ...]
    whole_module: bool = False


def find_weights(value: object, depth: int = 0) -> Optional[Found]:
    """The model's weights in a pickled value; None when it is not clear which they are."""
    if is_module(value):
        weights = module_weights(value)
        return None if weights is None else Found(weights, whole_module=True)
    entries = text_entries(value)
    if entries is None:
        return None
    weights = _state_dict(entries)
    if weights:
        return Found(weights)
    if depth == _DEEPEST_CHECKPOINT:
        return None
    for key in MODEL_KEYS:
        if key in entries:
            found = find_weights(entries[key], depth + 1)
            if found is not None:
                return found
    others = [
        find_weights(item, depth + 1)
        for key, item in entries.items()
        if not re.search(r"optim|sched|scaler|loss|ema", key, re.IGNORECASE)
    ]
    candidates = [item for item in others if item is not None]
    return candidates[0] if len(candidates) == 1 else None


def is_module(value: object) -> bool:
    """Whether a made object is a torch.nn.Module."""
    state = text_entries(value.state) if isinstance(value, Made) else None
    return state is not None and "_modules" in state and "_parameters" in state


def _state_dict(entries: Dict[str, object]) -> Tuple[Weight, ...]:
    """Weights of a dictionary in which most values are tensors; empty for others."""
    weights: List[Weight] = []
    for name, value in entries.items():
        tensor = tensor_of(value)
        if tensor is not None:
            weights.append(Weight(name, *tensor))
    return tuple(weights) if 2 * len(weights) >= len(entries) else ()


def module_weights(root: object) -> Optional[Tuple[Weight, ...]]:
    """The state dict of a pickled module; None when it is larger than any known one."""
    weights: List[Weight] = []
    pending: List[Tuple[str, object]] = [("", root)]
    visited = 0
    while pending:
        prefix, module = pending.pop()
        state = (text_entries(module.state) if isinstance(module, Made) else None) or {}
        children = text_entries(state.get("_modules")) or {}
        # One module may be part of many others: counted as often as it is looked at.
        visited += 1 + len(children)
        if visited > _MOST_PARTS or len(prefix) > 1024:
            return None
        layer = (class_path(module) or "").rpartition(".")[2] or None
        groups = state.get("groups")
        transient = _texts(state.get("_non_persistent_buffers_set"))
        for kind in ("_parameters", "_buffers"):
            tensors = text_entries(state.get(kind)) or {}
            visited += len(tensors)
            for name, value in tensors.items():
                tensor = tensor_of(value)
                if tensor is not None and not (kind == "_buffers" and name in transient):
                    weights.append(
                        Weight(
                            prefix + name,
                            *tensor,
                            layer=layer,
                            groups=groups if isinstance(groups, int) else None,
                        )
                    )
        pending += [(f"{prefix}{name}.", child) for name, child in reversed(children.items())]
    return tuple(weights)


def _texts(value: object) -> Set[str]:
    """The texts in a pickled set."""
    if isinstance(value, Made) and isinstance(value.args, tuple) and value.args:
        value = value.args[0]
    if isinstance(value, Unordered):
        value = value.items
    return {item for item in value if isinstance(item, str)} if isinstance(value, list) else set()


def without_wrapping(weights: Tuple[Weight, ...]) -> Tuple[Weight, ...]:
    """The weights with their names as the network itself calls them."""
    for _ in range(3):
        match = _WRAPPING.match(weights[0].name) if weights else None
        if match is None:
            break
        start = match.group(0)
        inside = [item for item in weights if item.name.startswith(start)]
        if len(inside) < len(weights):
            # Beside the network: a loss with weights, metrics.
            rest = {item.name.partition(".")[0] for item in weights} - {start[:-1]}
            if not all(re.search(r"loss|criterion|metric", name) for name in rest):
                break
        weights = tuple(replace(item, name=item.name[len(start) :]) for item in inside)
    return weights
