"""Which runtime runs which format."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Dict, Sequence, Tuple

from ...files.scratch import scratch_failure
from ...findings import Finding, Place
from ...findings.errors import ConversionRefused, Dl2EcdError
from ...findings.rules import finding
from ...findings.wording import quoted
from ...models import ModelDescription, Tensor
from ...models.converters import converter_of
from ...models.networks import read_network
from ...models.tensorflow.text_format import text_kind
from ...network.lowering import Network
from ...network.onnx_file import write_onnx
from ...wire.source import ByteSource
from ..extras import RunningRefused
from . import Session
from .litert_session import LiteRtSession
from .naming import matched
from .onnx_session import OnnxSession
from .openvino_session import OpenVinoSession
from .torch_session import TorchSession

_ONNX, _OPENVINO, _LITERT, _TORCH = "ONNX Runtime", "OpenVINO", "LiteRT", "PyTorch, --trust-model"

#: What a session's `runtime` ends with where it runs on a graphics card.
ON_CARD = "on CUDA"
#: What runs each format; formats that are not listed hold weights without a network, or run on
#: other systems only.
RUNTIMES: Dict[str, str] = {
    "onnx": _ONNX,
    **dict.fromkeys(
        ("caffe", "cntk-v1", "cntk-v2", "darknet", "keras-hdf5", "keras-v3", "mxnet"), _ONNX
    ),
    **dict.fromkeys(
        ("openvino-ir", "paddle", "tensorflow-graphdef", "tensorflow-savedmodel"), _OPENVINO
    ),
    "tensorflow-checkpoint": _OPENVINO,
    "tflite": _LITERT,
    **dict.fromkeys(("torchscript", "pytorch-export"), _TORCH),
}

#: How TensorFlow turns text into what OpenVINO reads: a graph, and a SavedModel.
_BINARY = (
    "Save it in binary form where TensorFlow is: read it with google.protobuf.text_format.Parse "
    "into a tf.compat.v1.GraphDef, and write that with tf.io.write_graph(graph, folder, "
    "'model.pb', as_text=False).",
    "Save it in binary form where TensorFlow is: model = tf.saved_model.load(folder), then "
    "tf.saved_model.save(model, another_folder, signatures=model.signatures).",
)


def open_session(
    model: ModelDescription, primary: Path, *, device: str = "cpu", trusted: bool = False
) -> Session:
    """A session for a model.

    Parameters
    ----------
    model
        What its file says of itself.
    primary
        Its file, in a folder with its companions and nothing else.
    device
        ``cpu``, ``cuda``, or ``auto`` for CUDA where it is there.
    trusted
        Whether the person says that a model which is a program may run.

    Raises
    ------
    RunningRefused
        ``model-not-runnable``, ``model-is-program`` or ``device-missing`` with what to do; or as
        the runtime refuses it.
    """
    session = _opened(model, primary, device, trusted=trusted)
    runtime = session.runtime
    if device == "cuda" and not runtime.endswith(ON_CARD):
        session.close()
        raise RunningRefused([_no_card(model, runtime)])
    return session


def _opened(model: ModelDescription, primary: Path, device: str, *, trusted: bool) -> Session:
    runtime = RUNTIMES.get(model.format)
    ends = model.inputs, model.outputs
    if model.format == "onnx":
        return OnnxSession(primary, *ends, device=device)
    if runtime == _ONNX:
        return _lowered(model, primary, device)
    if runtime == _LITERT:
        return _lite(primary, ends)
    if runtime == _OPENVINO:
        return _by_openvino(model, primary, ends)
    if runtime == _TORCH:
        if not trusted:
            raise RunningRefused([_is_program(model)])
        return TorchSession(primary, model.format, *ends, device=device)
    raise RunningRefused([_not_runnable(model)])


def _by_openvino(
    model: ModelDescription, primary: Path, ends: Tuple[Tuple[Tensor, ...], Tuple[Tensor, ...]]
) -> Session:
    """A session of OpenVINO.

    Raises
    ------
    RunningRefused
        ``model-not-frozen`` for a graph of TensorFlow without its weights; ``model-not-loaded``,
        which says what to do where the model is text; or as OpenVINO refuses it.
    """
    where = Place(file=model.primary.path)
    weightless = [
        replace(item, where=where) for item in model.findings if item.rule == "model-not-frozen"
    ]
    if weightless:
        raise RunningRefused(weightless)
    source = _for_openvino(model, primary)
    try:
        return OpenVinoSession(source, *ends)
    except RunningRefused as error:
        if error.findings[0].rule == "model-not-loaded" and _is_text(model, primary):
            raise RunningRefused([_is_as_text(model)]) from error
        raise


def _is_text(model: ModelDescription, primary: Path) -> bool:
    """Whether a model of TensorFlow is spelt out."""
    if not model.format.startswith("tensorflow"):
        return False
    with ByteSource(primary) as source:
        return text_kind(source) is not None


def _for_openvino(model: ModelDescription, primary: Path) -> Path:
    """What OpenVINO reads of a model: its folder, or its file.

    Raises
    ------
    RunningRefused
        ``model-not-runnable`` for the pickles in which Paddle keeps weights alone.
    """
    if model.format == "paddle" and any(item.rule.startswith("pickle") for item in model.findings):
        raise RunningRefused([_weights_alone(model)])
    return primary.parent if model.format == "tensorflow-savedmodel" else primary


def _lowered(model: ModelDescription, primary: Path, device: str) -> Session:
    """A model whose network can be said in ONNX's operators, as an ONNX file of its own."""
    target = primary.parent / "as-onnx" / "model.onnx"
    try:
        network = read_network(primary).network
    except Dl2EcdError as error:
        if error.findings[0].rule == "network-format-not-convertible":
            raise RunningRefused([_weights_alone(model)]) from error
        raise
    _write_lowered(network, target)
    inputs = _ends(network, list(network.graph.inputs), model.inputs)
    outputs = _ends(network, list(network.graph.outputs), model.outputs)
    return OnnxSession(target, inputs, outputs, device=device)


