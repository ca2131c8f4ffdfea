"""Measures dl2ecd beside what its work must cost anyway: ``python -m tests.benchmarks``.

A table goes to stdout, the same as JSON to a file. Big models are made in the folder for them and
removed again; up to five times the size is needed at once. Frameworks are used where they are
installed: in this Python, or where ``--python-with torch=/path/to/python`` says; so are the peers
of ``run``, whose environments ``peers/make_environments.py`` makes.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from .benches import BENCHMARKS, machine
from .measuring import GIB, Row, Setting, compiled

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def _size(text: str) -> int:
    matched = re.fullmatch(r"(\d+)([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if matched is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 1G or 64M")
    return int(matched[1]) * _UNITS[matched[2].upper()]


def _options(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "benchmarks", nargs="*", metavar="BENCHMARK", help=f"of {', '.join(BENCHMARKS)}; all"
    )
    parser.add_argument("--size", type=_size, default=GIB, help="of a big model, as 1G; 1G")
    parser.add_argument("--rounds", type=int, default=5, help="of each measurement; 5")
    parser.add_argument("--folder", type=Path, help="for big files; a temporary one")
    parser.add_argument("--json", type=Path, default=Path("benchmarks.json"), help="results")
    parser.add_argument(
        "--python-with",
        action="append",
        default=[],
        metavar="FRAMEWORK=PYTHON",
        help="where torch, keras, tensorflow, onnx, safetensors or cntk is installed, or a peer: "
        "rastervision, deepness or geoai",
    )
    options = parser.parse_args(arguments)
    unknown = set(options.benchmarks) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    if any("=" not in item for item in options.python_with):
        parser.error("--python-with wants FRAMEWORK=PYTHON")
    return options


def _line(row: Row) -> str:
    measured = "-" if row.measured is None else f"{row.measured:.3g} {row.unit}"
    if row.measured is not None and row.measured >= 1000:
        measured = f"{row.measured:.0f} {row.unit}"
    goal = "" if row.goal is None else f"<= {row.goal:g} {row.unit}"
    met = {True: "met", False: "MISSED", None: ""}[row.met]
    return f"{row.benchmark:8} {row.what:46} {measured:>11} {goal:>12} {met:7} {row.note}"


def main(arguments: Optional[Sequence[str]] = None) -> List[Row]:
    """Run what was asked for; returns the rows of the table."""
    options = _options(arguments)
    rows: List[Row] = []
    with tempfile.TemporaryDirectory(prefix="dl2ecd-benchmarks-", dir=options.folder) as folder:
        pythons = dict(item.split("=", 1) for item in options.python_with)
        setting = Setting(Path(folder), options.size, options.rounds, pythons)
        about: Dict[str, Any] = machine(setting)
        print(", ".join(f"{key} {value}" for key, value in about.items()))
        if options.size != GIB:
            print("the goals are those for a size of 1G")
        with compiled():
            for name in options.benchmarks or BENCHMARKS:
                for row in BENCHMARKS[name](setting):
                    print(_line(row).rstrip(), flush=True)
                    rows.append(row)
    missed = [row for row in rows if row.met is False]
    print(f"{len(missed)} of {sum(row.met is not None for row in rows)} goals missed")
    results = {"machine": about, "rows": [row.as_dict() for row in rows]}
    options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return rows


if __name__ == "__main__":
    main()
