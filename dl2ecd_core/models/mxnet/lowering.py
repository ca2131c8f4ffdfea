"""From an MXNet symbol to a network in ONNX's operators, operator by operator.

Shapes of inputs are not stored; how many bands they have is worked out from the weights of the
operator that takes them, as far as that is certain.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Set, Tuple

from ...network.lowering import Lowering, Network, unknown_operation
from ...network.names import operators
from ...network.shapes import Dims
from ...network.weights import Content, Converted, stored
from . import arranging, pointwise, windows
from .params import Array
from .step import Rule, Step, layout
from .symbol import Entry, Node, Symbol

_RULES: Dict[str, Rule] = {**windows.RULES, **pointwise.RULES, **arranging.RULES}

_CONVOLUTIONS = operators("Convolution Convolution_v1")
#: Operators after which an input is still the image, band by band.
_STILL_THE_IMAGE = operators(
    "Activation BatchNorm BatchNorm_v1 _contrib_SyncBatchNorm LeakyReLU Dropout InstanceNorm "
    "L2Normalization LRN BlockGrad identity _copy Cast cast clip relu sigmoid tanh exp log sqrt "
    "square abs negative _mul_scalar _plus_scalar _minus_scalar _div_scalar _rminus_scalar "
    "_rdiv_scalar _power_scalar _maximum_scalar _minimum_scalar _MulScalar _PlusScalar "
    "_MinusScalar _DivScalar _RMinusScalar Pad pad Pooling Pooling_v1 UpSampling"
)
_IMAGE = operators("Convolution Convolution_v1 Deconvolution Pooling Pooling_v1")
_MOST_STEPS = 500
_MOST_INPUTS = 100


def lowered(
    symbol: Symbol,
    arrays: Mapping[str, Array],
    names: Sequence[Optional[str]],
    path: Optional[Path] = None,
    wanted: Optional[Sequence[int]] = None,
) -> Network:
    """The network.

    Parameters
    ----------
    arrays
        The parameters by name.
    names
        Of the heads; None for one that has none.
    path
        The file that the parameters lie in; None where only sizes are asked for.
    wanted
        Numbers of the heads that are kept; all by default.
    """
    variables = [node.name for node in symbol.nodes if node.op == "null"]
    lowering = Lowering(reserved=[*variables, *head_names(names)])
    shapes = _input_shapes(symbol, arrays)
    letters = _letters(symbol)
    used = _outputs_used(symbol)
    made: List[Tuple[Optional[str], ...]] = []
    parameters: Dict[str, Array] = {}
    for index, node in enumerate(symbol.nodes):
        if node.op != "null":
            inputs = [_of(made, entry) for entry in node.inputs]
            step = Step(lowering, node, inputs, parameters)
            lower = partial(_lower, step)
            made.append(lowering.layer(node.name, node.op, lower, used.get(index, 1)))
        elif node.name in arrays:
            array = arrays[node.name]
            name = _parameter(lowering, node.name, array, path)
            if name is not None:
                parameters[name] = array
            made.append((name,))
        else:
            shape = shapes.get(index)
            told = letters.get(index, "") if shape is not None else ""
            made.append((lowering.input(node.name, shape, letters=told),))
    for at, (name, entry) in enumerate(zip(head_names(names), symbol.heads)):
        found = _of(made, entry)
        if found is not None and (wanted is None or at in wanted):
            lowering.output(name, found)
    return lowering.network()


def head_names(names: Sequence[Optional[str]]) -> List[str]:
    """Names for all heads, those without one by their numbers."""
    return [f"output{at}" if name is None else name for at, name in enumerate(names)]


def _of(made: Sequence[Tuple[Optional[str], ...]], entry: Entry) -> Optional[str]:
    node, output = entry
    return made[node][output] if output < len(made[node]) else None


def _outputs_used(symbol: Symbol) -> Dict[int, int]:
    """How many outputs of a node something takes."""
    used: Dict[int, int] = {}
    for entry in [*symbol.heads, *(entry for node in symbol.nodes for entry in node.inputs)]:
        if entry[1] < _MOST_INPUTS * 10:
            used[entry[0]] = max(used.get(entry[0], 1), entry[1] + 1)
    return used


def _lower(step: Step) -> Sequence[str]:
    rule = _RULES.get(step.node.op)
    if rule is None:
        raise unknown_operation()
    return rule(step)


def _parameter(lowering: Lowering, name: str, array: Array, path: Optional[Path]) -> Optional[str]:
    if array.shape is None:
        return None
    content: Optional[Content] = None
    if path is not None and array.offset is not None:
        content = stored(path, array.offset, array.length)
        if array.data_type != "float32":
            content = Converted(content, array.data_type or "", "float32")
    return lowering.weight(f"{name}.values", array.shape, content)


def _letters(symbol: Symbol) -> Dict[int, str]:
    """The axes of what goes into operators that are told for images."""
    found: Dict[int, str] = {}
    for node in symbol.nodes:
        if node.op in _IMAGE and node.inputs:
            rank = len(node.wholes("kernel") or ()) + 2
            if rank == 4:
                found.setdefault(node.inputs[0][0], "NHWC" if layout(node)[0] == -1 else "NCHW")
    return found


def _input_shapes(symbol: Symbol, arrays: Mapping[str, Array]) -> Dict[int, Dims]:
    """Shapes of inputs whose bands the first convolution gives away, transposed or not."""
    takers: Dict[int, List[Node]] = {}
    number: Dict[int, int] = {}
    for index, node in enumerate(symbol.nodes):
        number[id(node)] = index
        for origin in {entry[0] for entry in node.inputs}:
            takers.setdefault(origin, []).append(node)
    found: Dict[int, Dims] = {}
    unknown = 0
    for index, node in enumerate(symbol.nodes):
        if node.op == "null" and (node.name not in arrays or arrays[node.name].shape is None):
            unknown += 1
            if unknown > _MOST_INPUTS:
                break
            shape = _first_use(symbol, arrays, takers, number, index)
            if shape is not None:
                found[index] = shape
    return found


def _first_use(
    symbol: Symbol,
    arrays: Mapping[str, Array],
    takers: Mapping[int, List[Node]],
    number: Mapping[int, int],
    start: int,
) -> Optional[Dims]:
    seen: Set[int] = {start}
    waiting = [start]
    for _ in range(_MOST_STEPS):
        if not waiting:
            break
        current = waiting.pop(0)
        for node in takers.get(current, ()):
            if not node.inputs or node.inputs[0] != (current, 0):
                continue
            if node.op in _CONVOLUTIONS:
                return _convolved(node, _weights(symbol, arrays, node))
            if node.op == "Deconvolution":
                return _deconvolved(node, _weights(symbol, arrays, node))
            if node.op in _STILL_THE_IMAGE and number[id(node)] not in seen:
                seen.add(number[id(node)])
                waiting.append(number[id(node)])
    return None


def _weights(symbol: Symbol, arrays: Mapping[str, Array], node: Node) -> Optional[Tuple[int, ...]]:
    if len(node.inputs) < 2:
        return None
    array = arrays.get(symbol.nodes[node.inputs[1][0]].name)
    return None if array is None else array.shape


def _convolved(node: Node, weights: Optional[Tuple[int, ...]]) -> Optional[Dims]:
    """The shape a convolution's input must have."""
    kernel = node.wholes("kernel")
    if weights is None or kernel is None or len(weights) != len(kernel) + 2:
        return None
    channels, _ = layout(node)
    groups = node.whole("num_group", 1)
    if groups is None or groups < 1:
        return None
    shape: List[Optional[int]] = [None] * len(weights)
    shape[channels] = weights[channels] * groups
    return tuple(shape)


def _deconvolved(node: Node, weights: Optional[Tuple[int, ...]]) -> Optional[Dims]:
    """The shape a transposed convolution's input must have."""
    kernel = node.wholes("kernel")
    if weights is None or kernel is None or len(weights) != len(kernel) + 2:
        return None
    # With the channels last, MXNet itself does not say in which order the weights lie.
    return None if layout(node)[0] != 1 else (None, weights[0], *[None] * len(kernel))
