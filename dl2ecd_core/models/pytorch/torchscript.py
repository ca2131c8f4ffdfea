"""TorchScript: a network with its code, as torch.jit.save and the mobile exporter write it.

Layout in PyTorch's source, torch/csrc/jit/docs/serialization.md: ``<top>/data.pkl`` (the module
and its attributes), ``<top>/code/__torch__/...py`` (the classes in a subset of Python),
``<top>/constants.pkl``, ``<top>/extra/...`` (files the author added); ``bytecode.pkl`` beside the
code for mobile. PyTorch's own loader reads these pickles without importing any Python module.
"""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Set, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import listed
from ...wire.pickle_values import Made, class_path, text_entries
from ...wire.source import ByteSource
from ...wire.zip import Archive, open_archive
from ..companions import primary_part
from ..description import Evidence, ModelDescription, Tensor
from ..extra_files import extra_files, names_and_notes
from ..pickle_search import search_findings, walks_to_end
from ..registry import Match
from .layers import inferred_tensors
from .saved import shape_findings
from .script_flow import Told, told_by_code
from .weights import Weight, tensor_of
from .zip_archive import checked_walks, find_record, holds_script, other_pickles, top_folder

#: What PyTorch's own loader builds lists and tensors with (torch/jit/_pickle.py); it imports none.
_BUILDERS = """build_boollist build_doublelist build_intlist build_tensor_from_id build_tensorlist
    restore_type_tag"""
_SCRIPT_NAMES = frozenset(_BUILDERS.split())
_LONGEST_CODE = 2 * 1024 * 1024
_MOST_CODE = 8 * 1024 * 1024
_LONGEST_DEBUG = 256 * 1024
_MOST_ATTRIBUTES = 300_000
_MOST_DEBUG = 16
_PATH = re.compile(rb"(?:/[\w.\-]{1,100}){2,20}\.py\b|[A-Za-z]:[\\/][\w .\\/\-]{1,300}\.py\b")

_CLASS = re.compile(r"^class (\w+)\(Module\):$", re.MULTILINE)
_FORWARD = re.compile(r"\n  def forward\(([^()]*)\) -> ([^\n]{1,500}):\n")
_ARGUMENT = re.compile(r"\s*(\w+): ([\w.]+)(?:\s*=[^,]*)?\s*(?:,|$)")
_LISTS = re.compile(r"\n  __(parameters|buffers)__ = \[([^\]\n]*)\]")
_OPERATION = re.compile(r"\bops\.(\w+)\.(\w+)\(")
_CUSTOM_CLASS = re.compile(r"__torch__\.torch\.classes\.(\w+)\.(\w+)")
#: Operations and classes that come with PyTorch itself.
_OWN_NAMESPACES = frozenset(
    ("aten", "prim", "quantized", "prepacked", "mkldnn", "mkl", "xnnpack", "sparse", "rnn")
)


def recognise(source: ByteSource) -> Match:
    """An archive with a data.pkl and constants beside it."""
    return Match.SURE if holds_script(source) else Match.NO


def read(source: ByteSource) -> ModelDescription:
    """What the code declares and what the shapes of the weights tell.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when a pickle in the archive is broken.
    """
    archive = open_archive(source)
    top = top_folder(archive) or ""
    data = find_record(archive, f"{top}data.pkl") or f"{top}data.pkl"
    constants = f"{top}constants.pkl"
    checked = checked_walks(source, archive, data)
    walk = checked[0]
    code = _Code(archive, top)
    weights = _weights(walk.value, code)
    inputs: Tuple[Tensor, ...] = ()
    outputs: Tuple[Tensor, ...] = ()
    if weights is not None:
        inputs, outputs = inferred_tensors(weights, ordered=True)
        told = told_by_code(code.bodies, class_path(walk.value) or "", weights)
        inputs, outputs = _as_told(told, inputs, outputs)
    declared = code.signature(class_path(walk.value) or "")
    if declared is not None:
        inputs = _named(declared[0], inputs)
        outputs = outputs if declared[1] == "Tensor" else ()
    others = other_pickles(archive, top, data, constants)
    walks = [*checked, *walks_to_end(archive.source(constants))]
    findings: List[Finding] = list(
        search_findings(source, others, walks, also_known=_is_script_name)
    )
    findings += _own_code(source, code)
    findings += _local_paths(source, archive)
    findings += shape_findings(
        source, [item for item in inputs if item.shape], outputs, weights, network=True
    )
    names, about_names, notes = names_and_notes(extra_files(archive, f"{top}extra/"))
    return ModelDescription(
        "torchscript",
        "PyTorch",
        (primary_part(source),),
        inputs=inputs,
        outputs=outputs,
        # A frozen network keeps its weights among the constants of its code.
        parameters=sum(item.elements for item in weights) if weights else None,
        class_names=names,
        notes=notes,
        findings=(*findings, *about_names),
    )


def _is_script_name(module: str, name: str) -> bool:
    """Whether PyTorch's own loader takes a global from the code in the archive, or knows it."""
    if module == "torch.jit._pickle":
        return name in _SCRIPT_NAMES
    return (module == "__torch__" or module.startswith("__torch__.")) and "." not in name


