"""The model formats that can be read, and what each of them tells: the table in README.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple


@dataclass(frozen=True)
class Format:
    """One format, for people.

    Attributes
    ----------
    id
        As model descriptions name it.
    files
        What its files are usually called; the content decides, not the name.
    read
        What the file says by itself.
    inferred
        What is worked out.
    embedded
        The files that go into an .ecd.
    readers
        What Esri's published readers can run of it.
    """

    id: str
    files: str
    read: str
    inferred: str
    embedded: str
    readers: str


_NONE = "none published"
_WEIGHTS = (
    "bands and classes guessed from the first and last layers' weights, where their order is clear"
)

FORMATS: Tuple[Format, ...] = (
    Format(
        "cntk-v2",
        ".model, .dnn, .cntk",
        "inputs, parameters, functions of its own",
        "output shapes and cropped border, by walking the graph",
        "the file",
        "AzurePixelLevelLandClassification, FasterRCNN",
    ),
    Format(
        "cntk-v1",
        ".dnn, .cmf, .model",
        "inputs, parameters, label and loss nodes",
        "output shapes and cropped border, by walking the graph",
        "the file",
        "AzurePixelLevelLandClassification (CNTK 2 loads such files too)",
    ),
    Format(
        "tensorflow-graphdef",
        ".pb, .pbtxt",
        "placeholders, constants, operations; binary and text",
        "output shapes and cropped border, by walking the graph",
        "the file",
        "DeepLab, ObjectDetectionAPI (frozen, with their tensor names)",
    ),
    Format(
        "tensorflow-savedmodel",
        "saved_model.pb, or its folder",
        "serving signature, variables",
        "nothing",
        "saved_model.pb, variables/, assets/",
        _NONE,
    ),
    Format(
        "tensorflow-checkpoint",
        ".index with .data-* and .meta; one file (V1)",
        "names and shapes of the variables, the .meta graph",
        "bands and classes",
        "all files of the checkpoint",
        _NONE,
    ),
    Format(
        "keras-hdf5",
        ".h5, .hdf5",
        "the layers' configuration, weights, Lambda layers",
        "output shapes, layer by layer; where there are only weights, " + _WEIGHTS,
        "the file",
        "KerasClassifier, MaskRCNN (with ModelConfiguration given)",
    ),
    Format(
        "keras-v3",
        ".keras",
        "the layers' configuration, weights, Lambda layers",
        "output shapes, layer by layer",
        "the file",
        _NONE,
    ),
    Format(
        "tflite",
        ".tflite",
        "inputs, outputs, label files, custom operations",
        "nothing",
        "the file",
        _NONE,
    ),
    Format(
        "onnx",
        ".onnx",
        "inputs, outputs, initializers, class names in metadata, custom domains",
        "outputs without a declared shape; cropped border",
        "the file and its external data",
        _NONE,
    ),
    Format(
        "pytorch-zip",
        ".pth, .pt",
        "names and shapes of the tensors, what the pickle would import",
        _WEIGHTS,
        "the file",
        "FeatureClassifier, FastaiSSD (with ModelConfiguration given)",
    ),
    Format(
        "pytorch-legacy",
        ".pth, .pt (before PyTorch 1.6)",
        "names and shapes of the tensors, what the pickle would import",
        _WEIGHTS,
        "the file",
        "FeatureClassifier, FastaiSSD (with ModelConfiguration given)",
    ),
    Format(
        "torchscript",
        ".pt, .ptl",
        "tensors, the code's inputs, calls to code elsewhere",
        "bands and classes along the code; where it does more than is followed, " + _WEIGHTS,
        "the file",
        _NONE,
    ),
    Format(
        "pytorch-export",
        ".pt2",
        "inputs and outputs of the exported program",
        "nothing",
        "the file",
        _NONE,
    ),
    Format(
        "safetensors",
        ".safetensors",
        "names and shapes of the tensors, metadata",
        _WEIGHTS,
        "the file",
        _NONE,
    ),
    Format(
        "caffe",
        ".caffemodel with .prototxt",
        "weights, and the network in the .prototxt beside it",
        "output shapes, layer by layer",
        "both files",
        _NONE,
    ),
    Format(
        "openvino-ir",
        ".xml with .bin",
        "inputs, outputs, layers; old versions too",
        "nothing",
        "both files",
        _NONE,
    ),
    Format(
        "coreml",
        ".mlmodel, .mlpackage",
        "inputs, outputs, class labels, metadata",
        "nothing",
        "the file, or the package's files",
        _NONE,
    ),
    Format(
        "mxnet",
        ".params with -symbol.json",
        "arrays, and the symbol's inputs and outputs",
        "shapes, by walking the symbol",
        "both files",
        _NONE,
    ),
    Format(
        "darknet",
        ".weights with .cfg",
        "the network's sections",
        "shapes, layer by layer",
        "the files, with .names",
        _NONE,
    ),
    Format(
        "paddle",
        ".pdmodel with .pdiparams, .json, .pdparams",
        "the program's inputs and outputs, parameters",
        "where there are only weights, " + _WEIGHTS,
        "program and parameters",
        _NONE,
    ),
)

#: What to do with a file of none of them.
NONE_OF_THEM = (
    f"Known formats: {', '.join(item.id for item in FORMATS)} (dl2ecd_core/models/README.md). "
    "Export the model again, or convert it to ONNX."
)
