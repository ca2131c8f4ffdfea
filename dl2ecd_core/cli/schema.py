"""``dl2ecd schema``: the JSON Schemas of what is read, written and printed."""

from __future__ import annotations

from typing import Optional

import click

from .. import schemas
from . import CONTEXT


@click.command("schema", context_settings=CONTEXT)
@click.argument("name", required=False, type=click.Choice(schemas.names()), metavar="[NAME]")
def schema_command(name: Optional[str]) -> None:
    """Print the JSON Schema called NAME, or list those that there are.

    class_information is what you write, ecd what is written; the others, named like commands, are
    what these print with --json.

    \b
    Examples:
      dl2ecd schema
      dl2ecd schema class_information > class_information.schema.json
    """
    if name is None:
        for each in schemas.names():
            click.echo(f"{each:20} {schemas.load(schemas.file_of(each))['title']}")
        return
    click.echo(schemas.path(schemas.file_of(name)).read_text(encoding="utf-8"), nl=False)
