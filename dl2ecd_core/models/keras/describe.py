"""From what a Keras file holds to the description of a model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ...findings import Finding, Place
from ...findings.errors import ConversionRefused
from ...findings.rules import finding
from ...findings.wording import quoted
from ...network.footprints import model_padding
from ...wire.source import ByteSource
from ..companions import primary_part
from ..description import Evidence, ModelDescription, Tensor
from .config import Network, read_layer, read_network
from .flow import Flow
from .lost_input import input_lost, lacks_input, with_first_kernel
from .own_code import own_code
from .walk import NetworkInput, Walk, network_inputs
from .weights import Weights

_LONGEST_VERSION = 40


@dataclass(frozen=True)
class Ends:
    """Inputs and outputs of a model, the padding, and what could not be told."""

    inputs: Tuple[Tensor, ...] = ()
    outputs: Tuple[Tensor, ...] = ()
    padding: Optional[int] = None
    findings: Tuple[Finding, ...] = ()


def ends_of(file: str, model: Dict[str, Any], weights: Optional[Weights] = None) -> Ends:
    """What a parsed description says goes into a model and comes out of it.

    Parameters
    ----------
    weights
        The model's, where its first kernel may have to tell the bands.
    """
    layer = read_layer(model)
    network = None if layer is None else read_network(layer)
    if layer is None or network is None:
        name = None if layer is None else layer.class_name
        return Ends(
            findings=(
                finding(
                    "model-shape-unknown",
                    f"The model is of its own class {quoted(name)}: the file does not say how its "
                    "layers are connected, so its inputs and outputs are not known.",
                    hint="Save it as a functional model, or export it to ONNX or a SavedModel.",
                    where=Place(file=file),
                ),
            )
        )
    lost_input = lacks_input(network) and weights is not None
    network = with_first_kernel(network, weights)
    declared = network_inputs(network)
    walk = Walk()
    flows = walk.outputs(network)
    inputs = tuple(
        _input_tensor(item, walk.axes_of_input(number, item.shape))
        for number, item in enumerate(declared)
    )
    if lost_input:
        inputs = tuple(_worked_out(tensor) for tensor in inputs)
    outputs = tuple(
        replace(_output_tensor(flow, inputs), name=name)
        for flow, name in zip(flows, _output_names(network, len(flows)))
    )
    lost = [flow.unsure for flow in flows if flow.unsure is not None]
    findings: List[Finding] = [input_lost(file)] if lost_input else []
    if lost:
        findings.append(
            finding(
                "model-shape-unknown",
                f"What the layer {quoted(lost[0])} makes of its input can't be worked out, so some "
                "sizes of the output are not known.",
                hint="Compare them with what the person who trained the model says.",
                where=Place(file=file),
            )
        )
    return Ends(inputs, outputs, _padding(inputs, flows, outputs), tuple(findings))


def connected(file: str, model: Optional[Dict[str, Any]]) -> Network:
    """The network that a parsed description says.

    Raises
    ------
    ConversionRefused
        ``network-format-not-convertible`` where there is none, or it is of a class of its own.
    """
    layer = None if model is None else read_layer(model)
    network = None if layer is None else read_network(layer)
    if network is None:
        raise not_connected(file, "it does not say how its layers are connected")
    return network


def not_connected(file: str, reason: str) -> ConversionRefused:
    """A refusal, for the caller to raise."""
    return ConversionRefused(
        [
            finding(
                "network-format-not-convertible",
                f"{quoted(file)} can't be turned into ONNX: {reason}.",
                hint="In Python: build the model in its script, load the weights with "
                "load_weights, and save it whole with model.save.",
                where=Place(file=file),
            )
        ]
    )


def _input_tensor(declared: NetworkInput, axes: Optional[str]) -> Tensor:
    shape = declared.shape
    if shape is None:
        return Tensor(declared.name, data_type=declared.data_type)
    if axes is None or len(axes) != len(shape):
        axes = {0: "", 1: "N", 2: "NC"}.get(len(shape), "N" + "?" * (len(shape) - 1))
    return Tensor(declared.name, shape, axes, declared.data_type, Evidence.DECLARED)


def _worked_out(tensor: Tensor) -> Tensor:
    return tensor if tensor.shape is None else replace(tensor, evidence=Evidence.INFERRED)


def _output_names(network: Network, count: int) -> Sequence[Optional[str]]:
    """The outputs' names, which are those of their layers.

    None where a layer gives several, and for a sequence, whose output Keras names while loading.
    """
    names = [ref.layer for ref in network.outputs or ()]
    if len(names) != count:
        return [None] * count
    return [name if names.count(name) == 1 else None for name in names]


def _output_tensor(flow: Flow, inputs: Sequence[Tensor]) -> Tensor:
    """An output without its name."""
    shape, axes = flow.shape, flow.axes
    if shape is None:
        return Tensor(None, data_type=flow.data_type, activation=flow.activation)
    if flow.unsure is not None and None in shape[1:]:
        # A size of None would say "free", which is not known: only the channels are.
        channels = axes.find("C") if axes is not None else -1
        return Tensor(
            None,
            data_type=flow.data_type,
            activation=flow.activation,
            class_count=shape[channels] if channels >= 0 else None,
        )
    if axes is None and len(flow.origins) == 1:
        origin = inputs[next(iter(flow.origins))]
        axes = origin.axes
    if axes is None or len(axes) != len(shape):
        axes = "N" + "?" * (len(shape) - 1) if shape else ""
    return Tensor(
        None,
        shape,
        axes,
        flow.data_type,
        Evidence.INFERRED,
        activation=flow.activation,
        class_count=flow.class_count,
    )


def _padding(
    inputs: Sequence[Tensor], flows: Sequence[Flow], outputs: Sequence[Tensor]
) -> Optional[int]:
    """What the model crops from its tile, where one image goes in and one comes out."""
    images = [tensor for tensor in inputs if tensor.axes in ("NHWC", "NCHW")]
    if len(images) != 1 or len(outputs) != 1 or flows[0].footprints is None:
        return None
    before = [images[0].size_of(axis) for axis in "HW"]
    after = [outputs[0].size_of(axis) for axis in "HW"]
    return model_padding(before, after, flows[0].footprints)


def description(
    source: ByteSource,
    format_id: str,
    ends: Ends,
    *,
    version: Optional[str],
    backend: Optional[str],
    parameters: Optional[int],
    findings: Sequence[Finding] = (),
) -> ModelDescription:
    """The description of a model whose one file is `source`."""
    version = version if version and len(version) <= _LONGEST_VERSION else None
    backend = backend if backend and len(backend) <= _LONGEST_VERSION else None
    producer = None if version is None else f"Keras {version}"
    if producer is not None and backend is not None:
        producer += f" ({backend})"
    return ModelDescription(
        format=format_id,
        framework="Keras",
        files=(primary_part(source),),
        producer=producer,
        framework_version=version,
        inputs=ends.inputs,
        outputs=ends.outputs,
        parameters=parameters,
        padding=ends.padding,
        findings=(*findings, *ends.findings),
    )


def code_findings(source: ByteSource, *described: Any) -> Tuple[Finding, ...]:
    """Findings about code that the parsed descriptions bring."""
    return tuple(item for part in described for item in own_code(source.name, part))
