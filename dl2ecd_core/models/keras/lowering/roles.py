"""What weights each class of layers keeps, in Keras' order."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

from ....network.names import operators
from ..config import Layer, plain_settings

_KERNEL = ("kernel", "bias")
_SEPARABLE = ("depthwise_kernel", "pointwise_kernel", "bias")
_AFFINE = ("gamma", "beta")
_BATCH = (*_AFFINE, "moving_mean", "moving_variance")
_RECURRENT = ("kernel", "recurrent_kernel", "bias")

_ROLES: Dict[str, Tuple[str, ...]] = {
    "Dense": _KERNEL,
    "TimeDistributedDense": _KERNEL,
    "Embedding": ("embeddings",),
    "PReLU": ("alpha",),
    "LayerNormalization": _AFFINE,
    "GroupNormalization": _AFFINE,
    "RMSNormalization": ("scale",),
    "Normalization": ("mean", "variance", "count"),
    **dict.fromkeys(("BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2"), _BATCH),
    "SyncBatchNormalization": _BATCH,
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU"), _RECURRENT),
}
for _n in (1, 2, 3):
    for _name in (f"Conv{_n}D", f"Convolution{_n}D", f"AtrousConvolution{_n}D"):
        _ROLES[_name] = _KERNEL
    _ROLES[f"Conv{_n}DTranspose"] = _ROLES[f"Convolution{_n}DTranspose"] = _KERNEL
    _ROLES[f"LocallyConnected{_n}D"] = _KERNEL
    _ROLES[f"SeparableConv{_n}D"] = _ROLES[f"SeparableConvolution{_n}D"] = _SEPARABLE
    _ROLES[f"DepthwiseConv{_n}D"] = ("depthwise_kernel", "bias")

_NONE = operators(
    "InputLayer Activation Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D Flatten "
    "GaussianNoise GaussianDropout AlphaDropout ActivityRegularization Identity Reshape Permute "
    "RepeatVector Lambda Masking ReLU LeakyReLU ELU ThresholdedReLU Softmax Add Subtract Multiply "
    "Average Maximum Minimum Concatenate Dot Merge UnitNormalization Rescaling Resizing CenterCrop "
    "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D "
    "GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalAveragePooling1D "
    "GlobalAveragePooling2D GlobalAveragePooling3D UpSampling1D UpSampling2D UpSampling3D "
    "ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D TFOpLambda "
    "SlicingOpLambda RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast "
    "RandomBrightness"
)


def roles_of(layer: Layer) -> Optional[Tuple[str, ...]]:
    """The names of a layer's weights in Keras' order; None for a class that is not known."""
    roles = _ROLES.get(layer.class_name)
    if roles is None:
        return () if layer.class_name in _NONE else None
    left_out = _left_out(plain_settings(layer))
    return tuple(role for role in roles if role not in left_out)


def _left_out(values: Mapping[str, Any]) -> Tuple[str, ...]:
    found = []
    if values.get("use_bias", values.get("bias", True)) is False:
        found.append("bias")
    if values.get("scale") is False:
        found.append("gamma")
    if values.get("center") is False:
        found.append("beta")
    if values.get("mean") is not None:
        found += ["mean", "variance", "count"]
    return tuple(found)
