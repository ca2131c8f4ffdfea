"""The weights in a Keras HDF5 file: how many there are, and what their shapes tell.

Two layouts. Files of Keras 1 and 2 (and .h5 of Keras 3) name their layers in order (attribute
``layer_names``) and each layer's weights (``weight_names``): keras/src/legacy/saving/
legacy_h5_format.py. Files called .weights.h5 since Keras 2.12 hold a tree of groups named after
classes, each with its variables in ``vars/0``, ``vars/1`` ...: keras/src/saving/saving_lib.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterator, List, Optional, Set, Tuple

from ...wire.hdf5 import Hdf5File, Node

Shape = Tuple[int, ...]

_TRAINING_STATE = frozenset(("optimizer", "metrics", "_optimizer"))
_DEEPEST = 24


@dataclass(frozen=True)
class LayerWeights:
    """One layer's weights.

    Attributes
    ----------
    path
        Name of the layer or group, nested ones with slashes.
    weights
        Name and shape of each, in order.
    """

    path: str
    weights: Tuple[Tuple[str, Shape], ...]


@dataclass(frozen=True)
class Weights:
    """All weights of a model.

    Attributes
    ----------
    layers
        In the model's order when `ordered`, else in the file's.
    total
        Number of values; None when it can't be told.
    """

    layers: Tuple[LayerWeights, ...]
    ordered: bool
    total: Optional[int]


def chunked_texts(node: Node, name: str) -> Optional[Tuple[str, ...]]:
    """An attribute with a list of names; a long one is spread over ``name0``, ``name1`` ..."""
    attribute = node.attribute(name)
    if attribute is not None:
        return attribute.texts()
    found: List[str] = []
    for number in range(len(node.attributes())):
        part = node.attribute(f"{name}{number}")
        if part is None:
            break
        found += part.texts() or ()
    return tuple(found) if found else None


def named_weights(group: Node) -> Optional[Weights]:
    """The weights of a file that names its layers; None when it does not."""
    names = chunked_texts(group, "layer_names")
    if names is None:
        return None
    layers: List[LayerWeights] = []
    seen: Set[str] = set()
    total: Optional[int] = 0
    # Weights of the model itself, outside its layers (Keras 2.6 and later).
    for name in [*names, "top_level_model_weights"]:
        member = group.child(name)
        if member is None:
            if name in names:
                total = None
            continue
        found: List[Tuple[str, Shape]] = []
        for weight in chunked_texts(member, "weight_names") or ():
            dataset = member.child(weight)
            shape = None if dataset is None else dataset.shape
            # A layer that is used by two networks stands in the file twice, under its full name.
            if shape is None or ("/" in weight and weight in seen):
                total = None
            if shape is not None:
                found.append((weight, shape))
                total = None if total is None else total + _elements(shape)
            seen.add(weight)
        if name in names:
            layers.append(LayerWeights(name, tuple(found)))
    return Weights(tuple(layers), True, total)


def _elements(shape: Shape) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def variable_tree(file: Hdf5File) -> Optional[Weights]:
    """The weights of a .weights.h5 file; None when the file is none."""
    root = file.root.links()
    if "_layer_checkpoint_dependencies" not in root and not (
        {"layers", "vars"} & set(root) or any("\\" in name for name in root)
    ):
        return None
    layers: List[LayerWeights] = []
    total: Optional[int] = 0
    for path, variables in variable_groups(file.root):
        found: Dict[str, Shape] = {}
        for name, dataset in variables.children():
            if dataset.is_dataset and dataset.shape is not None:
                found[name] = dataset.shape
        # The state of random number generators is no weight.
        label = variables.attribute("name")
        text = None if label is None else label.text()
        last = path.rpartition("/")[2]
        if "seed_generator" in (text or last) or last in ("seed_generator", "_random_generator"):
            continue
        in_order = sorted(found.items(), key=lambda item: (len(item[0]), item[0]))
        # A spectral normalisation saves the kernel of the layer that it wraps once more.
        if total is not None and "spectral_normalization" not in path:
            total += sum(_elements(shape) for _, shape in in_order)
        else:
            total = None
        layers.append(LayerWeights(path, tuple(in_order)))
    return Weights(tuple(layers), False, total) if layers else None


def variable_groups(root: Node) -> Iterator[Tuple[str, Node]]:
    """Every group called ``vars`` with the path of what it belongs to."""
    waiting: List[Tuple[str, Node, int]] = [("", root, 0)]
    seen: Set[int] = set()
    while waiting:
        path, node, depth = waiting.pop()
        if node.address in seen or depth > _DEEPEST:
            continue
        seen.add(node.address)
        for name, member in node.children():
            if not depth and name.split("\\")[0] in _TRAINING_STATE:
                continue
            # Keras 2.13 joins the steps of a path with backslashes.
            steps = name.replace("\\", "/")
            if steps == "vars" or steps.endswith("/vars"):
                yield f"{path}/{steps}"[1:].rpartition("/vars")[0] or path[1:], member
            elif member.is_group:
                waiting.append((f"{path}/{steps}", member, depth + 1))
