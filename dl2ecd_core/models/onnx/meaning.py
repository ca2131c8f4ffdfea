"""What an output's values mean: which operation made them, and how many classes they tell apart."""

from __future__ import annotations

from typing import Dict, Optional, Tuple

from ..description import Activation
from .document import Document
from .inference.learned import class_labels
from .inference.walk import Walk
from .nodes import Node

# Operations that change where values stand or how they are stored, not what they mean.
_PASSING = {
    "Identity", "Cast", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten",
    "QuantizeLinear", "DequantizeLinear", "Dropout", "Slice", "Split",
}  # fmt: skip
# After these, values are scores if nothing else is done to them.
_SCORES = {
    "Conv", "ConvTranspose", "FusedConv", "QLinearConv", "ConvInteger", "Gemm", "FusedGemm",
    "MatMul", "QLinearMatMul", "MatMulInteger", "Add", "Sub", "Mul", "Relu", "LeakyRelu",
    "PRelu", "Elu", "Selu", "Tanh", "Clip", "BatchNormalization", "InstanceNormalization",
    "LogSoftmax", "Resize", "Upsample", "AveragePool", "GlobalAveragePool", "MaxPool",
    "DepthToSpace", "LRN", "Sum",
}  # fmt: skip
_SOFTMAX = {"Softmax", "QLinearSoftmax"}
_SIGMOID = {"Sigmoid", "QLinearSigmoid"}
_CLASSIFIERS = {"TreeEnsembleClassifier", "LinearClassifier", "SVMClassifier"}
# Interpolating between pixels keeps probabilities what they are, but not class indices.
_RESIZING = {"Resize", "Upsample"}

_LONGEST_WAY = 10_000

Meaning = Tuple[Optional[Activation], Optional[int]]


class Meanings:
    """Looks back from an output to the operation that gave its values their meaning."""

    def __init__(self, document: Document, walk: Walk) -> None:
        self._document = document
        self._walk = walk
        self._makers: Dict[str, Tuple[Node, int]] = {}
        for node in document.graph.nodes:
            for index, name in enumerate(node.outputs):
                self._makers[name] = (node, index)

    def of(self, output: str) -> Meaning:
        """Activation and number of classes of an output."""
        name, resized = output, False
        for _ in range(_LONGEST_WAY):
            maker = self._makers.get(name)
            if maker is None:
                return None, None
            node, index = maker
            known = node.domain == "" or node.domain in ("ai.onnx.ml", "com.microsoft")
            if not known or self._is_function(node):
                return None, None
            if node.op in _PASSING and index == 0:
                name = node.input(0)
            elif node.op in _RESIZING and self._behind(node) in (_SOFTMAX | _SIGMOID | {"ArgMax"}):
                resized = resized or node.attributes.text("mode", "nearest") != "nearest"
                name = node.input(0)
            else:
                return self._made_by(node, index, resized)
        return None, None

    def _is_function(self, node: Node) -> bool:
        return (node.domain, node.op, node.overload) in self._document.functions

    def _behind(self, node: Node) -> Optional[str]:
        """The operation in front of a resize, casts left aside."""
        for _ in range(_LONGEST_WAY):
            maker = self._makers.get(node.input(0))
            if maker is None:
                return None
            node = maker[0]
            if node.op not in _PASSING:
                return node.op
        return None

    def _made_by(self, node: Node, index: int, resized: bool) -> Meaning:
        op = node.op
        if op in _SOFTMAX:
            return Activation.SOFTMAX, None
        if op in _SIGMOID:
            return Activation.SIGMOID, None
        if op == "ArgMax":
            if resized:
                return None, None
            return Activation.ARGMAX, self._length(node, node.attributes.integer("axis", 0))
        if op == "TopK" and index == 1:
            values = self._walk.values.get(node.outputs[1])
            axis = node.attributes.integer("axis", -1)
            if values is not None and axis is not None and values.size(axis) == 1:
                return Activation.ARGMAX, self._length(node, axis)
            return None, None
        if op == "Div":
            return (Activation.SOFTMAX if self._is_softmax(node) else None), None
        if op in _CLASSIFIERS:
            return self._classified(node, index)
        return (Activation.NONE if op in _SCORES else None), None

    def _length(self, node: Node, axis: Optional[int]) -> Optional[int]:
        value = self._walk.values.get(node.input(0))
        return None if value is None or axis is None else value.size(axis)

    def _is_softmax(self, node: Node) -> bool:
        """Exponentials divided by their sum."""
        above, below = self._makers.get(node.input(0)), self._makers.get(node.input(1))
        return (
            above is not None
            and below is not None
            and above[0].op == "Exp"
            and below[0].op == "ReduceSum"
            and below[0].input(0) == node.input(0)
        )

    def _classified(self, node: Node, index: int) -> Meaning:
        whole, names = class_labels(node.attributes)
        if index != 0:
            post = node.attributes.text("post_transform", "NONE")
            return (Activation.SOFTMAX if post == "SOFTMAX" else None), None
        indices = bool(whole) and whole == tuple(range(len(whole)))
        return (Activation.ARGMAX if indices else None), len(whole) or len(names) or None
