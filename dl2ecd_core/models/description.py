"""What a model file says about itself, in the same words for every format."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from ..findings import Finding
from ..network.shapes import Dims
from ..scaling.standardization import Standardization
from .detectors.head import DetectorHead
from .export_notes import ExportNotes

__all__ = [
    "Activation",
    "ClassNames",
    "Content",
    "Dims",
    "Evidence",
    "ModelDescription",
    "ModelPart",
    "Role",
    "Signature",
    "Tensor",
]


class Evidence(str, Enum):
    """Where a statement comes from."""

    DECLARED = "declared"
    """The file says so."""
    INFERRED = "inferred"
    """Worked out from the graph."""
    GUESSED = "guessed"
    """Suggested by the shapes of the weights alone; what the code does with them is not known."""


class Role(str, Enum):
    """What an input or output is for."""

    DATA = "data"
    """An image going in, predictions coming out."""
    LABEL = "label"
    """An input that only training needs."""
    LOSS = "loss"
    """An output that only training needs: a loss or an error rate."""


class Activation(str, Enum):
    """What was done last to an output, as far as it tells how classes are read from it."""

    NONE = "none"
    """Raw scores: the last operation is known and is none of the others."""
    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    ARGMAX = "argmax"
    """The values are class indices; there is no class axis."""


class Content(str, Enum):
    """What the numbers of an output are."""

    CLASS_SCORES = "class-scores"
    """A score of every class: for a pixel, a tile, or a box."""
    BOXES = "boxes"
    """Four numbers for each object or candidate."""
    SCORES = "scores"
    """One score for each object."""
    LABELS = "labels"
    """Indices of classes: for a pixel, a tile, or an object."""
    MASKS = "masks"
    """The outlines of objects as rasters, or prototypes that masks are summed up from."""
    RAW_DETECTOR_HEAD = "raw-detector-head"
    """Boxes and scores side by side in one output; how, is said by the model's detector head."""


@dataclass(frozen=True)
class Tensor:
    """An input or output of a model.

    Attributes
    ----------
    name
        As the framework's Python API reports it; None when the framework makes it up on loading.
    shape
        In the framework's own order; None for a free dimension; the whole None when the rank is
        not known.
    axes
        One letter per dimension: N, C, H, W, or ``?``; None when the shape is.
    data_type
        NumPy's name (``float32``), or the format's own where NumPy has none; None when unknown.
    evidence
        None when nothing is known of the shape.
    role
        Data unless the file shows that only training needs it.
    activation
        The last operation of an output, None when not known.
    class_count
        The number of classes an output tells apart where its class axis does not say it
        (an argmax taken over 5 channels: 5); None otherwise.
    content
        What the numbers of an output are, None when not known.
    """

    name: Optional[str]
    shape: Optional[Dims] = None
    axes: Optional[str] = None
    data_type: Optional[str] = None
    evidence: Optional[Evidence] = None
    role: Role = Role.DATA
    activation: Optional[Activation] = None
    class_count: Optional[int] = None
    content: Optional[Content] = None

    def __post_init__(self) -> None:
        if self.shape is not None and (self.axes is None or len(self.axes) != len(self.shape)):
            raise ValueError(f"axes {self.axes!r} do not name the dimensions of {self.shape!r}")

    def size_of(self, axis: str) -> Optional[int]:
        """The length of the axis with this letter; None when absent, free or unknown."""
        if self.shape is None or self.axes is None or axis not in self.axes:
            return None
        return self.shape[self.axes.index(axis)]

    def as_dict(self) -> Dict[str, object]:
        """The tensor as ``inspect --json`` shows it."""
        return {
            "name": self.name,
            "shape": None if self.shape is None else list(self.shape),
            "axes": self.axes,
            "data_type": self.data_type,
            "evidence": None if self.evidence is None else self.evidence.value,
            "role": self.role.value,
            "content": None if self.content is None else self.content.value,
        }


@dataclass(frozen=True)
class Signature:
    """One of several functions that a model offers, with names of its own for what it takes."""

    name: str
    inputs: Tuple[Tensor, ...]
    outputs: Tuple[Tensor, ...]

    def as_dict(self) -> Dict[str, object]:
        """The signature as ``inspect --json`` shows it."""
        return {
            "name": self.name,
            "inputs": [tensor.as_dict() for tensor in self.inputs],
            "outputs": [tensor.as_dict() for tensor in self.outputs],
        }