def _as_told(
    told: Told, inputs: Tuple[Tensor, ...], outputs: Tuple[Tensor, ...]
) -> Tuple[Tuple[Tensor, ...], Tuple[Tensor, ...]]:
    """What the code tells, in place of what the shapes of the weights suggest."""
    if told.bands is not None:
        shape = (None, told.bands, None, None)
        inputs = (Tensor(None, shape, "NCHW", None, Evidence.INFERRED),)
    if told.classes is not None:
        row, count = told.classes.row, told.classes.more
        shape_out = (None, count) if row else (None, count, None, None)
        axes = "NC" if row else "NCHW"
        outputs = (Tensor(None, shape_out, axes, None, Evidence.INFERRED),)
    return inputs, outputs


def _named(names: Tuple[str, ...], inferred: Tuple[Tensor, ...]) -> Tuple[Tensor, ...]:
    """The declared inputs, with the inferred shape if there is just one."""
    if len(names) == 1 and inferred:
        first = inferred[0]
        return (Tensor(names[0], first.shape, first.axes, None, first.evidence),)
    return tuple(Tensor(name) for name in names)


class _Code:
    """The classes in an archive's code."""

    def __init__(self, archive: Archive, top: str) -> None:
        self.operations: Set[str] = set()
        self.classes: Set[str] = set()
        self.bodies: Dict[str, str] = {}
        start = f"{top}code/"
        room = _MOST_CODE
        for name in archive.names():
            if not name.startswith(start) or not name.endswith(".py"):
                continue
            size = archive.entry(name).size
            room -= size
            if size > _LONGEST_CODE or room < 0:
                continue
            text = archive.read(name).decode("utf-8", "replace")
            module = name[len(start) : -len(".py")].replace("/", ".")
            self._add(module, text)

    def _add(self, module: str, text: str) -> None:
        self.operations |= {f"{one}::{two}" for one, two in _OPERATION.findall(text)}
        self.classes |= {f"{one}.{two}" for one, two in _CUSTOM_CLASS.findall(text)}
        places = list(_CLASS.finditer(text))
        for place, following in zip(places, [*places[1:], None]):
            end = following.start() if following else len(text)
            self.bodies[f"{module}.{place.group(1)}"] = text[place.end() : end]

    def state(self, path: str) -> Optional[Set[str]]:
        """Names of the parameters and buffers of a class; None when its code is not there."""
        body = self.bodies.get(path)
        if body is None:
            return None
        return {
            name.strip().strip('"')
            for _, names in _LISTS.findall(body)
            for name in names.split(",")
            if name.strip()
        }

    def signature(self, path: str) -> Optional[Tuple[Tuple[str, ...], str]]:
        """Names of the tensors that forward takes, and the type it returns."""
        match = _FORWARD.search(self.bodies.get(path, ""))
        if match is None:
            return None
        names: List[str] = []
        text = match.group(1)
        at, first = 0, True
        while at < len(text):
            argument = _ARGUMENT.match(text, at)
            if argument is None:
                return None  # a type of its own, such as a list of tensors
            if not first:
                if argument.group(2) != "Tensor":
                    return None
                names.append(argument.group(1))
            first = False
            at = argument.end()
        return tuple(names), match.group(2)


def _weights(root: object, code: _Code) -> Optional[Tuple[Weight, ...]]:
    """The state dict: parameters, buffers, then the modules inside, depth first."""
    weights: List[Weight] = []
    pending: List[Tuple[str, object]] = [("", root)]
    visited = 0
    while pending:
        prefix, module = pending.pop()
        attributes = (text_entries(module.state) if isinstance(module, Made) else None) or {}
        # One module may be part of many others: counted as often as it is looked at.
        visited += 1 + len(attributes)
        if visited > _MOST_ATTRIBUTES or len(prefix) > 1024:
            return None
        path = class_path(module) or ""
        registered = code.state(path)
        layer = path.rpartition(".")[2] if ".torch.nn." in path else None
        inside: List[Tuple[str, object]] = []
        for name, value in attributes.items():
            tensor = tensor_of(value)
            if tensor is not None and (registered is None or name in registered):
                weights.append(Weight(prefix + name, *tensor, layer=layer))
            elif tensor is None and (class_path(value) or "").startswith("__torch__."):
                inside.append((f"{prefix}{name}.", value))
        pending += reversed(inside)
    return tuple(weights)


def _own_code(source: ByteSource, code: _Code) -> Tuple[Finding, ...]:
    """Operations and classes that PyTorch itself does not have."""
    foreign = sorted(
        name for name in code.operations if name.partition("::")[0] not in _OWN_NAMESPACES
    )
    foreign += sorted(
        name for name in code.classes if name.partition(".")[0] not in _OWN_NAMESPACES
    )
    if not foreign:
        return ()
    return (
        finding(
            "model-runs-own-code",
            f"The model calls {listed(foreign)}, which PyTorch itself does not have: it runs only "
            "where the library that brings them is loaded.",
            hint="Install that library beside PyTorch, or export the model without them.",
            where=Place(file=source.name),
        ),
    )


def _local_paths(source: ByteSource, archive: Archive) -> Tuple[Finding, ...]:
    """Paths of source files in the entries that map code to the lines it came from."""
    looked_at = 0
    for name in archive.names():
        if not name.endswith(".debug_pkl") or archive.entry(name).size > _LONGEST_DEBUG:
            continue
        looked_at += 1
        if _PATH.search(archive.read(name)):
            return (
                finding(
                    "model-local-paths",
                    "The model carries paths of source files on the machine it was made on.",
                    hint="Remove the archive's entries that end in .debug_pkl if that matters; "
                    "the model works without them.",
                    where=Place(file=source.name),
                ),
            )
        if looked_at == _MOST_DEBUG:
            break
    return ()
