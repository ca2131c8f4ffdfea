"""The tables in the rooms' README.md, generated from where their facts stand in the code.

``python -m tests.readme_tables`` writes them; a test compares.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable, Dict, Iterable, Sequence

import dl2ecd_core
from dl2ecd_core.class_info.keys import markdown_table
from dl2ecd_core.exports import FORMATS as EXPORTS
from dl2ecd_core.findings.rules import SUBJECTS
from dl2ecd_core.fit.framework_names import FRAMEWORKS
from dl2ecd_core.legends.reading import KINDS
from dl2ecd_core.models.formats import FORMATS
from dl2ecd_core.running.sessions.opening import RUNTIMES

PACKAGE = Path(dl2ecd_core.__file__).parent


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def rules_table() -> str:
    """Every rule id with its severity and what is checked."""
    parts = []
    for subject, rules in SUBJECTS:
        rows = [(f"`{rule.id}`", rule.severity.value, rule.meaning) for rule in rules]
        parts.append(f"**{subject}**\n\n{_table(('rule', 'severity', 'what is checked'), rows)}")
    return "\n\n".join(parts)


def frameworks_table() -> str:
    """What Classifier may say for which models."""
    rows = [
        (
            ", ".join(f"`{name}`" for name in entry.classifiers),
            entry.name,
            ", ".join(entry.relatives) or "",
            f"`{entry.reader_name}`" if entry.reader_name else "",
            entry.package,
        )
        for entry in FRAMEWORKS
    ]
    headings = (
        "`Classifier`",
        "models of",
        "accepted with a warning",
        "Esri's readers import",
        "needed to run",
    )
    return _table(headings, rows)


def formats_table() -> str:
    """What each reader reads, infers and embeds."""
    rows = [
        (
            f"`{item.id}`",
            item.files,
            item.read,
            item.inferred,
            item.embedded,
            item.readers,
            RUNTIMES.get(item.id, "nothing"),
        )
        for item in FORMATS
    ]
    headings = (
        *("format", "usual names", "read", "worked out", "embedded"),
        *("Esri's readers run", "runs here with"),
    )
    return _table(headings, rows)


def exports_table() -> str:
    """The formats of ``dl2ecd export``."""
    return _table(("`--to`", "what it is"), [(f"`{name}`", line) for name, line in EXPORTS.items()])


def legends_table() -> str:
    """What ``dl2ecd init --from`` takes."""
    return _table(("files", "what they are"), [(kind.files, kind.what) for kind in KINDS])


#: The rooms whose README.md holds tables, each between two marks that name it.
ROOMS: Dict[str, Dict[str, Callable[[], str]]] = {
    "class_info": {"keys": markdown_table, "frameworks": frameworks_table},
    "models": {"formats": formats_table},
    "findings": {"rules": rules_table},
    "exports": {"exports": exports_table},
    "legends": {"legends": legends_table},
}


def readme_of(room: str) -> Path:
    """A room's README.md."""
    return PACKAGE / room / "README.md"


def filled(room: str) -> str:
    """A room's README.md with its tables made anew."""
    text = readme_of(room).read_text(encoding="utf-8")
    for name, table in ROOMS[room].items():
        pattern = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        content = table()
        text, count = pattern.subn(lambda match: f"{match[1]}{content}\n{match[2]}", text)  # noqa: B023
        if count != 1:
            raise ValueError(f"the README of {room} has {count} places for the table {name}")
    return text


if __name__ == "__main__":
    for each in ROOMS:
        readme_of(each).write_text(filled(each), encoding="utf-8")
