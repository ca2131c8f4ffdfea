"""PaddlePaddle models: programs (.pdmodel, PIR .json) with their parameters, and state dicts.

https://www.paddlepaddle.org.cn/documentation/docs/en/guides/model_save_en.html
"""

from __future__ import annotations

from typing import List, Optional, Tuple

from ...findings import Finding, Place
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import counted, listed, quoted
from ...network.shapes import elements
from ...wire.protobuf import LENGTH, VARINT, Field, Message, fields_present
from ...wire.source import ByteSource
from ..companions import parts_of
from ..description import ModelDescription, ModelPart
from ..local_paths import local_path_in
from ..registry import Match
from .pir import read_pir
from .program import read_program
from .state import is_state, read_state
from .steps import Known, Program, tensors

__all__ = ["read", "recognise"]

_FAR = 1 << 62
_BLOCK = {1: VARINT, 2: VARINT, 3: LENGTH, 4: LENGTH, 5: VARINT}
_SIZES = {"bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "float16": 2, "bfloat16": 2,
          "int32": 4, "uint32": 4, "float32": 4, "int64": 8, "uint64": 8, "float64": 8,
          "complex64": 8, "complex128": 16}  # fmt: skip


def recognise(source: ByteSource) -> Match:
    """Whether the content is a program or a state dict of PaddlePaddle."""
    start = source.read_up_to(0, 4096)
    if start.lstrip()[:1] == b"{":
        return Match.SURE if b'"magic":"pir"' in start.replace(b" ", b"") else Match.NO
    if start[:1] == b"\x80":
        return Match.SURE if is_state(source) else Match.NO
    return Match.SURE if _is_program(source) else Match.NO


def _is_program(source: ByteSource) -> bool:
    """A ProgramDesc begins with a block: its index, its parent's, then variables."""
    one = next(fields_present(source, 0, _FAR, 1), None)
    if one is None or one.number != 1 or one.wire != LENGTH or one.start >= source.size:
        return False
    return _is_block(source, one)


def _is_block(source: ByteSource, block: Field) -> bool:
    seen = []
    try:
        for one in Message(source, block.start, block.start + block.value).fields():
            if _BLOCK.get(one.number) != one.wire:
                return False
            seen.append(one.number)
            stop = one.start + (one.value if one.wire == LENGTH else 0)
            if len(seen) > 2 or stop >= source.size:
                break
    except ModelFileError:
        pass
    return seen[:2] == [1, 2] and len(seen) > 2


def read(source: ByteSource) -> ModelDescription:
    """What a PaddlePaddle model says about itself.

    Raises
    ------
    ModelFileError
        ``model-damaged`` or ``model-too-complex``.
    """
    if source.read_up_to(0, 16).lstrip()[:1] == b"\x80":
        return read_state(source)
    program = program_in(source)
    if not program.steps and not program.values:
        raise source.damaged(0, "The program holds neither variables nor operations.")
    inputs, outputs = tensors(program)
    companions: List[str] = []
    if program.weights:
        older = source.path.name == "__model__"
        companions = ["__params__" if older else f"{source.path.stem}.pdiparams"]
    files, missing = parts_of(source, companions)
    return ModelDescription(
        format="paddle",
        framework="PaddlePaddle",
        files=files,
        framework_version=program.version,
        inputs=inputs,
        outputs=outputs,
        parameters=_parameters(program),
        missing_files=missing,
        findings=tuple(_findings(program, files)),
    )


def program_in(source: ByteSource) -> Program:
    """The program in a file of either format.

    Raises
    ------
    ModelFileError
        ``model-damaged`` or ``model-too-complex``.
    """
    text = source.read_up_to(0, 16).lstrip()[:1] == b"{"
    return read_pir(source) if text else read_program(Message(source, what="the program"))


def _parameters(program: Program) -> Optional[int]:
    total = 0
    for name in program.weights:
        count = elements(program.values.get(name, Known()).shape)
        if count is None:
            return None
        total += count
    return total


def _bytes_needed(program: Program) -> Optional[int]:
    """Length of the parameters' values; their file has a little more."""
    total = 0
    for name in program.weights:
        known = program.values.get(name, Known())
        count = elements(known.shape)
        if count is None or known.data_type not in _SIZES:
            return None
        total += count * _SIZES[known.data_type]
    return total


def _findings(program: Program, files: Tuple[ModelPart, ...]) -> List[Finding]:
    found: List[Finding] = []
    needed = _bytes_needed(program)
    if len(files) > 1 and needed is not None and files[1].size < needed:
        found.append(
            finding(
                "model-damaged",
                f"The program's parameters take {counted(needed, 'byte')}, but "
                f"'{files[1].path}' has only {files[1].size}.",
                hint="The file is cut short, or belongs to another model: fetch or export both "
                "again.",
                where=Place(file=files[1].path),
            )
        )
    if program.own_code:
        found.append(
            finding(
                "model-runs-own-code",
                f"The program calls functions from outside itself: "
                f"{listed(sorted(program.own_code))}.",
                hint="Use it only if you trust where it comes from.",
            )
        )
    path = next((path for path in map(local_path_in, program.texts) if path), None)
    if path is not None:
        found.append(
            finding(
                "model-local-paths",
                f"The model carries paths of the machine it was made on, such as {quoted(path)}.",
                hint="They do no harm when it is used, but tell names of folders to whoever gets "
                "the file.",
            )
        )
    return found
