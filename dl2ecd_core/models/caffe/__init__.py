"""Caffe models: weights in a .caffemodel, the network in a .prototxt beside it.

https://github.com/BVLC/caffe/blob/master/src/caffe/proto/caffe.proto
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Optional, Tuple

from ...files.plain_files import is_plain
from ...findings import Finding
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import listed
from ...network.footprints import model_padding
from ...wire.protobuf import Message
from ...wire.source import ByteSource
from ..companions import parts_of
from ..description import Activation, Evidence, ModelDescription, Role, Tensor
from .network import Layer, Network, flag, integers, part, read_binary, read_text
from .recognition import is_description, recognise
from .shapes import Blob, apply, input_blob

__all__ = ["read", "recognise"]

_MOST_DESCRIPTIONS = 32
_LONGEST_DESCRIPTION = 16 * 1024 * 1024

_DATA = {"Data", "ImageData", "HDF5Data", "MemoryData", "DummyData", "WindowData",
         "AnnotatedData", "ImageSegData"}  # fmt: skip
_SCORES = {"Convolution", "Deconvolution", "InnerProduct", "Eltwise", "ReLU", "PReLU", "Pooling",
           "Scale", "BatchNorm", "TanH", "Interp", "Concat"}  # fmt: skip
_PASSING = {"Split", "Dropout", "Reshape", "Flatten", "Permute", "Crop", "Slice"}


def read(source: ByteSource) -> ModelDescription:
    """What a Caffe model says about itself.

    Raises
    ------
    ModelFileError
        ``model-damaged`` or ``model-too-complex``; ``model-not-a-model`` for a .prototxt.
    """
    if is_description(source):
        raise ModelFileError(
            "model-not-a-model",
            f"'{source.name}' describes a Caffe network, but does not hold its weights.",
            hint="Give the .caffemodel file; this description is found beside it.",
            file=source.name,
        )
    weights = read_binary(Message(source, what="the model"))
    if not weights.layers:
        raise source.damaged(0, f"'{source.name}' looks like a Caffe model without any layer.")
    beside = _description(source, weights)
    files, missing = parts_of(source, [] if beside is None else [beside[0].name])
    if beside is None:
        missing = (f"{source.path.stem}.prototxt",)
    network = weights if beside is None else beside[1]
    inputs, outputs, padding = _ends(network)
    return ModelDescription(
        format="caffe",
        framework="Caffe",
        files=files,
        inputs=inputs,
        outputs=outputs,
        parameters=sum(layer.elements for layer in weights.layers),
        missing_files=missing,
        padding=padding,
        findings=tuple(_findings(network, weights, outputs)),
    )


def _description(source: ByteSource, weights: Network) -> Optional[Tuple[Path, Network]]:
    """The .prototxt that describes the layers whose weights these are."""
    wanted = {layer.name for layer in weights.layers if layer.elements}
    folder = source.path.parent
    first = [folder / f"{source.path.stem}.prototxt", folder / "deploy.prototxt"]
    try:
        others = sorted(folder.glob("*.prototxt"))[:_MOST_DESCRIPTIONS]
    except OSError:
        others = []
    fitting: List[Tuple[Path, Network]] = []
    for path in dict.fromkeys([*first, *others]):
        network = _read_description(path)
        if network is None or not wanted <= {layer.name for layer in network.layers}:
            continue
        if path in first:
            return path, network
        fitting.append((path, network))
    # Several that fit, none of them with a telling name: which one is meant is not known.
    return fitting[0] if len(fitting) == 1 else None


def _read_description(path: Path) -> Optional[Network]:
    try:
        if not is_plain(path) or path.stat().st_size > _LONGEST_DESCRIPTION:
            return None
        with ByteSource(path) as source:
            return read_text(source)
    except (ModelFileError, OSError):
        return None


def _runs(layer: Layer) -> bool:
    """Whether a layer is there when the network is used, not only while it is trained."""
    include, exclude = layer.settings.get("include", []), layer.settings.get("exclude", [])

    def phases(rules: List[object]) -> List[object]:
        return [one["phase"][-1] for one in rules if isinstance(one, dict) and one.get("phase")]

    asked = phases(list(include))
    if asked and not any(phase in ("TEST", 1) for phase in asked):
        return False
    return not any(phase in ("TEST", 1) for phase in phases(list(exclude)))


def _ends(network: Network) -> Tuple[Tuple[Tensor, ...], Tuple[Tensor, ...], Optional[int]]:
    """Inputs, outputs, and pixels cropped from each side."""
    blobs: Dict[str, Blob] = {}
    inputs: Dict[str, Role] = {}
    makers: Dict[str, Layer] = {}
    open_: Dict[str, None] = {}
    for index, name in enumerate(network.inputs):
        blobs[name] = input_blob(network.shapes[index] if index < len(network.shapes) else None)
        inputs[name] = Role.DATA
    for layer in network.layers:
        if not _runs(layer):
            continue
        if layer.type == "Input":
            given = [
                tuple(integers(one, "dim"))
                for one in part(layer.settings, "input_param").get("shape", [])
                if isinstance(one, dict)
            ]
            for index, top in enumerate(layer.tops):
                shape = given[index if len(given) > 1 else 0] if given else None
                blobs[top] = input_blob(shape)
                inputs[top] = Role.DATA
            continue
        if layer.type in _DATA and not layer.bottoms:
            for index, top in enumerate(layer.tops):
                blobs[top] = Blob(None)
                inputs[top] = Role.LABEL if index else Role.DATA
            continue
        results = apply(layer, [blobs.get(name, Blob(None)) for name in layer.bottoms])
        for bottom in layer.bottoms:
            open_.pop(bottom, None)
        for top, blob in zip(layer.tops, results):
            blobs[top] = blob
            makers[top] = layer
            open_[top] = None
    # Caffe itself lists the outputs by name.
    outputs = tuple(_output(name, blobs[name], makers, blobs) for name in sorted(open_))
    input_tensors = tuple(_input(name, blobs[name], role) for name, role in inputs.items())
    return input_tensors, outputs, _padding(input_tensors, outputs, blobs)


def _input(name: str, blob: Blob, role: Role) -> Tensor:
    if blob.shape is None:
        return Tensor(name, data_type="float32", role=role)
    return Tensor(name, blob.shape, blob.axes, "float32", Evidence.DECLARED, role)


def _output(name: str, blob: Blob, makers: Dict[str, Layer], blobs: Dict[str, Blob]) -> Tensor:
    layer = makers[name]
    loss = layer.type.endswith("Loss") or layer.type == "Accuracy"
    activation, classes = _activation(layer, makers, blobs)
    return Tensor(
        name,
        blob.shape,
        None if blob.shape is None else blob.axes,
        "float32",
        None if blob.shape is None else Evidence.INFERRED,
        Role.LOSS if loss else Role.DATA,
        activation,
        classes,
    )


def _activation(
    layer: Layer, makers: Dict[str, Layer], blobs: Dict[str, Blob]
) -> Tuple[Optional[Activation], Optional[int]]:
    for _ in range(1000):
        if layer.type not in _PASSING or not layer.bottoms:
            break
        before = makers.get(layer.bottoms[0])
        if before is None or before is layer:
            return None, None
        layer = before
    if layer.type == "Softmax":
        return Activation.SOFTMAX, None
    if layer.type == "Sigmoid":
        return Activation.SIGMOID, None
    if layer.type == "ArgMax":
        settings = part(layer.settings, "argmax_param")
        axis, blob = (
            integers(settings, "axis"),
            blobs.get(layer.bottoms[0] if layer.bottoms else ""),
        )
        if flag(settings, "out_max_val") or (integers(settings, "top_k") or [1]) != [1]:
            return None, None
        if axis == [1] and blob is not None and blob.shape is not None and len(blob.shape) > 1:
            return Activation.ARGMAX, blob.shape[1]
        return Activation.ARGMAX, None
    return (Activation.NONE if layer.type in _SCORES else None), None


def _padding(
    inputs: Tuple[Tensor, ...], outputs: Tuple[Tensor, ...], blobs: Dict[str, Blob]
) -> Optional[int]:
    images = [tensor for tensor in inputs if tensor.axes == "NCHW"]
    maps = [tensor for tensor in outputs if tensor.axes == "NCHW"]
    if len(images) != 1:
        return None
    found = {
        model_padding(
            (images[0].shape or ())[2:],
            (tensor.shape or ())[2:],
            blobs[tensor.name or ""].footprints,
        )
        for tensor in maps
    }
    return found.pop() if len(found) == 1 else None


def _findings(network: Network, weights: Network, outputs: Tuple[Tensor, ...]) -> List[Finding]:
    found: List[Finding] = []
    code = []
    for layer in [*network.layers, *([] if network is weights else weights.layers)]:
        if layer.type == "Python":
            settings = part(layer.settings, "python_param")
            code.append(
                ".".join(str((settings.get(key) or ["?"])[-1]) for key in ("module", "layer"))
            )
    if code:
        found.append(
            finding(
                "model-runs-own-code",
                f"The network has layers written in Python: {listed(dict.fromkeys(code))}.",
                hint="Caffe runs that code when it loads the model: use it only if you trust "
                "where it comes from.",
            )
        )
    unknown = [tensor.name or "" for tensor in outputs if tensor.shape is None]
    if unknown:
        found.append(
            finding(
                "model-shape-unknown",
                f"It can't be worked out what shape comes out at {listed(unknown)}.",
                hint="Put the .prototxt that belongs to the model beside it, under the same name.",
            )
        )
    return found
