"""Caffe models: weights in a .caffemodel, the network in a .prototxt beside it.

https://github.com/BVLC/caffe/blob/master/src/caffe/proto/caffe.proto
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import List, Optional, Tuple

from ...files.plain_files import is_plain
from ...findings import Finding
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import listed
from ...network.lowering import Network as LoweredNetwork
from ...wire.protobuf import Message
from ...wire.source import ByteSource
from ..companions import parts_of
from ..description import Evidence, ModelDescription, Role, Tensor
from ..network_ends import output_tensor, padding_of
from .lowering import ends_of, lowered, runs
from .network import Network, part, read_binary, read_text
from .recognition import is_description, recognise

__all__ = ["network_of", "read", "recognise"]

_MOST_DESCRIPTIONS = 32
_LONGEST_DESCRIPTION = 16 * 1024 * 1024


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
    ends, lowered_ = lowered(network, weights)
    inputs = tuple(_input(name, lowered_, role) for name, role in ends.inputs.items())
    outputs = tuple(
        replace(output_tensor(name, lowered_.values[name], role), data_type="float32")
        for name, role in ends.outputs.items()
    )
    return ModelDescription(
        format="caffe",
        framework="Caffe",
        files=files,
        inputs=inputs,
        outputs=outputs,
        parameters=sum(layer.elements for layer in weights.layers),
        missing_files=missing,
        padding=padding_of(inputs, outputs, lowered_.values),
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


def network_of(source: ByteSource) -> LoweredNetwork:
    """The network in ONNX's operators, with any number of images, and where its weights lie.

    Raises
    ------
    ModelFileError
        As :func:`read`.
    """
    weights = read_binary(Message(source, what="the model"))
    beside = _description(source, weights)
    network = weights if beside is None else beside[1]
    ends = ends_of(network, [layer for layer in network.layers if runs(layer)])
    wanted = [name for name, role in ends.outputs.items() if role is Role.DATA]
    return lowered(network, weights, source.path, free_batch=True, wanted=wanted)[1]


def _input(name: str, network: LoweredNetwork, role: Role) -> Tensor:
    value = network.values[name]
    if value.shape is None:
        return Tensor(name, data_type="float32", role=role)
    letters = {2: "NC", 4: "NCHW"}.get(len(value.shape), "?" * len(value.shape))
    return Tensor(name, value.shape, letters, "float32", Evidence.DECLARED, role)


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