@dataclass(frozen=True)
class ModelPart:
    """One of the files a model consists of.

    Attributes
    ----------
    path
        Relative to the model's folder, with forward slashes, never leaving it. That is the
        primary file's own folder unless the format is a folder itself (.mlpackage).
    location
        Where the file lies on this machine.
    size
        In bytes, when it was inspected.
    """

    path: str
    location: Path
    size: int


@dataclass(frozen=True)
class ClassNames:
    """Names of classes found in the model file, in the order of the output's channels.

    Attributes
    ----------
    source
        Where they stand, for a person: ``metadata property 'class_names'``.
    numbers
        The number that the file gives each name, where these are not 0, 1, 2 ...; else empty.
    """

    names: Tuple[str, ...]
    source: str
    numbers: Tuple[int, ...] = ()

    @property
    def values(self) -> Tuple[int, ...]:
        """The number of each name: the file's own, else its place."""
        return self.numbers or tuple(range(len(self.names)))

    @property
    def channels(self) -> int:
        """How many channels an output has that gives each number one: gaps count."""
        first, last = min(self.values, default=0), max(self.values, default=-1)
        return len(self.names) if last - first < len(self.names) else last + 1


@dataclass(frozen=True)
class ModelDescription:
    """All that a model file says about itself without its framework.

    Attributes
    ----------
    format
        Id such as ``cntk-v2``, ``tensorflow-graphdef``, ``onnx``.
    framework
        The field's name of the framework: ``CNTK``, ``TensorFlow``, ``ONNX``, ``Core ML`` ...
    producer
        What wrote the file, where it says so: ``pytorch 2.13.0``.
    framework_version
        The version of the framework, where the file says it.
    inputs, outputs
        Empty when the file tells nothing about them.
    signatures
        The functions that the model offers, where it has more than one; empty otherwise.
    parameters
        Number of weights; None when the file does not tell or does not hold them.
    files
        The primary file first, then its companions.
    missing_files
        Relative paths of companions that were not found.
    padding
        Pixels that the model crops from each side of its input tile, only where the walk from
        input to output shows a net stride of 1 and a cropped border.
    class_names
        Names of classes that the file carries.
    detector
        How objects are read from the outputs of a detector; None for any other model.
    notes
        What the exporter wrote about the model beside its graph; None where it wrote nothing.
    standardization
        How pixel values become what the model takes, where the file says it.
    findings
        Security-relevant facts, what could not be told, what is missing.
    """

    format: str
    framework: str
    files: Tuple[ModelPart, ...]
    producer: Optional[str] = None
    framework_version: Optional[str] = None
    inputs: Tuple[Tensor, ...] = ()
    outputs: Tuple[Tensor, ...] = ()
    signatures: Tuple[Signature, ...] = ()
    parameters: Optional[int] = None
    missing_files: Tuple[str, ...] = ()
    padding: Optional[int] = None
    class_names: Tuple[ClassNames, ...] = ()
    detector: Optional[DetectorHead] = None
    notes: Optional[ExportNotes] = None
    standardization: Optional[Standardization] = None
    findings: Tuple[Finding, ...] = ()

    @property
    def primary(self) -> ModelPart:
        """The file that the framework is asked to load."""
        return self.files[0]

    def as_dict(self) -> Dict[str, object]:
        """The description as ``inspect --json`` shows it."""
        files: List[Dict[str, object]] = [
            {"path": part.path, "size": part.size} for part in self.files
        ]
        files += [{"path": path, "size": None} for path in self.missing_files]
        return {
            "format": self.format,
            "framework": self.framework,
            "framework_version": self.framework_version,
            "producer": self.producer,
            "inputs": [tensor.as_dict() for tensor in self.inputs],
            "outputs": [tensor.as_dict() for tensor in self.outputs],
            "signatures": [signature.as_dict() for signature in self.signatures],
            "parameters": self.parameters,
            "padding": self.padding,
            "class_names": [list(found.names) for found in self.class_names],
            "class_values": [list(found.values) for found in self.class_names],
            "detector": None if self.detector is None else self.detector.as_dict(),
            "files": files,
            "findings": [item.as_dict() for item in self.findings],
        }
