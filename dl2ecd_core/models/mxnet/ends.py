"""Inputs and outputs of an MXNet graph, named as ``Symbol.list_inputs``/``list_outputs`` do."""

from __future__ import annotations

from dataclasses import replace
from typing import List, Mapping, Optional, Tuple

from ...network.lowering import Network
from ...network.names import operators
from ...network.value import UNKNOWN
from ..description import Evidence, Role, Tensor
from ..network_ends import output_tensor
from .lowering import head_names
from .params import Array
from .symbol import Entry, Node, Symbol

# Operators whose second input is the label that training compares with.
_WITH_LABEL = operators(
    "SoftmaxOutput Softmax LogisticRegressionOutput LinearRegressionOutput "
    "MAERegressionOutput SVMOutput softmax_cross_entropy"
)
_LOSSES = operators("softmax_cross_entropy MakeLoss make_loss CTCLoss ctc_loss")
# Operators with several outputs that have names of their own.
_OUTPUT_NAMES = {
    "BatchNorm": ("output", "mean", "var"),
    "LayerNorm": ("output", "mean", "std"),
    "InstanceNorm": ("output", "mean", "var"),
    "GroupNorm": ("output", "mean", "std"),
    "LeakyReLU": ("output", "mask"),
    "Dropout": ("output", "mask"),
    "L2Normalization": ("output", "norm"),
    "LRN": ("output", "tmp_norm"),
    "RNN": ("output", "state_output", "statecell_output"),
}
# Operators whose outputs are numbered even where there is one.
_NUMBERED = operators("SliceChannel split _split_v2 sort _contrib_box_nms moments")


def inputs_of(symbol: Symbol, arrays: Mapping[str, Array], network: Network) -> Tuple[Tensor, ...]:
    """The variables of the graph that are no parameters."""
    labels = {
        symbol.nodes[node.inputs[1][0]].name
        for node in symbol.nodes
        if node.op in _WITH_LABEL and len(node.inputs) > 1
    }
    return tuple(
        _input(node.name, network, Role.LABEL if node.name in labels else Role.DATA)
        for node in symbol.nodes
        if node.op == "null" and node.name not in arrays
    )


def _input(name: str, network: Network, role: Role) -> Tensor:
    shape = network.values[name].shape if role is Role.DATA else None
    if shape is None:
        return Tensor(name, role=role)
    return Tensor(name, shape, network.letters[name], None, Evidence.INFERRED, role)


def names_of(symbol: Symbol) -> Tuple[Optional[str], ...]:
    """Names of the heads, as MXNet has them; None where Python code that is not here gives it."""
    several = {node for node, output in symbol.heads if output > 0}
    return tuple(
        _output_name(symbol.nodes[node], output, node in several) for node, output in symbol.heads
    )


def is_loss(symbol: Symbol, entry: Entry) -> bool:
    """Whether a head is what training makes smaller, and no prediction."""
    return symbol.nodes[entry[0]].op in _LOSSES


def outputs_of(symbol: Symbol, network: Network) -> Tuple[Tensor, ...]:
    """The heads of the graph."""
    names = names_of(symbol)
    tensors: List[Tensor] = []
    for name, known, entry in zip(names, head_names(names), symbol.heads):
        role = Role.LOSS if is_loss(symbol, entry) else Role.DATA
        value = network.values.get(known, UNKNOWN)
        tensor = output_tensor(known, value, role)
        tensors.append(replace(tensor, name=name, data_type=None))
    return tuple(tensors)


def _output_name(node: Node, output: int, has_more: bool) -> Optional[str]:
    if node.op == "null":
        return node.name
    if node.op == "Custom":
        # The Python class that is not in the file gives the name.
        return None
    names = _OUTPUT_NAMES.get(node.op)
    if names is not None:
        suffix = names[output] if output < len(names) else f"output{output}"
    elif node.op in _NUMBERED or output > 0 or has_more:
        suffix = f"output{output}"
    elif node.op == "topk" and node.attributes.get("ret_typ") in ("both", "value"):
        suffix = "output0"
    else:
        suffix = "output"
    return f"{node.name}_{suffix}" if node.name else suffix
