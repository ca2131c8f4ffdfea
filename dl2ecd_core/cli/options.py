"""Options that several commands share, and what a path on the command line may be."""

from __future__ import annotations

import functools
from typing import Any, Callable, FrozenSet, List, Optional, Tuple

import click
from click.shell_completion import CompletionItem

from .allowing import allowed_rules
from .reporting import OutputFormat

_Function = Callable[..., Any]


class _PathText(click.types.StringParamType):
    """A path: any text but an empty one, which a variable that is not set leaves."""

    name = "path"

    def convert(
        self, value: Any, param: Optional[click.Parameter], ctx: Optional[click.Context]
    ) -> str:
        if not value:
            self.fail("A path can't be empty; is a variable of your script not set?", param, ctx)
        return str(super().convert(value, param, ctx))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> List[CompletionItem]:
        """The shell completes the names of files itself."""
        return [CompletionItem(incomplete, type="file")]


PATH = _PathText()


def output_options(function: _Function) -> _Function:
    """``--format`` and ``--json``; the command gets what they say as `output`."""

    @click.option(
        "--format",
        "form",
        type=click.Choice([output.value for output in OutputFormat]),
        help="Print text, one JSON document, a SARIF log for code scanners, or annotations for "
        "GitHub workflows.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
    @functools.wraps(function)
    def command(*arguments: Any, form: Optional[str], as_json: bool, **options: Any) -> Any:
        json = OutputFormat.JSON.value
        if as_json and form not in (None, json):
            raise click.UsageError(f"--json means --format json: it can't go with {form}.")
        output = OutputFormat(json if as_json else form or OutputFormat.TEXT.value)
        return function(*arguments, output=output, **options)

    return command


def strict_options(function: _Function) -> _Function:
    """``--strict`` and ``--allow``; the command gets `strict` and the rules that are `allowed`."""

    @click.option("--strict", is_flag=True, help="Count warnings as wrong too.")
    @click.option(
        "--allow",
        multiple=True,
        metavar="RULE",
        help="Let the warnings of this rule pass --strict; may be given several times. More "
        "rules stand in the section [dl2ecd] of setup.cfg, as: allow = RULE RULE ...",
    )
    @functools.wraps(function)
    def command(*arguments: Any, strict: bool, allow: Tuple[str, ...], **options: Any) -> Any:
        allowed: FrozenSet[str] = allowed_rules(allow, strict=strict)
        return function(*arguments, strict=strict, allowed=allowed, **options)

    return command


#: ``--overwrite``, for what is replaced where it is an earlier output of the kind.
overwrite_any_option = click.option(
    "--overwrite", is_flag=True, help="Replace whatever file is there, unless it is an input."
)

#: ``--overwrite``, for what is never replaced without being told.
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace files that are there already."
)
