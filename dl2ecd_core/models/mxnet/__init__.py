"""MXNet models: weights (.params) and a graph (-symbol.json) beside them.

``Module.save_checkpoint`` and gluon's ``export`` write NAME-symbol.json and NAME-0001.params;
gluon's ``save_parameters`` writes weights alone. Either file may be given. Shapes of inputs are not
stored; they are inferred from the weights as far as these are certain.
"""

from __future__ import annotations

import re
from typing import List, Optional, Tuple

from ...findings import Finding, Place
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import listed
from ...network.lowering import Network
from ...wire.source import ByteSource
from ..companions import parts_of
from ..description import (
    ModelDescription,
    ModelPart,
    Tensor,
)
from ..network_ends import padding_of
from ..registry import Match
from .ends import inputs_of, is_loss, names_of, outputs_of
from .lowering import lowered
from .params import MAGIC, ArrayList, read_arrays
from .symbol import Symbol, read_symbol
from .weights import ends_of_weights

_SYMBOL = re.compile(rb'\s*\{\s*"(nodes|arg_nodes|heads|node_row_ptr|attrs)"\s*:')
_EPOCH = re.compile(r"(.*)-\d{4,}\.params")


def recognise(source: ByteSource) -> Match:
    """Whether the file is a list of arrays, or the JSON of a symbol."""
    if source.read_up_to(0, 8) == MAGIC:
        return Match.SURE
    start = source.read_up_to(0, 4096)
    if not _SYMBOL.match(start):
        return Match.NO
    end = source.read(source.size - min(source.size, 65536), min(source.size, 65536))
    if all(f'"{key}"'.encode() in start + end for key in ("nodes", "heads", "arg_nodes")):
        return Match.SURE
    return Match.MAYBE


def read(source: ByteSource) -> ModelDescription:
    """What an MXNet model says about itself.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when the weights or the symbol are cut short or make no sense.
    """
    if source.read_up_to(0, 8) == MAGIC:
        arrays = read_arrays(source)
        is_whole = any(name.startswith(("arg:", "aux:")) for name in arrays.names)
        files, missing = parts_of(source, [_symbol_name(source.path.name)])
        if len(files) > 1:
            with ByteSource(files[1].location) as beside:
                return _described(source, files, (), read_symbol(beside), arrays)
        # Weights saved by themselves never had a symbol; the others are useless without it.
        return _described(source, files, missing if is_whole else (), None, arrays)
    symbol = read_symbol(source)
    name, is_unsure = _params_name(source)
    files, missing = parts_of(source, [name])
    if len(files) == 1:
        return _described(source, files, missing, symbol, None)
    with ByteSource(files[1].location) as beside:
        return _described(source, files, (), symbol, read_arrays(beside), is_unsure)


def network_of(source: ByteSource) -> Network:
    """The network in ONNX's operators, losses left out, and where its weights lie.

    Raises
    ------
    ModelFileError
        As :func:`read`; ``network-weights-missing`` where one of the two files is not there.
    """
    if source.read_up_to(0, 8) == MAGIC:
        weights, other = source, source.path.with_name(_symbol_name(source.path.name))
    else:
        weights, other = None, source.path.with_name(_params_name(source)[0])
    try:
        with ByteSource(other) as beside:
            symbol = read_symbol(source if weights is None else beside)
            arrays = read_arrays(beside if weights is None else weights)
    except ModelFileError as error:
        if error.finding.rule != "file-not-found":
            raise
        raise ModelFileError(
            "network-weights-missing",
            f"'{other.name}', which belongs to the model, is missing: the symbol and the weights "
            "together are the network.",
            hint="Put both files into one folder, under the names that MXNet gave them.",
            file=source.name,
        ) from error
    wanted = [at for at, head in enumerate(symbol.heads) if not is_loss(symbol, head)]
    path = other if weights is None else source.path
    return lowered(symbol, arrays.by_name(), names_of(symbol), path, wanted)


def _symbol_name(name: str) -> str:
    match = _EPOCH.fullmatch(name)
    stem = match.group(1) if match else name[: -len(".params")] if ".params" in name else name
    return f"{stem}-symbol.json"


def _params_name(source: ByteSource) -> Tuple[str, bool]:
    """The weights that belong to a symbol: of the last epoch, where there are several."""
    stem = source.path.name[: -len(".json")] if source.path.suffix == ".json" else source.path.name
    stem = stem[: -len("-symbol")] if stem.endswith("-symbol") else stem
    found: List[str] = []
    for path in source.path.parent.iterdir():
        match = _EPOCH.fullmatch(path.name)
        if (match and match.group(1) == stem) or path.name == f"{stem}.params":
            found.append(path.name)
    if not found:
        return f"{stem}-0000.params", False
    return max(found, key=lambda name: (len(name), name)), len(found) > 1


def _described(
    source: ByteSource,
    files: Tuple[ModelPart, ...],
    missing: Tuple[str, ...],
    symbol: Optional[Symbol],
    arrays: Optional[ArrayList],
    is_unsure: bool = False,
) -> ModelDescription:
    inputs: Tuple[Tensor, ...] = ()
    outputs: Tuple[Tensor, ...] = ()
    findings: List[Finding] = []
    padding: Optional[int] = None
    known = ArrayList((), ()) if arrays is None else arrays
    if symbol is not None:
        by_name = known.by_name()
        network = lowered(symbol, by_name, names_of(symbol))
        outputs = outputs_of(symbol, network)
        if arrays is not None:
            inputs = inputs_of(symbol, by_name, network)
            padding = padding_of(inputs, outputs, network.values)
        findings += _about_operators(symbol)
    else:
        inputs, outputs = ends_of_weights(known)
        if not inputs and not outputs:
            findings.append(_nothing_known(source))
    if is_unsure:
        findings.append(
            finding(
                "model-file-chosen",
                f"Several weights lie beside the symbol; those of {listed([files[1].path])} were "
                "taken.",
                hint="Give the .params file itself to choose another.",
            )
        )
    return ModelDescription(
        format="mxnet",
        framework="MXNet",
        framework_version=None if symbol is None else symbol.version,
        inputs=inputs,
        outputs=outputs,
        parameters=None if arrays is None else sum(array.size for array in known.arrays),
        files=files,
        missing_files=missing,
        padding=padding,
        findings=tuple(findings),
    )


def _about_operators(symbol: Symbol) -> List[Finding]:
    own = sorted(
        {node.attributes.get("op_type", "") for node in symbol.nodes if node.op == "Custom"}
    )
    if not own:
        return []
    return [
        finding(
            "model-runs-own-code",
            f"The model uses operators that are written in Python: {listed(own)}.",
            hint="It runs only with its author's code; run that only if you trust where it comes "
            "from.",
        )
    ]


def _nothing_known(source: ByteSource) -> Finding:
    return finding(
        "model-shape-unknown",
        "The file holds weights only; the order of its layers, and with it the number of bands "
        "and classes, can't be told.",
        hint="Export the model with its -symbol.json (gluon: net.export) and keep both together.",
        where=Place(file=source.name),
    )
