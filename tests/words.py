"""Sentences kept in a file beside the test that makes them, word for word.

What an analyst reads is the product as much as what is decided: whoever changes a sentence sees
in the file's difference where it is said, and in which company.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Callable, Dict, Iterable, List, Mapping

from dl2ecd_core.findings import Finding

#: A case makes its findings in a folder of its own.
Cases = Mapping[str, Callable[[Path], Iterable[Finding]]]


def said(findings: Iterable[Finding], folder: Path) -> List[str]:
    """Every finding with all it has, without the name of the folder."""
    lines: List[str] = []
    for item in findings:
        where = ", ".join(f"{key} {value}" for key, value in item.where.as_dict().items())
        lines.append(f"{item.severity.value} {item.rule}: {item.message}")
        lines += [f"    hint: {item.hint}"] if item.hint else []
        lines += [f"    where: {where}"] if where else []
    return [line.replace(str(folder), ".") for line in lines] or ["nothing"]


def expected(file: Path) -> Dict[str, List[str]]:
    """The sentences of each case, as the file has them."""
    text = "\n" + file.read_text(encoding="utf-8")
    blocks = [block.strip("\n").split("\n") for block in text.split("\n# ")[1:]]
    return {lines[0]: lines[1:] for lines in blocks}


def write(file: Path, cases: Cases) -> None:
    """Write the file anew, for a person to read what has changed."""
    file.write_text("\n".join(_block(case, make) for case, make in cases.items()), encoding="utf-8")


def _block(case: str, make: Callable[[Path], Iterable[Finding]]) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        return "\n".join([f"# {case}", *said(make(folder), folder), ""])
