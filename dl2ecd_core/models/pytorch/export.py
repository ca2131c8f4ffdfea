"""Exported programs (.pt2): a network as a graph with declared inputs and outputs.

Schema in PyTorch's source, torch/_export/serde/schema.py; layouts in torch/export/__init__.py and
torch/export/pt2_archive/constants.py: since PyTorch 2.7 ``<top>/archive_format`` = ``pt2``,
``<top>/models/<name>.json`` and ``<top>/data/weights/<name>_weights_config.json``; before it
``serialized_exported_program.json`` and ``serialized_state_dict.pt`` (or ``.json``).
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import listed
from ...wire.json_data import LONGEST_JSON, Json, parse_json
from ...wire.pickle import walk_pickle
from ...wire.source import ByteSource
from ...wire.zip import Archive, is_archive, open_archive
from ..companions import primary_part
from ..description import Dims, Evidence, ModelDescription, Tensor
from ..network_ends import with_meaning
from ..pickle_search import archive_pickles, search_findings
from ..registry import Match
from .operations import Program
from .state_dict import find_weights
from .zip_archive import opened, top_folder

_OLD_GRAPH = "serialized_exported_program.json"
_OLD_WEIGHTS = ("serialized_state_dict.pt", "serialized_state_dict.json")
_MOST_PICKLES = 16
_LARGEST_RANK = 16

#: The schema's ScalarType, as NumPy (or PyTorch) names it.
_DATA_TYPES = {
    1: "uint8",
    2: "int8",
    3: "int16",
    4: "int32",
    5: "int64",
    6: "float16",
    7: "float32",
    8: "float64",
    9: "complex32",
    10: "complex64",
    11: "complex128",
    12: "bool",
    13: "bfloat16",
    28: "uint16",
    29: "float8_e4m3fn",
    30: "float8_e5m2",
    31: "float8_e4m3fnuz",
    32: "float8_e5m2fnuz",
    33: "float8_e8m0fnu",
    34: "uint32",
    35: "uint64",
}


def recognise(source: ByteSource) -> Match:
    """An archive with an exported program in one of its layouts."""
    archive = opened(source)
    if archive is None:
        return Match.NO
    return Match.SURE if _top(archive) is not None else Match.NO


def _top(archive: Archive) -> Optional[str]:
    if _OLD_GRAPH in archive:
        return ""
    for name in archive.names():
        top, slash, rest = name.partition("/")
        if slash and rest == "archive_format" and archive.read_up_to(name, 3) == b"pt2":
            return top + slash
        if slash and rest == _OLD_GRAPH:
            return top + slash
    return None


def read(source: ByteSource) -> ModelDescription:
    """What the program declares.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when the program is not the JSON that PyTorch writes.
    """
    archive = open_archive(source)
    top = _top(archive) or ""
    graphs = [name for name in archive.names() if _is_graph(name, top)]
    findings: List[Finding] = []
    inputs: Tuple[Tensor, ...] = ()
    outputs: Tuple[Tensor, ...] = ()
    version: Optional[str] = None
    if len(graphs) == 1 and archive.entry(graphs[0]).size <= LONGEST_JSON:
        program = parse_json(source, archive.read(graphs[0]), "the exported program")
        told = _Program(source, program)
        inputs, outputs = told.inputs, told.outputs
        version = told.version
        findings += told.findings()
    else:
        several = f"{len(graphs)} programs" if graphs else "no program"
        what = "a program too long to read" if len(graphs) == 1 else several
        findings.append(
            finding(
                "model-shape-unknown",
                f"The archive holds {what}, so inputs and outputs are unknown.",
                where=Place(file=source.name),
            )
        )
    findings += _compiled(source, archive, top)
    findings += _pickles(source, archive)
    return ModelDescription(
        "pytorch-export",
        "PyTorch",
        (primary_part(source),),
        producer=None if version is None else f"torch {version}",
        framework_version=version,
        inputs=inputs,
        outputs=outputs,
        parameters=_parameters(source, archive, top),
        findings=tuple(findings),
    )


def _is_graph(name: str, top: str) -> bool:
    if name == top + _OLD_GRAPH:
        return True
    folder, _, short = name[len(top) :].rpartition("/")
    return name.startswith(top) and folder == "models" and short.endswith(".json")


class _Program:
    """The parts of a serialized program that tell inputs and outputs."""

    def __init__(self, source: ByteSource, program: Json) -> None:
        self._source = source
        root = _object(program)
        version = root.get("torch_version")
        self.version = version if isinstance(version, str) and len(version) < 64 else None
        module = _object(root.get("graph_module"))
        self._graph = _object(module.get("graph"))
        self._signature = _object(module.get("signature"))
        self._tensors = _object(self._graph.get("tensor_values"))
        if not self._graph or not self._signature:
            raise source.damaged(0, "The exported program has no graph with a signature.")
        nodes = self._graph.get("nodes")
        self._nodes = [_object(node) for node in nodes] if isinstance(nodes, list) else []
        shapes = {name: _shape(meta) for name, meta in self._tensors.items()}
        given = self._names("input_specs", "user_input")
        self._outline = Program(self._nodes, shapes, given).outline
        # Other rows, of sound or text for example, have no bands.
        self.inputs = tuple(self._tensor(name, "N?") for name in given)
        images = any(tensor.axes == "NCHW" for tensor in self.inputs)
        self.outputs = tuple(
            self._output(name, images) for name in self._names("output_specs", "user_output")
        )

    def findings(self) -> Tuple[Finding, ...]:
        foreign: Dict[str, None] = {}
        paths = False
        for node in self._nodes:
            target = node.get("target")
            if isinstance(target, str) and target.startswith("torch.ops."):
                space = target.split(".")[2]
                if space not in (
                    "aten",
                    "prim",
                    "prims",
                    "higher_order",
                    "quantized",
                    "_quantized",
                ):
                    foreign[".".join(target.split(".")[2:4])] = None
            trace = _object(node.get("metadata")).get("stack_trace")
            paths = paths or (isinstance(trace, str) and 'File "' in trace)
        found: List[Finding] = []
        if foreign:
            found.append(
                finding(
                    "model-runs-own-code",
                    f"The model calls {listed(foreign)}, which PyTorch itself does not have: it "
                    "runs only where the library that brings them is loaded.",
                    hint="Install that library beside PyTorch, or export the model without them.",
                    where=Place(file=self._source.name),
                )
            )
        if paths:
            found.append(
                finding(
                    "model-local-paths",
                    "The program carries paths of source files on the machine it was made on.",
                    hint="Export it in a folder whose name tells nothing if that matters.",
                    where=Place(file=self._source.name),
                )
            )
        return tuple(found)

    def _names(self, specs: str, kind: str) -> List[str]:
        """Names of the tensors that the user gives or gets."""
        names: List[str] = []
        entries = self._signature.get(specs)
        for entry in entries if isinstance(entries, list) else ():
            spec = _object(entry).get(kind)
            name = _object(_object(_object(spec).get("arg")).get("as_tensor")).get("name")
            if isinstance(name, str):
                names.append(name)
        return names

    def _output(self, name: str, images: bool) -> Tensor:
        rank = len(_shape(self._tensors.get(name)) or ())
        tensor = self._tensor(name, "NCHW" if images and rank == 4 else "NC")
        return with_meaning(tensor, self._outline.value(name).meaning)

    def _tensor(self, name: str, usual: str) -> Tensor:
        meta = _object(self._tensors.get(name))
        shape, kind = _shape(meta), meta.get("dtype")
        if shape is None:
            return Tensor(name)
        axes = self._outline.axes_of(name, len(shape), usual)
        data_type = _DATA_TYPES.get(kind) if isinstance(kind, int) else None
        return Tensor(name, shape, axes, data_type, Evidence.DECLARED)


def _object(value: object) -> Dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _shape(meta: Optional[Json]) -> Optional[Dims]:
    """The sizes that a tensor's description declares."""
    sizes = _object(meta).get("sizes")
    if not isinstance(sizes, list) or len(sizes) > _LARGEST_RANK:
        return None
    return tuple(_size(item) for item in sizes)


