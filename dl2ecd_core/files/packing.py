"""How the programs that pack zips are called, and what they say."""

from __future__ import annotations

from argparse import ArgumentParser

from ..findings.wording import printable


def packer(module: str, purpose: str, example: str) -> ArgumentParser:
    """The command line of ``python -m module``: the zip to write, and whether over another file.

    Parameters
    ----------
    purpose
        What it does, for its help.
    example
        What its zip may be called.
    """
    parser = ArgumentParser(prog=f"python -m {module}", description=purpose)
    parser.add_argument("zip", help=f"what to write, {example}; an earlier one is replaced")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace whatever file is there already"
    )
    return parser


def written(target: str) -> str:
    """The line that says that it is done."""
    return f"Wrote {printable(target, 400)}\n"
