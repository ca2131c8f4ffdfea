"""Annotations of GitHub workflows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.findings import Finding, Place, Severity
from dl2ecd_core.findings.github import annotation
from dl2ecd_core.findings.rules import finding


def test_what_parts_them_is_escaped() -> None:
    place = Place(file="a,b:c.json", line=3)
    item = finding("model-damaged", "50 % of\nit.", hint="Mend: it.", where=place)
    assert annotation(item, "x") == (
        "::error file=a%2Cb%3Ac.json,line=3,title=dl2ecd model-damaged::50 %25 of\\nit. Mend: it."
    )


def test_severities_have_commands_of_their_own() -> None:
    for rule, command in (
        ("model-damaged", "error"),
        ("framework-unlisted", "warning"),
        ("model-shape-unknown", "notice"),
    ):
        assert annotation(finding(rule, "Said."), "a").startswith(f"::{command} file=a,title=")
    allowed = annotation(finding("framework-unlisted", "Said."), "a", allowed=True)
    assert allowed == "::notice file=a,title=dl2ecd framework-unlisted (allowed)::Said."


def test_without_a_file() -> None:
    item = finding("internal-error", "Said.")
    assert annotation(item, "") == "::error title=dl2ecd internal-error::Said."


@given(st.text(), st.text(min_size=1), st.none() | st.integers(1), st.none() | st.integers(1))
def test_an_annotation_is_one_line_with_its_parts(
    message: str, file: str, line: int, column: int
) -> None:
    where = Place(file=file, line=line, column=column)
    told = annotation(Finding("file-not-found", Severity.ERROR, message, "", where), "x")
    assert "\n" not in told
    assert "\r" not in told
    head, _, data = told[2:].partition("::")
    assert data.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") == message.strip()
    assert head.count(",") == 1 + (line is not None) * (1 + 2 * (column is not None))
