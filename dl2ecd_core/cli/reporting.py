"""What the commands found out, in the form that was asked for: words, JSON, SARIF, annotations."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from enum import Enum
from typing import Any, Callable, Collection, Dict, Mapping, Sequence, Tuple

import click

from ..findings import Finding, in_order
from ..findings.wording import printable
from ..version import __version__
from .exit_codes import DONE, REFUSED

#: Raised when a key of a JSON document changes its place or meaning; new keys come beside.
SCHEMA_VERSION = 1


class OutputFormat(str, Enum):
    """A form of the report."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def report_beside_output(result: Result, output: OutputFormat, content: bytes) -> None:
    """Report on standard error, since what was made goes to standard output; end the command.

    Raises
    ------
    click.UsageError
        When the report is asked for in a form that belongs on standard output too.
    """
    if output is not OutputFormat.TEXT:
        raise click.UsageError(f"Standard output can't take the output and {output.value} both.")
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
    with redirect_stdout(sys.stderr):
        report([result], output)


def output_asked_for(arguments: Sequence[str]) -> OutputFormat:
    """The form that arguments ask for, for what is said before or beside the command itself."""
    if "--json" in arguments:
        return OutputFormat.JSON
    for at, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--format":
            asked = value or "".join(arguments[at + 1 : at + 2])
            return next((form for form in OutputFormat if form.value == asked), OutputFormat.TEXT)
    return OutputFormat.TEXT


@dataclass(frozen=True)
class Result:
    """What a command has to say of one file.

    Attributes
    ----------
    file
        What it is about, as the person gave it.
    ok
        Whether the command's job is done.
    document
        Its JSON document without the findings.
    findings
        Everything that was found.
    say
        Prints it in words.
    """

    file: str
    ok: bool
    document: Mapping[str, object]
    findings: Tuple[Finding, ...]
    say: Callable[[], object]


def report(
    results: Sequence[Result], output: OutputFormat, *, allowed: Collection[str] = ()
) -> None:
    """Print results and end the command with its exit code.

    Parameters
    ----------
    allowed
        Rules that were let pass.
    """
    code = DONE if all(result.ok for result in results) else REFUSED
    if output is OutputFormat.TEXT:
        _say(results)
    elif output is OutputFormat.JSON:
        print_json(_documents(results))
    else:
        found = [(result.file, item) for result in results for item in in_order(result.findings)]
        print_findings_as(output, found, allowed=allowed, exit_code=code)
    click.get_current_context().exit(code)


def _say(results: Sequence[Result]) -> None:
    for number, result in enumerate(results):
        if len(results) > 1:
            click.secho(f"{chr(10) * (number > 0)}== {printable(result.file, 400)}", bold=True)
        result.say()
    if len(results) > 1:
        wrong = [result for result in results if not result.ok]
        verb = "is" if len(wrong) == 1 else "are"
        told = f"{len(wrong)} {verb} wrong" if wrong else "nothing is wrong"
        click.echo(f"\n{len(results)} files: {told}.")


def _documents(results: Sequence[Result]) -> Dict[str, object]:
    documents = [
        {**result.document, "findings": [item.as_dict() for item in in_order(result.findings)]}
        for result in results
    ]
    if len(results) == 1:
        return documents[0]
    return {
        "ok": all(result.ok for result in results),
        "results": [
            {**headed(document), "file": result.file}
            for document, result in zip(documents, results)
        ],
    }


def print_findings_as(
    output: OutputFormat,
    found: Sequence[Tuple[str, Finding]],
    *,
    allowed: Collection[str] = (),
    exit_code: int = REFUSED,
) -> None:
    """Print findings, each with the file it is about, as SARIF or as annotations."""
    if output is OutputFormat.SARIF:
        from ..findings.sarif import sarif_log

        log: Dict[str, Any] = sarif_log(found, allowed=allowed, exit_code=exit_code)
        click.echo(json.dumps(log, indent=2, ensure_ascii=True))
        return
    from ..findings.github import annotation

    for about, item in found:
        click.echo(annotation(item, about, allowed=item.rule in allowed))


def print_json(document: Mapping[str, object]) -> None:
    """The one JSON document of a command, on stdout and in ASCII, with what made it."""
    click.echo(json.dumps(headed(document), indent=2, ensure_ascii=True))


def headed(document: Mapping[str, object]) -> Dict[str, object]:
    """A document with the tool, its version, and the version of the document's schema."""
    head = {"tool": "dl2ecd", "version": __version__, "schema_version": SCHEMA_VERSION}
    return {**head, **document}