def _size(item: Json) -> Optional[int]:
    """A fixed size; None for one that is worked out at run time."""
    size = _object(item).get("as_int")
    return size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None


def _parameters(source: ByteSource, archive: Archive, top: str) -> Optional[int]:
    """Elements of all tensors of the state dict."""
    configs = [
        name
        for name in archive.names()
        if name.startswith(f"{top}data/weights/") and name.endswith("_weights_config.json")
    ]
    if len(configs) == 1 and archive.entry(configs[0]).size <= LONGEST_JSON:
        config = _object(parse_json(source, archive.read(configs[0]), "the list of weights"))
        total = 0
        for entry in _object(config.get("config")).values():
            sizes = _object(_object(entry).get("tensor_meta")).get("sizes")
            if not isinstance(sizes, list):
                return None
            count = 1
            for item in sizes:
                size = _size(item)
                if size is None:
                    return None
                count *= size
            total += count
        return total
    for short in _OLD_WEIGHTS:
        if top + short in archive:
            return _old_parameters(archive, top + short)
    return None


def _old_parameters(archive: Archive, name: str) -> Optional[int]:
    inside = archive.source(name)
    inner = open_archive(inside) if is_archive(inside) else None
    top = None if inner is None else top_folder(inner)
    if inner is None or top is None:
        return None
    found = find_weights(walk_pickle(inner.source(f"{top}data.pkl")).value)
    return None if found is None else sum(weight.elements for weight in found.weights)


def _compiled(source: ByteSource, archive: Archive, top: str) -> Tuple[Finding, ...]:
    """Machine code that AOTInductor put beside or instead of the program."""
    binaries = [
        name
        for name in archive.names()
        if name.endswith((".so", ".pyd", ".dll", ".cubin", ".hsaco", ".dylib"))
    ]
    if not binaries:
        return ()
    return (
        finding(
            "model-runs-own-code",
            f"The archive brings machine code of its own: {listed(binaries)}. Loading the model "
            "runs it.",
            hint="Load it only if you know where it comes from.",
            where=Place(file=source.name),
        ),
    )


def _pickles(source: ByteSource, archive: Archive) -> Tuple[Finding, ...]:
    """What the pickles in the archive, and in archives in it, would import."""
    return search_findings(source, archive_pickles(archive, most=_MOST_PICKLES))