def _write_lowered(network: Network, target: Path) -> None:
    """Write a network into a folder of its own among those that go when the work is done."""
    try:
        target.parent.mkdir()
        write_onnx(network.graph, target)
    except (ConversionRefused, OSError) as error:
        cause = error.__cause__ if isinstance(error, ConversionRefused) else error
        if not isinstance(cause, OSError):
            raise
        raise scratch_failure(cause, "the model's network as ONNX") from error


def _ends(
    network: Network, names: Sequence[str], described: Tuple[Tensor, ...]
) -> Tuple[Tensor, ...]:
    """Inputs or outputs of a network, whose axes may be others than the source's: a batch more."""
    found = []
    for name, known in zip(names, matched([[name] for name in names], described)):
        tensor = Tensor(name) if known is None else replace(known, name=name)
        value = network.values[name]
        letters = network.letters.get(name) or value.letters
        if value.shape is not None and letters is not None and len(letters) == len(value.shape):
            tensor = replace(tensor, shape=value.shape, axes=letters)
        found.append(tensor)
    return tuple(found)


def _lite(primary: Path, ends: Tuple[Tuple[Tensor, ...], Tuple[Tensor, ...]]) -> Session:
    try:
        return LiteRtSession(primary, *ends)
    except Dl2EcdError as missing:
        if missing.findings[0].rule != "runtime-missing":
            raise
        try:
            return OpenVinoSession(primary, *ends)
        except Dl2EcdError:
            raise missing from None


def _no_card(model: ModelDescription, runtime: str) -> Finding:
    family = RUNTIMES[model.format]
    if family == _ONNX:
        hint = (
            "Put onnxruntime-gpu in the place of onnxruntime: pip uninstall onnxruntime, then "
            "pip install 'dl2ecd[gpu]'. It needs a card of NVIDIA with its driver, CUDA and cuDNN."
        )
    elif family == _TORCH:
        hint = "Install a PyTorch for CUDA, beside a card of NVIDIA with its driver."
    else:
        hint = "Models of this format run on the CPU alone here; one that is exported to ONNX can."
    return finding(
        "device-missing",
        f"The device cuda is asked for, and is not there: the model would run by {runtime}.",
        hint=f"{hint} Or choose the device auto, which takes the CPU where there is no other.",
        where=Place(file=model.primary.path),
    )


def _is_program(model: ModelDescription) -> Finding:
    return finding(
        "model-is-program",
        f"A model of the format {model.format} is a program: running it can do to this machine "
        "whatever its maker wanted.",
        hint=f"Say --trust-model if you know where it comes from{_torch_too()}; or export it to "
        "ONNX where it was made.",
        where=Place(file=model.primary.path),
    )


def _torch_too() -> str:
    """What else such a model needs before it runs, where that is missing."""
    if find_spec("torch") is not None:
        return ""
    return ", and install PyTorch, which would run it: pip install 'dl2ecd[torch]'"


def _weights_alone(model: ModelDescription) -> Finding:
    """Of formats that hold networks or weights alone."""
    return finding(
        "model-not-runnable",
        f"{quoted(model.primary.path)} holds weights alone: nothing in it says how the model "
        "computes.",
        hint="Save the whole model with the code that it was made with (in Keras model.save, in "
        "Paddle paddle.jit.save), or export it to ONNX there.",
        where=Place(file=model.primary.path),
    )


def _is_as_text(model: ModelDescription) -> Finding:
    """Of what OpenVINO reads in binary form, but not in every text that TensorFlow writes."""
    return finding(
        "model-not-loaded",
        f"{quoted(model.primary.path)} is a model of TensorFlow as text, of a kind that OpenVINO "
        "does not read.",
        hint=_BINARY[model.format == "tensorflow-savedmodel"],
        where=Place(file=model.primary.path),
    )


def _not_runnable(model: ModelDescription) -> Finding:
    return finding(
        "model-not-runnable",
        f"There is nothing here that runs models of the format {model.format}.",
        hint=converter_of(model),
        where=Place(file=model.primary.path),
    )
