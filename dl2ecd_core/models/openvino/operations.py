"""OpenVINO's operations among ONNX's.

https://docs.openvino.ai/2024/documentation/openvino-ir-format/operation-sets.html
"""

from __future__ import annotations

from ...network.names import called, operators

#: Operations that are defined over N, C and then the spatial axes.
OVER_NCHW = operators(
    "Convolution GroupConvolution ConvolutionBackpropData GroupConvolutionBackpropData "
    "BinaryConvolution DeformableConvolution MaxPool AvgPool AdaptiveAvgPool AdaptiveMaxPool "
    "DepthToSpace SpaceToDepth LRN BatchNormInference Deconvolution Pooling"
)
#: Operations whose second input holds axes or an order.
WITH_AXES = {
    "Transpose": "perm",
    **dict.fromkeys(("Squeeze", "Unsqueeze"), "axes"),
    **dict.fromkeys(("ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum"), "axes"),
}
OPERATORS = called(
    "Convolution=Conv GroupConvolution=Conv BinaryConvolution=Conv DeformableConvolution=Conv "
    "ConvolutionBackpropData=ConvTranspose GroupConvolutionBackpropData=ConvTranspose "
    "Deconvolution=ConvTranspose MaxPool AvgPool=AveragePool AdaptiveAvgPool=AveragePool "
    "AdaptiveMaxPool=MaxPool Pooling=MaxPool DepthToSpace SpaceToDepth LRN "
    "BatchNormInference=BatchNormalization MVN=MeanVarianceNormalization "
    "NormalizeL2=LpNormalization MatMul FullyConnected=Gemm Add Subtract=Sub Multiply=Mul "
    "Divide=Div Power=Pow Maximum=Max Minimum=Min Sqrt Exp Log Abs ReLU=Relu Relu PReLU=PRelu "
    "Clamp=Clip Sigmoid Tanh Elu Gelu HSwish=HardSwish Swish Mish HSigmoid=HardSigmoid "
    "SoftPlus=Softplus Selu SoftMax=Softmax Softmax LogSoftmax Convert=Cast "
    "FakeQuantize=QuantizeLinear Interpolate=Resize Resample=Resize Pad Concat Slice "
    "StridedSlice=Slice Split VariadicSplit=Split Reshape Flatten Squeeze Unsqueeze Transpose "
    "Permute=Transpose TopK ArgMax ReduceMean ReduceMax ReduceMin ReduceSum Equal Greater Less "
    "GreaterEqual=GreaterOrEqual LessEqual=LessOrEqual LogicalAnd=And LogicalOr=Or LogicalNot=Not"
)
#: What older versions had as kinds of the layer "Activation".
ACTIVATIONS = called("sigmoid=Sigmoid tanh=Tanh relu=Relu elu=Elu exp=Exp")
