"""Frameworks: their names in class information, in Esri's readers, and what they can run.

One table answers for the check of Classifier, for the .ecd's Framework key and for the docs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional, Tuple


@dataclass(frozen=True)
class Framework:
    """A framework and how people and programs call it.

    Attributes
    ----------
    name
        The field's own name, as model descriptions use it.
    classifiers
        What class information may call it, first the usual one; case does not matter.
    reader_name
        The name under which Esri's published readers import it; None when they have none.
    package
        What must be installed to run a model of it.
    relatives
        Frameworks whose models are accepted under this one's name, with a warning.
    """

    name: str
    classifiers: Tuple[str, ...]
    reader_name: Optional[str]
    package: str
    relatives: Tuple[str, ...] = ()


FRAMEWORKS: Tuple[Framework, ...] = (
    Framework("CNTK", ("CNTK", "Microsoft Cognitive Toolkit"), "CNTK", "cntk 2.x"),
    Framework(
        "TensorFlow",
        ("TensorFlow", "TF"),
        "TensorFlow",
        "tensorflow",
        ("Keras", "TensorFlow Lite"),
    ),
    Framework("Keras", ("Keras", "tf.keras"), "Keras", "keras", ("TensorFlow",)),
    Framework(
        "TensorFlow Lite",
        ("TensorFlow Lite", "TensorFlowLite", "TFLite", "LiteRT"),
        None,
        "tensorflow (its lite interpreter)",
    ),
    Framework("PyTorch", ("PyTorch", "Torch"), "PyTorch", "torch"),
    Framework("ONNX", ("ONNX", "ONNX Runtime", "onnxruntime"), None, "onnxruntime"),
    Framework("Caffe", ("Caffe",), None, "caffe, or OpenCV 4 with its dnn module"),
    Framework("OpenVINO", ("OpenVINO",), None, "openvino"),
    Framework("Core ML", ("Core ML", "CoreML"), None, "coremltools on macOS"),
    Framework("MXNet", ("MXNet", "Apache MXNet"), None, "mxnet"),
    Framework("Darknet", ("Darknet", "YOLO"), None, "darknet, or OpenCV 4 with its dnn module"),
    Framework("PaddlePaddle", ("PaddlePaddle", "Paddle"), None, "paddlepaddle"),
)

_BY_NAME: Dict[str, Framework] = {entry.name: entry for entry in FRAMEWORKS}
_BY_CLASSIFIER: Dict[str, Framework] = {
    alias.casefold(): entry for entry in FRAMEWORKS for alias in entry.classifiers
}

#: What an ONNX file's producer begins with, and the framework that it stands for.
#: As the exporters themselves write producer_name.
EXPORTERS: Tuple[Tuple[str, str], ...] = (
    ("pytorch", "PyTorch"),
    ("cntk", "CNTK"),
    ("tf2onnx", "TensorFlow"),
    ("tensorflow", "TensorFlow"),
    ("keras", "Keras"),
    ("paddle", "PaddlePaddle"),
    ("mxnet", "MXNet"),
    ("caffe", "Caffe"),
    ("openvino", "OpenVINO"),
)


def framework_named(name: str) -> Optional[Framework]:
    """The framework with the field's own name, e.g. of a model description."""
    return _BY_NAME.get(name)


def framework_of_classifier(classifier: str) -> Optional[Framework]:
    """The framework that a Classifier means, whatever its case; None when not in the table."""
    return _BY_CLASSIFIER.get(classifier.strip().casefold())


def exporter_of(producer: Optional[str]) -> Optional[str]:
    """The framework that exported an ONNX file, from the producer it names."""
    if producer is None:
        return None
    lowered = producer.casefold()
    for start, name in EXPORTERS:
        if lowered.startswith(start):
            return name
    return None


def reader_framework(name: str) -> str:
    """The Framework key for a model: as Esri's readers import it, else the field's own name."""
    entry = framework_named(name)
    return entry.reader_name if entry is not None and entry.reader_name else name
