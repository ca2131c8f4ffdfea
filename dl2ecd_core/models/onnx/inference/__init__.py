"""Working out what the nodes of an ONNX graph do to shapes, step by step from input to output.

Operations: https://github.com/onnx/onnx/blob/main/docs/Operators.md and Operators-ml.md, those of
onnxruntime: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
What an operation does to sizes that the file leaves free, or that only running tells, stays
unknown.
"""
