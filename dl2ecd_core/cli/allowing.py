"""Rules whose warnings may pass ``--strict``: from the command line and from setup.cfg."""

from __future__ import annotations

import configparser
import difflib
import re
from pathlib import Path
from typing import Collection, FrozenSet, Iterable, List, Tuple

import click

from ..files.plain_files import is_plain, open_plain
from ..findings import Finding, Severity
from ..findings.rules import CATALOGUE
from ..findings.wording import printable

SETTINGS = Path("setup.cfg")
SECTION = "dl2ecd"
#: No settings of a project are longer.
_LONGEST = 1 << 20


def allowed_rules(given: Iterable[str], *, strict: bool) -> FrozenSet[str]:
    """The rules that are let pass.

    Parameters
    ----------
    given
        Those of the command line.
    strict
        Whether warnings count: setup.cfg of the current folder is read only then.

    Raises
    ------
    click.UsageError
        For what is no rule, for rules of errors, which nothing lets pass, and for settings that
        can't be read.
    """
    named: List[Tuple[str, str]] = [("--allow", name) for name in given]
    if strict:
        named += [(f"{SETTINGS}, [{SECTION}] allow", name) for name in _in_settings()]
    for source, name in named:
        _check(source, name)
    return frozenset(name for _, name in named)


def _check(source: str, name: str) -> None:
    shown = printable(name, 80)
    if name not in CATALOGUE:
        close = difflib.get_close_matches(name[:80], CATALOGUE, n=1)
        meant = f" Did you mean '{close[0]}'?" if close else ""
        raise click.UsageError(f"{source}: there is no rule '{shown}'.{meant}")
    if CATALOGUE[name].severity is Severity.ERROR:
        raise click.UsageError(f"{source}: '{shown}' is an error, and nothing lets errors pass.")


def _in_settings() -> List[str]:
    if not is_plain(SETTINGS):
        return []
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        with open_plain(SETTINGS, buffering=-1) as handle:
            parser.read_string(handle.read(_LONGEST).decode("utf-8-sig"), str(SETTINGS))
    except (OSError, ValueError, configparser.Error) as error:
        raise click.UsageError(f"{SETTINGS} can't be read: {printable(str(error), 200)}") from error
    if not parser.has_section(SECTION):
        return []
    for name in parser.options(SECTION):
        if name != "allow" and name not in parser.defaults():
            shown = printable(name, 80)
            raise click.UsageError(f"{SETTINGS}, [{SECTION}]: '{shown}' is not known; 'allow' is.")
    listed = parser.get(SECTION, "allow", fallback="")
    return [name for name in re.split(r"[\s,]+", listed) if name]


def let_pass(
    stopping: Iterable[Finding], allowed: Collection[str]
) -> Tuple[Tuple[Finding, ...], List[str]]:
    """The findings that stop in spite of what is allowed, and the rules that were let pass."""
    items = tuple(stopping)
    kept = tuple(item for item in items if item.rule not in allowed)
    return kept, sorted({item.rule for item in items} - {item.rule for item in kept})


def say_allowed(passed: Iterable[str]) -> None:
    """Which rules were let pass, where any were."""
    names = list(passed)
    if names:
        click.echo(f"Allowed: {', '.join(names)}.")
