"""Who turns models into ONNX whose formats are not lowered here: a sentence with the command.

The commands were run with tf2onnx 1.17, paddle2onnx 2.1 and PyTorch 2.13. Nothing converts from
OpenVINO, and onnxmltools' converter from Core ML no longer runs with its own releases.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, Optional, Sequence

from .description import ModelDescription, Role, Tensor

# Names that a command line takes as they stand.
_PLAIN_FILE = re.compile(r"\w[\w.\-]{0,99}", re.ASCII)
_PLAIN_NAME = re.compile(r"\w[\w./\-]{0,199}", re.ASCII)
_MOST_NAMES = 8
_EXPORT = "torch.onnx.export(model, (example,), 'model.onnx')"
_TF2ONNX = "python -m tf2onnx.convert"


def converter_of(model: ModelDescription) -> str:
    """Which program converts a model, in a sentence that ends with the command."""
    return _SENTENCES.get(model.format, _weights)(model)


def _saved_model(model: ModelDescription) -> str:
    return (
        "OpenVINO runs it as it is, and tf2onnx converts it: "
        f"{_TF2ONNX} --saved-model FOLDER --output model.onnx"
    )


def _graph(model: ModelDescription) -> str:
    file = _file(model, "model.pb")
    return (
        "OpenVINO runs it as it is, and tf2onnx converts it: "
        f"{_TF2ONNX} --graphdef {file} {_ends(model)} --output model.onnx"
    )


def _checkpoint(model: ModelDescription) -> str:
    graph = _file(model, "model.ckpt.meta", ".meta")
    if not graph:
        return (
            "It holds weights alone: load them in the script that it was made with, write the "
            "model with tf.saved_model.save(model, 'FOLDER'), and tf2onnx converts that: "
            f"{_TF2ONNX} --saved-model FOLDER --output model.onnx"
        )
    return (
        f"tf2onnx converts it: {_TF2ONNX} --checkpoint {graph} {_ends(model)} --output model.onnx"
    )


def _tflite(model: ModelDescription) -> str:
    file = _file(model, "model.tflite")
    return f"tf2onnx converts it: {_TF2ONNX} --tflite {file} --output model.onnx"


def _openvino(model: ModelDescription) -> str:
    return (
        "OpenVINO runs it as it is, and nothing converts it: export the model that it was made "
        f"from, in PyTorch for example with {_EXPORT}"
    )


def _coreml(model: ModelDescription) -> str:
    return (
        "coremltools converts towards Core ML alone: export the model that it was made from, in "
        f"PyTorch for example with {_EXPORT}"
    )


def _paddle(model: ModelDescription) -> str:
    parameters = _file(model, "model.pdiparams", "params", "__params__")
    if not parameters or parameters == model.primary.path:
        return (
            "It holds weights, or a program without them: load them in the script that it was "
            "made with, and write the network with "
            "paddle.onnx.export(network, 'model', input_spec=[example])"
        )
    return (
        f"paddle2onnx converts it: paddle2onnx --model_dir . --model_filename "
        f"{_file(model, 'model.pdmodel')} --params_filename {parameters} "
        "--save_file model.onnx"
    )


def _torchscript(model: ModelDescription) -> str:
    file = _file(model, "model.pt")
    return (
        f"PyTorch converts it: torch.onnx.export(torch.jit.load('{file}'), (example,), "
        "'model.onnx', dynamo=False)"
    )


def _exported(model: ModelDescription) -> str:
    file = _file(model, "model.pt2")
    return (
        f"PyTorch converts it: torch.onnx.export(torch.export.load('{file}').module(), "
        "(example,), 'model.onnx')"
    )


def _weights(model: ModelDescription) -> str:
    return (
        "It holds weights, or a program in Python: load it with the code that it was made with and "
        f"export it there: {_EXPORT}"
    )


_SENTENCES: Dict[str, Callable[[ModelDescription], str]] = {
    "tensorflow-savedmodel": _saved_model,
    "tensorflow-graphdef": _graph,
    "tensorflow-checkpoint": _checkpoint,
    "tflite": _tflite,
    "openvino-ir": _openvino,
    "coreml": _coreml,
    "paddle": _paddle,
    "torchscript": _torchscript,
    "pytorch-export": _exported,
}


def _file(model: ModelDescription, usual: str, *endings: str) -> str:
    """The first of the model's files with one of these endings, as a command line takes it.

    Returns
    -------
    str
        Its name, the usual one where it has to be quoted; empty where there is none.
    """
    found = (part.path for part in model.files if part.path.endswith(endings or ("",)))
    name = next(found, "")
    return usual if name and not _PLAIN_FILE.fullmatch(name) else name


def _ends(model: ModelDescription) -> str:
    return f"--inputs {_names(model.inputs, 'x')} --outputs {_names(model.outputs, 'y')}"


def _names(tensors: Sequence[Tensor], otherwise: str) -> str:
    """The tensors that are fed or fetched, as TensorFlow calls them."""
    names: Sequence[Optional[str]] = [one.name for one in tensors if one.role is Role.DATA]
    plain = [one for one in names if one is not None and _PLAIN_NAME.fullmatch(one)]
    if not plain or len(plain) < len(names) or len(plain) > _MOST_NAMES:
        plain = [otherwise]
    return ",".join(f"{one}:0" for one in plain)
