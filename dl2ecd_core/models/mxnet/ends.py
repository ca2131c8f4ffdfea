"""Inputs and outputs of an MXNet graph, named as ``Symbol.list_inputs``/``list_outputs`` do."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ...network.names import operators
from ..description import Activation, Dims, Evidence, Role, Tensor
from .operators import Known, layout
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
_SOFTMAX = operators("SoftmaxOutput Softmax SoftmaxActivation softmax log_softmax")
_SIGMOID = operators("sigmoid LogisticRegressionOutput")
_SCORES = operators("Convolution FullyConnected Deconvolution")
_CARRIED_ON = operators(
    "Reshape reshape Flatten flatten transpose identity _copy BlockGrad Cast cast expand_dims "
    "UpSampling _contrib_BilinearResize2D Crop Dropout"
)
_AS_BEFORE = operators(
    "Activation BatchNorm LeakyReLU Dropout softmax log_softmax SoftmaxActivation "
    "SoftmaxOutput Softmax sigmoid relu tanh clip identity _copy BlockGrad Cast cast "
    "LogisticRegressionOutput LinearRegressionOutput Concat concat elemwise_add "
    "broadcast_add broadcast_mul _mul_scalar _plus_scalar _minus_scalar _div_scalar"
)
_IMAGE = operators("Convolution Deconvolution Pooling")
_ALWAYS_NCHW = operators("UpSampling Crop _contrib_BilinearResize2D _contrib_AdaptiveAvgPooling2D")
_MOST_STEPS = 200


class _Prediction(NamedTuple):
    activation: Optional[Activation]
    class_count: Optional[int] = None


_UNKNOWN = _Prediction(None)


def inputs_of(
    symbol: Symbol, arrays: Dict[str, Array], shapes: Sequence[Known]
) -> Tuple[Tensor, ...]:
    """The variables of the graph that are no parameters."""
    labels: Set[int] = {
        node.inputs[1][0]
        for node in symbol.nodes
        if node.op in _WITH_LABEL and len(node.inputs) > 1
    }
    first_image = {
        node.inputs[0][0]: node
        for node in reversed(symbol.nodes)
        if node.op in _IMAGE and node.inputs
    }
    return tuple(
        _tensor(
            node.name,
            None if index in labels else shapes[index],
            _layout_letters(first_image.get(index), shapes[index]),
            role=Role.LABEL if index in labels else Role.DATA,
        )
        for index, node in enumerate(symbol.nodes)
        if node.op == "null" and node.name not in arrays
    )


def outputs_of(symbol: Symbol, shapes: Sequence[Known]) -> Tuple[Tensor, ...]:
    """The heads of the graph."""
    several: Set[int] = {node for node, output in symbol.heads if output > 0}
    tensors: List[Tensor] = []
    for entry in symbol.heads:
        index, output = entry
        node = symbol.nodes[index]
        splits = node.op in ("SliceChannel", "split")
        shape = shapes[index] if output == 0 or splits else None
        prediction = _prediction(symbol, entry, shapes)
        tensors.append(
            _tensor(
                _output_name(node, output, index in several),
                shape,
                _output_letters(symbol, entry, shapes, shape),
                role=Role.LOSS if node.op in _LOSSES else Role.DATA,
                prediction=prediction,
            )
        )
    return tuple(tensors)


def _tensor(
    name: Optional[str],
    shape: Known,
    letters: Optional[str],
    *,
    role: Role,
    prediction: _Prediction = _UNKNOWN,
) -> Tensor:
    axes = letters if shape is not None and letters and len(letters) == len(shape) else None
    if shape is not None and axes is None:
        axes = {0: "", 2: "NC"}.get(len(shape), "?" * len(shape))
    return Tensor(
        name,
        shape,
        axes,
        None,
        None if shape is None else Evidence.INFERRED,
        role=role,
        activation=prediction.activation,
        class_count=prediction.class_count,
    )


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


def _layout_letters(node: Optional[Node], shape: Known) -> Optional[str]:
    if shape is None:
        return None
    if node is not None and layout(node)[0] == -1:
        return {4: "NHWC"}.get(len(shape))
    return {4: "NCHW"}.get(len(shape))


def _output_letters(
    symbol: Symbol, entry: Entry, shapes: Sequence[Known], shape: Optional[Dims]
) -> Optional[str]:
    """Axis letters of a head, from the operators before it."""
    moves: List[Node] = []
    letters: Optional[str] = None
    for _ in range(_MOST_STEPS):
        node = symbol.nodes[entry[0]]
        if node.op in _IMAGE:
            letters = "NHWC" if layout(node)[0] == -1 else "NCHW"
            break
        if node.op in _ALWAYS_NCHW:
            letters = "NCHW"
            break
        if node.op in ("transpose", "argmax", "SliceChannel", "split"):
            moves.append(node)
        elif node.op in ("Flatten", "flatten") and shape is not None and len(shape) == 2:
            return _letters_when_flat(symbol, node)
        elif node.op in ("Reshape", "reshape") and shape is not None and len(shape) == 2:
            # Rows of classes have the length of an axis from before; other rows are flattened.
            before = shapes[node.inputs[0][0]] if node.inputs else None
            return "NC" if shape[1] in (before or ()) else "N?"
        elif node.op not in _AS_BEFORE:
            return None
        if not node.inputs:
            return None
        entry = node.inputs[0]
    for node in reversed(moves):
        letters = _moved(node, letters)
    return letters


def _letters_when_flat(symbol: Symbol, node: Node) -> str:
    """A row of pixels and channels together has no class axis, one of 1 x 1 pixels has."""
    for _ in range(_MOST_STEPS):
        if not node.inputs:
            break
        node = symbol.nodes[node.inputs[0][0]]
        if node.op == "Pooling":
            return "NC" if node.truth("global_pool") else "N?"
        if node.op not in _AS_BEFORE and node.op != "Convolution":
            break
    return "N?"


def _moved(node: Node, letters: Optional[str]) -> Optional[str]:
    if letters is None or node.op in ("SliceChannel", "split"):
        return None if node.truth("squeeze_axis") else letters
    if node.op == "transpose":
        axes = node.wholes("axes")
        if axes is None or sorted(axes) != list(range(len(letters))):
            return None
        return "".join(letters[axis] for axis in axes)
    axis = node.whole("axis")
    if axis is None or not -len(letters) <= axis < len(letters):
        return None
    axis %= len(letters)
    return letters[:axis] + ("?" if node.truth("keepdims") else "") + letters[axis + 1 :]


def _prediction(symbol: Symbol, entry: Entry, shapes: Sequence[Known]) -> _Prediction:
    """What the graph did last to a head."""
    for _ in range(_MOST_STEPS):
        node = symbol.nodes[entry[0]]
        if node.op in _SOFTMAX:
            return _Prediction(Activation.SOFTMAX)
        if node.op in _SIGMOID or (
            node.op == "Activation" and node.attributes.get("act_type") == "sigmoid"
        ):
            return _Prediction(Activation.SIGMOID)
        if node.op in _SCORES:
            return _Prediction(Activation.NONE)
        if not node.inputs:
            break
        if node.op == "argmax":
            before, axis = shapes[node.inputs[0][0]], node.whole("axis")
            if before is None or axis is None or not -len(before) <= axis < len(before):
                return _Prediction(Activation.ARGMAX)
            return _Prediction(Activation.ARGMAX, before[axis])
        if node.op not in _CARRIED_ON:
            break
        entry = node.inputs[0]
    return _UNKNOWN
