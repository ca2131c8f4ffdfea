"""The README's tables, generated from where their facts stand in the code.

``python -m tests.readme_tables`` writes them into README.md; a test compares.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable, Dict, Iterable, Sequence

from dl2ecd_core.class_info.keys import markdown_table
from dl2ecd_core.exports import FORMATS as EXPORTS
from dl2ecd_core.findings.rules import SUBJECTS
from dl2ecd_core.fit.framework_names import FRAMEWORKS
from dl2ecd_core.models.formats import FORMATS

README = Path(__file__).parents[1] / "README.md"


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
        (f"`{item.id}`", item.files, item.read, item.inferred, item.embedded, item.readers)
        for item in FORMATS
    ]
    headings = ("format", "usual names", "read", "worked out", "embedded", "Esri's readers run")
    return _table(headings, rows)


def exports_table() -> str:
    """The formats of ``dl2ecd export``."""
    return _table(("`--to`", "what it is"), [(f"`{name}`", line) for name, line in EXPORTS.items()])


TABLES: Dict[str, Callable[[], str]] = {
    "rules": rules_table,
    "frameworks": frameworks_table,
    "formats": formats_table,
    "keys": markdown_table,
    "exports": exports_table,
}


def filled(text: str) -> str:
    """A README with the tables between its markers made anew."""
    for name, table in TABLES.items():
        pattern = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        content = table()
        text, count = pattern.subn(lambda match: f"{match[1]}{content}\n{match[2]}", text)  # noqa: B023
        if count != 1:
            raise ValueError(f"the README has {count} places for the table {name}")
    return text


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
