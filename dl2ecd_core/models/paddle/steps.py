"""What a PaddlePaddle program does, in the same words for both of its file formats."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Dict, List, Optional, Set, Tuple

from ..description import Activation, Dims, Evidence, Tensor

# Operations whose first input is an image, with the attribute data_format that says its axes.
_IMAGE = {"conv2d", "depthwise_conv2d", "conv2d_transpose", "pool2d", "batch_norm", "batch_norm_",
          "sync_batch_norm_", "instance_norm", "bilinear_interp_v2", "nearest_interp_v2",
          "bilinear_interp", "nearest_interp", "pixel_shuffle", "depthwise_conv2d_transpose",
          "conv2d_fusion"}  # fmt: skip
_KEEPING = {"relu", "relu6", "leaky_relu", "prelu", "sigmoid", "softmax", "tanh", "hard_swish",
            "hardswish", "hard_sigmoid", "hardsigmoid", "swish", "gelu", "elu", "scale", "clip",
            "cast", "dropout", "elementwise_add", "elementwise_sub", "elementwise_mul",
            "elementwise_div", "add", "subtract", "multiply", "divide", "pad3d", "pad2d", "assign",
            "concat", "sum", "silu", "mish", "exp", "sqrt"}  # fmt: skip
_PASSING = {"cast", "assign", "reshape2", "reshape", "squeeze2", "squeeze", "transpose2",
            "transpose", "fetch", "unsqueeze2", "unsqueeze"}  # fmt: skip
_SCALE = "scale"
_SCORES = {"conv2d", "conv2d_transpose", "elementwise_add", "add", "matmul_v2", "matmul", "mul",
           "fc", "linear", "relu", "bilinear_interp_v2", "bilinear_interp", "batch_norm",
           "batch_norm_", "sum"}  # fmt: skip
_ACTIVATIONS = {"softmax": Activation.SOFTMAX, "sigmoid": Activation.SIGMOID,
                "arg_max": Activation.ARGMAX, "argmax": Activation.ARGMAX}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """A value's shape and element type, as the program declares them."""

    shape: Optional[Dims] = None
    data_type: Optional[str] = None


@dataclass(frozen=True)
class Step:
    """One operation.

    Attributes
    ----------
    inputs
        The value it works on first, then the others.
    data_format
        The axes of images, where the operation names them.
    axis
        Of an argmax.
    """

    kind: str
    inputs: Tuple[str, ...]
    outputs: Tuple[str, ...]
    data_format: str = "NCHW"
    axis: Optional[int] = None
    unchanged: bool = False


@dataclass
class Program:
    """What both formats tell.

    Attributes
    ----------
    inputs, outputs
        The name people use, and the value behind it.
    weights
        Names of the values that lie in the parameters file.
    numbers
        Single whole numbers that are written into the program as values.
    """

    values: Dict[str, Known] = field(default_factory=dict)
    steps: List[Step] = field(default_factory=list)
    inputs: List[Tuple[str, str]] = field(default_factory=list)
    outputs: List[Tuple[str, str]] = field(default_factory=list)
    weights: Set[str] = field(default_factory=set)
    version: Optional[str] = None
    texts: List[str] = field(default_factory=list)
    own_code: Set[str] = field(default_factory=set)
    numbers: Dict[str, int] = field(default_factory=dict)


def tensors(program: Program) -> Tuple[Tuple[Tensor, ...], Tuple[Tensor, ...]]:
    """Inputs and outputs with their meaning."""
    axes: Dict[str, str] = {}
    sources: Dict[str, str] = {}
    made: Dict[str, Step] = {}
    for step in program.steps:
        data = step.inputs[0] if step.inputs else ""
        if step.kind in _IMAGE and step.data_format in ("NCHW", "NHWC"):
            for name in (data, sources.get(data, data), *step.outputs[:1]):
                if _rank(program, name) == 4:
                    axes.setdefault(name, step.data_format)
        elif step.kind in _KEEPING:
            for name in step.outputs[:1]:
                known = [axes[one] for one in step.inputs if one in axes]
                if known and _rank(program, name) == 4:
                    axes.setdefault(name, known[0])
                if _rank(program, name) == _rank(program, data):
                    sources[name] = sources.get(data, data)
        elif _ACTIVATIONS.get(step.kind) is Activation.ARGMAX and data in axes:
            _without_axis(program, axes, step, data)
        for name in step.outputs:
            made[name] = step
    inputs = tuple(_tensor(program, axes, *one) for one in program.inputs)
    outputs = []
    for name, value in program.outputs:
        tensor = _tensor(program, axes, name, value)
        activation, classes = _meaning(program, made, value)
        outputs.append(replace(tensor, activation=activation, class_count=classes))
    return inputs, tuple(outputs)


def _without_axis(program: Program, axes: Dict[str, str], step: Step, data: str) -> None:
    """The axes of an argmax's result: one is gone, or kept with a size of 1."""
    letters = axes[data]
    if step.axis is None or not -len(letters) <= step.axis < len(letters):
        return
    place = step.axis % len(letters)
    for name in step.outputs[:1]:
        lost = len(letters) - (_rank(program, name) or 0)
        # What is left of the class axis holds no classes.
        left = {0: "?", 1: ""}.get(lost)
        if left is not None:
            axes.setdefault(name, letters[:place] + left + letters[place + 1 :])


def _rank(program: Program, name: str) -> Optional[int]:
    shape = program.values.get(name, Known()).shape
    return None if shape is None else len(shape)


def _tensor(program: Program, axes: Dict[str, str], name: str, value: str) -> Tensor:
    known = program.values.get(value, Known())
    if known.shape is None:
        return Tensor(name, data_type=known.data_type)
    letters = axes.get(value, "?" * len(known.shape))
    return Tensor(name, known.shape, letters, known.data_type, Evidence.DECLARED)


def _meaning(
    program: Program, made: Dict[str, Step], value: str
) -> Tuple[Optional[Activation], Optional[int]]:
    for _ in range(1000):
        step = made.get(value)
        if step is None:
            return None, None
        if step.kind in _PASSING or (step.kind == _SCALE and step.unchanged):
            if not step.inputs:
                return None, None
            value = step.inputs[0]
            continue
        known = _ACTIVATIONS.get(step.kind)
        if known is Activation.ARGMAX:
            shape = program.values.get(step.inputs[0] if step.inputs else "", Known()).shape
            axis = step.axis
            if shape is None or axis is None or not -len(shape) <= axis < len(shape):
                return known, None
            return known, shape[axis]
        return known or (Activation.NONE if step.kind in _SCORES else None), None
    return None, None
