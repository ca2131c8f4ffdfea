"""What an analyst reads, word for word, in wording.txt beside this file.

The texts are the product as much as the rules are: whoever changes one reads it once more here.
``python -m tests.fit.test_wording`` writes the file anew; the difference is to be read then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, Tuple

import pytest

from dl2ecd_core.findings import Finding
from dl2ecd_core.fit import check_fit
from dl2ecd_core.models import ClassNames, Content, Evidence
from dl2ecd_core.models.detectors.head import DetectorHead, HeadKind
from tests import words
from tests.documents import (
    Activation,
    Role,
    Tensor,
    class_info,
    description,
    image,
    land_classes,
    probabilities,
)

WORDING = Path(__file__).with_name("wording.txt")

Case = Callable[[Path], Tuple[Finding, ...]]


def _case(model: Dict[str, Any], **changes: Any) -> Case:
    return lambda folder: check_fit(description(**model), class_info(folder, **changes))


_ONNX = {"framework": "ONNX", "format": "onnx"}
_GRAPH = {"framework": "TensorFlow", "format": "tensorflow-graphdef"}
_VECTOR = image("p", 2)
_ONE_CHANNEL = probabilities(1, activation=Activation.SIGMOID)
_GUESSED_INPUT = image("i", None, 5, None, None, evidence=Evidence.GUESSED)
_GUESSED_OUTPUT = image("o", None, 5, None, None, evidence=Evidence.GUESSED)
_HEAD = Tensor("boxes", (1, 7, 80), "???", content=Content.RAW_DETECTOR_HEAD)
_THREE = DetectorHead(HeadKind.ROWS, 3)
_CROPPED = image("p", 2, 128, 128)
_TWO = (image("ten", 4, 256, 256), image("twenty", 6, 256, 256))
_BIG = [{"Value": value * 10, "Name": f"c{value}", "Color": [1, 2, 3]} for value in range(9)]

CASES: Dict[str, Case] = {
    "all is well": _case({}),
    "another framework": _case(_GRAPH),
    "a framework that is not known": _case({}, Classifier="MyNet"),
    "a relative": _case({"framework": "Keras", "format": "keras-v3"}, Classifier="TensorFlow"),
    "a relative of an unlisted framework": _case(
        {"framework": "Elsewhere", "format": "x"}, Classifier="Keras"
    ),
    "onnx by name": _case({**_ONNX, "producer": "pytorch 2.1"}, Classifier="ONNX"),
    "onnx by exporter": _case({**_ONNX, "producer": "pytorch 2.1"}, Classifier="PyTorch"),
    "onnx of another exporter": _case({**_ONNX, "producer": "pytorch 2.1"}, Classifier="CNTK"),
    "onnx of nobody": _case(_ONNX, Classifier="CNTK"),
    "other bands": _case({}, NumberRasterBands=3),
    "other bands, one channel": _case({"inputs": (image("i", 1, 64, 64),)}, NumberRasterBands=1.0),
    "one channel, more bands": _case({"inputs": (image("i", 1, 64, 64),)}, NumberRasterBands=2),
    "several inputs": _case({"inputs": _TWO}, NumberRasterBands=3),
    "bands of several inputs together": _case({"inputs": _TWO}, NumberRasterBands=10),
    "no inputs": _case({"inputs": ()}),
    "an input of free channels": _case({"inputs": (image("i", None, 64, 64),)}),
    "one input of free channels among others": _case(
        {"inputs": (image("i", None, 64, 64), image("j", 3, 64, 64))}
    ),
    "bands listed, too few": _case({}, ExtractBands=[0, 1, 2]),
    "one band listed": _case({}, ExtractBands=[1]),
    "bands listed, beyond the last": _case({}, ExtractBands=[0, 1, 2, 4]),
    "the last band listed": _case({}, ExtractBands=[3, 2, 1, 0]),
    "bands by name": _case({}, ExtractBands=["Red", "Green", "Blue", "NIR"]),
    "bands listed for one of two inputs": _case({"inputs": _TWO}, ExtractBands=[0, 1, 2, 3, 1, 1]),
    "bands listed for two inputs": _case(
        {"inputs": _TWO}, ExtractBands=[0, 1, 2, 3] * 2 + [0, 1], NumberRasterBands=10
    ),
    "bands listed, wrong NumberRasterBands": _case(
        {}, ExtractBands=[0, 1, 9], NumberRasterBands="4"
    ),
    "bands listed wrongly": _case({}, ExtractBands=[0, -1]),
    "bands listed for what is not told": _case(
        {"inputs": (image("i", None, 64, 64), image("j", 3, 64, 64))}, ExtractBands=[0]
    ),
    "more classes": _case({"outputs": (probabilities(5),)}),
    "more classes than the one": _case({"outputs": (probabilities(5),)}, Classes=land_classes(1)),
    "one class more": _case({"outputs": (probabilities(3),)}),
    "a background": _case({"outputs": (probabilities(3),)}, Classes=land_classes(2, first=1)),
    "a background below a threshold": _case(
        {"outputs": (_ONE_CHANNEL,)}, Classes=land_classes(1, first=1)
    ),
    "a threshold": _case({"outputs": (_ONE_CHANNEL,)}),
    "a threshold for three": _case({"outputs": (_ONE_CHANNEL,)}, Classes=land_classes(3)),
    "a threshold for one": _case({"outputs": (_ONE_CHANNEL,)}, Classes=land_classes(1)),
    "one channel of anything": _case({"outputs": (probabilities(1),)}),
    "weights for more bands": _case({"inputs": (_GUESSED_INPUT,)}),
    "weights for other bands than picked": _case(
        {"inputs": (_GUESSED_INPUT,)}, ExtractBands=[0, 1, 3]
    ),
    "weights for more classes": _case({"outputs": (_GUESSED_OUTPUT,)}),
    "rows that may be boxes": _case({"outputs": (image("o", 1, 256, 8),)}),
    "a detector of three classes": _case({"outputs": (_HEAD,), "detector": _THREE}),
    "a detector of three classes, for three": _case(
        {"outputs": (_HEAD,), "detector": _THREE}, Classes=land_classes(3)
    ),
    "a detector of so many classes": _case(
        {"outputs": (_HEAD,), "detector": DetectorHead(HeadKind.FINISHED)}
    ),
    "a detector of so many classes, said to be one": _case(
        {"outputs": (_HEAD,), "detector": DetectorHead(HeadKind.FINISHED)},
        ModelType="ObjectDetection",
    ),
    "one class of an argmax": _case(
        {
            "outputs": (
                image("p", 256, 256, axes="HW", activation=Activation.ARGMAX, class_count=1),
            )
        },
        Classes=land_classes(3),
    ),
    "several outputs, none fits": _case(
        {"outputs": tuple(image(f"o{size}", size, 64, 64) for size in range(5, 16))}
    ),
    "an output that does not tell": _case({"outputs": (probabilities(5), Tensor("other"))}),
    "an output without a name": _case({"outputs": (image(None, 5, 256, 256),)}),  # type: ignore[arg-type]
    "no outputs": _case({"outputs": ()}),
    "a detector's classes": _case(
        {"outputs": (probabilities(5),)}, ModelType="ObjectDetection", Classes=land_classes(1)
    ),
    "values that are no indices": _case(
        {"outputs": (probabilities(9),)}, Classes=_BIG, NumberRasterBands=4
    ),
    "a detector's values": _case({}, ModelType="ObjectDetection", Classes=land_classes(2, first=5)),
    "values given twice": _case({}, Classes=[*land_classes(1, first=5), *land_classes(1, first=5)]),
    "values after a background": _case(
        {"outputs": (probabilities(3),)}, Classes=land_classes(2, first=7)
    ),
    "values of what is not told": _case(
        {"outputs": (Tensor("other"),)}, Classes=land_classes(8, first=1)
    ),
    "classes that can't be used": _case({"outputs": (probabilities(5),)}, Classes=[{"Value": "1"}]),
    "names in another order": _case(
        {"class_names": (ClassNames(("Class 1", "Class 0"), "metadata property 'names'"),)}
    ),
    "other names": _case({"class_names": (ClassNames(("cat", "dog"), "label file 'a.txt'"),)}),
    "the same names but one": _case(
        {"class_names": (ClassNames(("class  0", "CLASS 1"), "a"), ClassNames(("x",), "b"))}
    ),
    "names with a background": _case(
        {"class_names": (ClassNames(("background", "Class 0", "Class 1"), "a"),)}
    ),
    "names for classes that can't be used": _case(
        {"class_names": (ClassNames(("x",), "a"),)}, Classes=[]
    ),
    "many names": _case(
        {"class_names": (ClassNames(tuple(f"n{at}" for at in range(30)), "a"),)},
    ),
    "many classes of other names": _case(
        {
            "class_names": (ClassNames(tuple(f"n{at}" for at in range(25)), "a"),),
            "outputs": (probabilities(25),),
        },
        Classes=land_classes(25),
    ),
    "a fixed batch": _case({"inputs": (image("i", 8, 4, 256, 256),)}),
    "a fixed batch, none given": _case(
        {"inputs": (image("i", 8, 4, 256, 256),)}, MiniBatchSize=None
    ),
    "a fixed batch that is given": _case({"inputs": (image("i", 16, 4, 256, 256),)}),
    "a free and a fixed batch": _case(
        {"inputs": (image("i", None, 4, 256, 256), image("j", 8, 4, 256, 256))}
    ),
    "a batch that can be changed": _case(
        {"inputs": (image("i", 1, 4, 256, 256),), "format": "tflite"}
    ),
    "a batch that can't be used": _case(
        {"inputs": (image("i", 8, 4, 256, 256),)}, MiniBatchSize="16"
    ),
    "another tile": _case({}, ImageHeight=128, ImageWidth=64),
    "another width alone": _case({}, ImageHeight=256, ImageWidth=64),
    "the same tile": _case({}, ImageHeight=256, ImageWidth=256),
    "a free tile": _case({"inputs": (image("i", 4, None, None),)}),
    "a tile with free columns": _case({"inputs": (image("i", 4, 64, None),)}),
    "a free tile, rows given": _case({"inputs": (image("i", 4, None, None),)}, ImageHeight=64),
    "a free tile, both given": _case(
        {"inputs": (image("i", 4, None, None),)}, ImageHeight=64, ImageWidth=64
    ),
    "a tile without inputs": _case({"inputs": ()}, ImageWidth=64),
    "a tile of what has no axes": _case({"inputs": (Tensor("i"),)}),
    "another padding": _case({"outputs": (_CROPPED,), "padding": 64}, ModelPadding=32),
    "the model's padding": _case({"outputs": (_CROPPED,), "padding": 64}, ModelPadding=64),
    "a padding that the sizes show": _case({"outputs": (_CROPPED,)}, ModelPadding=64),
    "a padding that the sizes contradict": _case({"outputs": (_CROPPED,)}, ModelPadding=32),
    "a padding of all the tile": _case({"outputs": (_CROPPED,)}, ModelPadding=128),
    "columns that contradict a padding": _case(
        {"outputs": (image("p", 2, 128, 256), _CROPPED)}, ModelPadding=64
    ),
    "no padding said": _case({"outputs": (_CROPPED,)}, ModelPadding=0),
    "a padding of a free tile": _case(
        {"inputs": (image("i", 4, None, None),), "outputs": (_CROPPED,)},
        ModelPadding=32,
        ImageHeight=256,
        ImageWidth=256,
    ),
    "a padding beside an output that does not tell": _case(
        {"outputs": (Tensor("o"), probabilities())}, ModelPadding=64
    ),
    "a vector for pixels": _case({"outputs": (_VECTOR,)}, ModelType="ImageClassification"),
    "a vector for boxes": _case({"outputs": (_VECTOR,)}, ModelType="ObjectDetection"),
    "a map for boxes": _case({}, ModelType="ObjectDetection"),
    "a map for tiles": _case({}, ModelType="ObjectClassification"),
    "a map for pixels": _case({}, ModelType="ImageClassification"),
    "a use of one's own": _case({}, ModelType="PanopticSegmentation"),
    "a use of what is not told": _case({"outputs": (Tensor("o"),)}, ModelType="ObjectDetection"),
    "one label left": _case(
        {"inputs": (image(), image("labels", 2, 256, 256, role=Role.LABEL))},
        ModelConfiguration="Mine",
    ),
    "one loss left": _case(
        {"outputs": (probabilities(), Tensor("loss", (), "", role=Role.LOSS))},
        ModelConfiguration="Mine",
    ),
    "much left of training": _case(
        {
            "inputs": (image(), *(Tensor(name, role=Role.LABEL) for name in ("a", None))),
            "outputs": (probabilities(), *(Tensor(name, role=Role.LOSS) for name in ("c", None))),
        },
        ModelConfiguration="Mine",
    ),
    "no reader": _case(_GRAPH, Classifier="TensorFlow"),
    "a reader of one's own": _case(_GRAPH, Classifier="TensorFlow", InferenceFunction="m.py"),
    "a reader's name of one's own": _case(
        _GRAPH, Classifier="TensorFlow", ModelConfiguration={"Name": "Mine"}
    ),
    "the reader that fits": _case({}, ModelConfiguration="AzurePixelLevelLandClassification"),
    "a reader of CNTK for another": _case(
        _GRAPH, Classifier="TensorFlow", ModelConfiguration="AzurePixelLevelLandClassification"
    ),
    "a reader of images for vectors": _case(
        {"inputs": (image("i", 4),), "outputs": (_VECTOR,)},
        ModelConfiguration="AzurePixelLevelLandClassification",
    ),
    "a reader of images for what is not told": _case(
        {"inputs": (Tensor("i"), image("j", 4)), "outputs": (_VECTOR,)},
        ModelConfiguration="AzurePixelLevelLandClassification",
    ),
    "a reader of images without inputs": _case(
        {"inputs": (), "outputs": (_VECTOR,)},
        ModelConfiguration="AzurePixelLevelLandClassification",
    ),
    "a reader of images beside two outputs": _case(
        {"outputs": (probabilities(), image("b", 2, 256, 256))},
        ModelConfiguration="AzurePixelLevelLandClassification",
    ),
    "the reader of graphs that fits": _case(
        {
            **_GRAPH,
            "inputs": (image("ImageTensor"),),
            "outputs": (image("SemanticPredictions", 2, 256, 256),),
        },
        Classifier="TensorFlow",
        ModelConfiguration="DeepLab",
    ),
    "a reader of graphs for CNTK": _case({}, ModelConfiguration="DeepLab"),
    "a reader of other tensors": _case(
        _GRAPH, Classifier="TensorFlow", ModelConfiguration={"Name": "DeepLab"}
    ),
    "a reader of other tensors, of detections": _case(
        _GRAPH, Classifier="TensorFlow", ModelConfiguration="ObjectDetectionAPI"
    ),
    "a reader of tensors that are not told": _case(
        {**_GRAPH, "inputs": ()}, Classifier="TensorFlow", ModelConfiguration="DeepLab"
    ),
    "a reader of outputs that are not told": _case(
        {**_GRAPH, "outputs": ()}, Classifier="TensorFlow", ModelConfiguration="DeepLab"
    ),
    "a configuration that can't be used": _case({}, ModelConfiguration={}),
}


def test_every_case_is_written_down() -> None:
    assert list(words.expected(WORDING)) == list(CASES)


@pytest.mark.parametrize("name", list(CASES))
def test_what_is_said(tmp_path: Path, name: str) -> None:
    assert words.said(CASES[name](tmp_path), tmp_path) == words.expected(WORDING)[name]


if __name__ == "__main__":
    words.write(WORDING, CASES)
