"""From what a Keras file holds to the description of a model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ...findings import Finding, Place
from ...findings.errors import ConversionRefused
from ...findings.rules import finding
from ...findings.wording import quoted
from ...network.value import Value
from ...wire.source import ByteSource
from ..companions import primary_part
from ..description import Evidence, ModelDescription, Tensor
from ..network_ends import output_tensor, padding_of
from .config import Network, read_layer, read_network
from .inputs import NetworkInput, network_inputs
from .lost_input import input_lost, lacks_input, with_first_kernel
from .lowering import Generation, followed
from .own_code import own_code
from .weights import Weights

_LONGEST_VERSION = 40
_UNKNOWN_GENERATION = Generation()


@dataclass(frozen=True)
class Ends:
    """Inputs and outputs of a model, the padding, and what could not be told."""

    inputs: Tuple[Tensor, ...] = ()
    outputs: Tuple[Tensor, ...] = ()
    padding: Optional[int] = None
    findings: Tuple[Finding, ...] = ()


def ends_of(
    file: str,
    model: Dict[str, Any],
    weights: Optional[Weights] = None,
    generation: Generation = _UNKNOWN_GENERATION,
) -> Ends:
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
    told = followed(network, generation)
    inputs = tuple(_input_tensor(item, letters) for item, letters in zip(declared, told.letters))
    if lost_input:
        inputs = tuple(_worked_out(tensor) for tensor in inputs)
    axes = {name: tensor.axes or "" for name, tensor in zip(told.inputs, inputs)}
    outputs = tuple(
        _output_tensor(name, told.network.values[name], axes, unsure)
        for name, unsure in zip(told.outputs, told.unsure)
    )
    images = [tensor for tensor in inputs if len(tensor.shape or ()) == 4]
    padding = padding_of(images, outputs, told.network.values)
    outputs = tuple(
        replace(tensor, name=name)
        for tensor, name in zip(outputs, _output_names(network, len(outputs)))
    )
    lost = [name for name in told.unsure if name is not None]
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
    return Ends(inputs, outputs, padding, tuple(findings))


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


def _input_tensor(declared: NetworkInput, letters: Optional[str]) -> Tensor:
    shape = declared.shape
    if shape is None:
        return Tensor(declared.name, data_type=declared.data_type)
    axes = letters or "?" * len(shape)
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


def _output_tensor(
    name: str, value: Value, axes: Mapping[str, str], unsure: Optional[str]
) -> Tensor:
    """An output, under its name in the graph.

    Parameters
    ----------
    axes
        Those of the inputs.
    unsure
        The layer from which on sizes are not known.
    """
    tensor = output_tensor(name, value)
    if value.shape is None:
        return tensor
    letters = _letters(value, axes)
    if unsure is not None and None in value.shape[1:]:
        # A size of None would say "free", which is not known: only the channels are.
        channels = letters.find("C")
        return replace(
            tensor,
            shape=None,
            axes=None,
            evidence=None,
            class_count=value.shape[channels] if channels >= 0 else None,
        )
    return replace(tensor, axes=letters)


def _letters(value: Value, axes: Mapping[str, str]) -> str:
    """The letters of an output's axes; those that come from an input have that one's."""
    found = [
        axes[axis.source[0]][axis.source[1]]
        if axis.letter == "?" and axis.source is not None
        else axis.letter
        for axis in value.axes
    ]
    letters = "".join(one if found.count(one) == 1 else "?" for one in found)
    return f"N{letters[1:]}" if letters[:1] == "?" and "N" not in letters else letters


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
