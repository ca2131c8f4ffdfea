"""``python -m tests.fuzz TARGET``: fuzz one target for as long as wanted.

    python -m tests.fuzz --list
    python -m tests.fuzz wire.protobuf --runs 1000000
    python -m tests.fuzz models.onnx --seconds 600 --seed 7
    python -m tests.fuzz models.onnx --file fuzz-failures/models.onnx--...
    python -m tests.fuzz models.onnx --atheris CORPUS_FOLDER

Python 3.12 and later see which lines a mutated file reaches and go on from those that reach new
ones; older versions go by the kinds of outcome. The same version, target and ``--seed`` try the
same files in the same order. ``--atheris`` leaves the choice to atheris (``pip install atheris``).
Exit code 1 when something failed; the files that did it lie in ``--failures``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if "--atheris" in sys.argv:
    import atheris

    # Only what is imported in here is watched: the package's readers, before anything uses them.
    with atheris.instrument_imports(include=["dl2ecd_core"]):
        from dl2ecd_core.models.registry import readers

        list(readers(b""))

from .outcome import Failure, limit_process
from .running import Session, seed_name
from .targets import TARGETS


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("target", nargs="?", choices=sorted(TARGETS), metavar="TARGET")
    parser.add_argument("--list", action="store_true", help="the targets and their aims")
    parser.add_argument("--runs", type=int, help="so many mutated files")
    parser.add_argument("--seconds", type=float, help="for so long")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other files")
    parser.add_argument("--file", type=Path, help="run this file once")
    parser.add_argument("--as", dest="place", help="the fixture in whose place --file is read")
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    parser.add_argument("--atheris", type=Path, metavar="FOLDER", help="let atheris choose")
    options = parser.parse_args()
    if options.list or options.target is None:
        for target in TARGETS.values():
            print(f"{target.name:36} {target.aim:>9,}")
        return 0
    target = TARGETS[options.target]
    if options.atheris is not None:
        from .guided import run_atheris

        run_atheris(target, options.atheris, options.runs, options.seconds)
    limit_process()
    session = Session(target, options.seed, options.failures)
    try:
        if options.file is not None:
            return _once(session, options.file, options.place)
        runs = options.runs
        if runs is None and options.seconds is None:
            runs = target.aim
        session.fuzz(runs=runs, seconds=options.seconds, tell=lambda text: print(text, flush=True))
        for path in session.failed.values():
            print(path)
        return 1 if session.failed else 0
    finally:
        session.close()


def _once(session: Session, file: Path, place: str) -> int:
    name = place or seed_name(file)[1] or session.seeds[0].name
    try:
        print(session.one(name, file.read_bytes(), measured=True))
    except Failure as failure:
        print(failure)
        if failure.__cause__ is not None:
            import traceback

            traceback.print_exception(
                type(failure.__cause__), failure.__cause__, failure.__cause__.__traceback__
            )
        return 1
    return 0


sys.exit(main())
