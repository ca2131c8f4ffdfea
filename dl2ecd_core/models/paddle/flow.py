"""The values of a PaddlePaddle program in the order in which they are made, and their sizes.

What runs a program works out for itself how large results are; the sizes of variables are a hint.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ...network.flow import Flow
from ...network.names import called
from ...network.sizing import Declared, Sizing
from ...wire.source import ByteSource
from . import program_in
from .steps import Known, Program, Step, tensors

#: Operations whose results ONNX's operators tell the sizes of, from the same inputs. Of those that
#: change each number by itself, any does.
_ALIKE = called(
    "relu=Relu relu6=Relu leaky_relu=Relu sigmoid=Relu softmax=Relu log_softmax=Relu tanh=Relu "
    "hard_swish=Relu hardswish=Relu hard_sigmoid=Relu hardsigmoid=Relu swish=Relu silu=Relu "
    "mish=Relu gelu=Relu elu=Relu exp=Relu sqrt=Relu scale=Relu clip=Relu cast=Relu dropout=Relu "
    "assign=Relu add=Add subtract=Add multiply=Add divide=Add matmul_v2=MatMul matmul=MatMul "
    "concat=Concat elementwise_add=Add elementwise_sub=Add elementwise_mul=Add elementwise_div=Add "
    "elementwise_max=Add elementwise_min=Add elementwise_pow=Add"
)
#: Operations whose result has the shape that an attribute spells.
_SPELT = ("fill_constant", "gaussian_random", "uniform_random", "expand_v2")
_REPEATING = ("tile", "expand")


def flow_of(source: ByteSource) -> Flow:
    """The flow of a program.

    Raises
    ------
    ModelFileError
        As for :func:`~dl2ecd_core.models.inspect_model`.
    """
    program = program_in(source)
    sizing = Sizing()
    inputs, _ = tensors(program)
    for (_, value), tensor in zip(program.inputs, inputs):
        known = _known(program, value)
        sizing.input(value, known.shape, known.data_type, tensor.axes)
    for value in program.weights:
        known = _known(program, value)
        sizing.constant(value, known.shape, known.data_type)
    for step in program.steps:
        op, taken = _sized(sizing, step)
        outputs: Dict[str, Declared] = {}
        for name in step.outputs:
            known = _known(program, name)
            outputs[name] = known.shape, known.data_type
        sizing.add(step.inputs, outputs, op=op, taken=taken, axis=step.axis)
    return sizing.flow([value for _, value in program.outputs])


def _known(program: Program, name: str) -> Known:
    return program.values.get(name, Known())


def _sized(sizing: Sizing, step: Step) -> Tuple[str, Optional[List[str]]]:
    """ONNX's operator that tells how large a result is, and what it takes."""
    op = _ALIKE.get(step.kind, "")
    if op == "Add" and step.axis not in (None, -1):
        # What is added begins at this axis, and does not end with the last one.
        return "", None
    if op == "Concat" and step.axis is None:
        return "", None
    if op:
        return op, None
    sizes = step.sizes
    if sizes is None:
        return "", None
    if step.kind in _REPEATING and step.inputs:
        return "Tile", [step.inputs[0], sizing.numbers(sizes)]
    if step.kind in _SPELT:
        shape = sizing.value(step.inputs[0]).shape if step.inputs else None
        # -1 stands for the size that there is.
        before = (1,) * (len(sizes) - len(shape or ())) + tuple(shape or ())
        wanted = [have if size < 0 else size for size, have in zip(sizes, before)]
        return "ConstantOfShape", [sizing.numbers(wanted)]
    return "", None
