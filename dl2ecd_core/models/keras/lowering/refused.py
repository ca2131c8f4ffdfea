"""Layers of Keras that are known and can't be said in ONNX's operators here, and why."""

from __future__ import annotations

from typing import Dict

_REASONS = (
    (
        "it goes through a series step by step",
        "LSTM GRU SimpleRNN RNN CuDNNLSTM CuDNNGRU LSTMV1 LSTMV2 GRUV1 GRUV2 Bidirectional "
        "ConvLSTM1D ConvLSTM2D ConvLSTM3D StackedRNNCells",
    ),
    (
        "attention is not followed here",
        "Attention AdditiveAttention MultiHeadAttention GroupedQueryAttention",
    ),
    ("it runs somebody's own code, which is never run here", "Lambda"),
    (
        "it has a kernel of its own for each pixel",
        "LocallyConnected1D LocallyConnected2D LocallyConnected3D",
    ),
    ("it hides values from the layers behind it", "Masking"),
    ("its kernel is worked out anew each time", "SpectralNormalization"),
    (
        "its windows depend on the size of the image",
        "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D "
        "AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D",
    ),
    ("it normalises without taking the mean off", "RMSNormalization"),
    ("it takes equations", "EinsumDense"),
)

#: Half a sentence for each layer.
REFUSED: Dict[str, str] = {name: why for why, names in _REASONS for name in names.split()}
