"""TensorFlow Lite models (.tflite): a FlatBuffer that declares its inputs and outputs.

Schema: tensorflow/lite/schema/schema.fbs in https://github.com/tensorflow/tensorflow; names and
shapes are those of the first subgraph's tensors, as TensorFlow's interpreter reports them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Tuple

from ...findings import Finding
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import listed
from ...wire.source import ByteSource
from ..companions import parts_of
from ..description import Evidence, ModelDescription, Signature, Tensor
from ..network_ends import with_meaning
from ..registry import Match
from .labels import class_names
from .operations import outline_of
from .schema import Model, TensorInfo, load

#: Axes of outputs of which nothing else is known.
_USUAL = {2: "NC", 4: "NHWC"}
_FLEX = "Flex"
#: Subgraphs of signatures that are looked at.
_MOST_GRAPHS = 16
# Operators with a name instead of a number that TensorFlow's own interpreter brings along
# (tensorflow/lite/core/kernels/register.cc).
_BROUGHT_ALONG = frozenset(
    ("AudioSpectrogram", "Mfcc", "NumericVerify", "TFLite_Detection_PostProcess")
)
# TensorFlow operations that call Python functions of the process that made the model.
_PYTHON = frozenset(("FlexPyFunc", "FlexPyFuncStateless", "FlexEagerPyFunc"))


def recognise(source: ByteSource) -> Match:
    """Whether the file carries the identifier of the TFLite schema."""
    return Match.SURE if source.read_up_to(4, min(4, source.size - 4)) == b"TFL3" else Match.NO


def read(source: ByteSource) -> ModelDescription:
    """What a TensorFlow Lite model says about itself.

    Raises
    ------
    ModelFileError
        ``model-damaged`` where an offset leads outside the file, ``model-unsupported`` for a
        schema version other than 3.
    """
    model = load(source)
    if model.version != 3:
        raise ModelFileError(
            "model-unsupported",
            f"'{source.name}' is a TensorFlow Lite model of schema version {model.version}; only "
            "version 3 is known.",
            hint="Convert the model again with a current TensorFlow.",
            file=source.name,
        )
    graph = _Subgraph(model)
    names, findings, notes = class_names(source, model)
    files, missing = parts_of(source, model.external_files)
    return ModelDescription(
        format="tflite",
        framework="TensorFlow Lite",
        producer=model.producer,
        framework_version=model.runtime_version,
        inputs=graph.inputs,
        outputs=graph.outputs,
        signatures=_signatures(source, model, graph),
        files=files,
        missing_files=missing,
        class_names=names,
        notes=notes,
        findings=(*_about_operators(model.custom_codes), *findings),
    )


def _signatures(source: ByteSource, model: Model, first: _Subgraph) -> Tuple[Signature, ...]:
    """The model's functions, where there are several."""
    if len(model.signatures) < 2:
        return ()
    graphs: Dict[int, _Subgraph] = {0: first}
    told: List[Signature] = []
    for one in model.signatures:
        if one.subgraph not in graphs:
            if len(graphs) == _MOST_GRAPHS:
                break
            graphs[one.subgraph] = _Subgraph(load(source, one.subgraph))
        graph = graphs[one.subgraph]
        told.append(
            Signature(
                one.name,
                tuple(replace(graph.input(index), name=name) for name, index in one.inputs),
                tuple(replace(graph.output(index), name=name) for name, index in one.outputs),
            )
        )
    return tuple(told)


class _Subgraph:
    """A subgraph's tensors as inputs and outputs."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._outline = outline_of(model)
        # What the inputs' axes are is told to the outputs.
        self.inputs = tuple(self.input(index) for index in model.inputs)
        self.outputs = tuple(self.output(index) for index in model.outputs)

    def input(self, index: int) -> Tensor:
        """A tensor that is fed."""
        info = self._model.tensor(index)
        # Other rows, of sound or text for example, have no bands.
        rank = len(info.shape or ())
        usual = "NHWC" if rank == 4 else "N?"
        return _tensor(info, self._outline.axes_of(str(index), rank, usual))

    def output(self, index: int) -> Tensor:
        """A tensor that is fetched."""
        info = self._model.tensor(index)
        rank = len(info.shape or ())
        axes = self._outline.axes_of(str(index), rank, _USUAL.get(rank, ""))
        tensor = _tensor(info, axes)
        return with_meaning(tensor, self._outline.value(str(index)).meaning)


def _tensor(info: TensorInfo, axes: str) -> Tensor:
    known = info.shape is not None
    return Tensor(
        info.name,
        info.shape,
        axes if known else None,
        info.data_type,
        Evidence.DECLARED if known else None,
    )


def _about_operators(codes: Tuple[str, ...]) -> List[Finding]:
    own = [
        code
        for code in codes
        if code in _PYTHON or (code not in _BROUGHT_ALONG and not code.startswith(_FLEX))
    ]
    flex = [code[len(_FLEX) :] for code in codes if code.startswith(_FLEX) and code not in own]
    findings: List[Finding] = []
    if own:
        findings.append(
            finding(
                "model-runs-own-code",
                f"The model uses operations that are not TensorFlow Lite's own: {listed(own)}.",
                hint="It runs only where their author's code is installed; run that code only if "
                "you trust where it comes from.",
            )
        )
    if flex:
        findings.append(
            finding(
                "model-needs-extension",
                f"The model uses operations of full TensorFlow (Select TF ops): {listed(flex)}.",
                hint="A plain TensorFlow Lite runtime refuses it; it needs the Flex delegate.",
            )
        )
    return findings
