"""Rules about turning a model's network into another format."""

from __future__ import annotations

from typing import Tuple

from ..finding import Rule, Severity

RULES: Tuple[Rule, ...] = (
    Rule(
        "network-operation-unknown",
        Severity.ERROR,
        "Every layer that the outputs need is of a kind that is known here.",
    ),
    Rule(
        "network-not-convertible",
        Severity.ERROR,
        "Every layer that the outputs need can be said exactly in ONNX's operators.",
    ),
    Rule(
        "network-format-not-convertible",
        Severity.ERROR,
        "Networks of the model's format can be turned into ONNX here.",
    ),
    Rule(
        "network-weights-missing",
        Severity.ERROR,
        "The model's files hold all weights that the network needs.",
    ),
    Rule(
        "network-decided",
        Severity.INFORMATION,
        "What the model's files leave open about its network, and how it was decided.",
    ),
    Rule(
        "network-axes-fixed",
        Severity.ERROR,
        "The order of a network's axes can be changed while it is turned into ONNX.",
    ),
    Rule(
        "network-checked",
        Severity.INFORMATION,
        "How far the network in ONNX Runtime is from reference arrays, when that is asked for.",
    ),
    Rule(
        "network-computes-otherwise",
        Severity.ERROR,
        "The network in ONNX Runtime computes the reference arrays but for rounding.",
    ),
    Rule(
        "network-reference-unusable",
        Severity.ERROR,
        "Reference arrays can be read, and there is one for each input and output.",
    ),
    Rule(
        "network-written-wrong",
        Severity.ERROR,
        "Read back, the written network has the inputs, outputs, padding and classes of the model.",
    ),
)
