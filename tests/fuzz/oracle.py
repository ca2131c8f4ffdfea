"""``python -m tests.fuzz.oracle``: is every global that CPython would look up named here?

    python -m tests.fuzz.oracle --pairs 1000000
    python -m tests.fuzz.oracle --pairs 1000000 --seed 7
    python -m tests.fuzz.oracle --file oracle-failures/...

Pickles of protocols 0 to 5 are written by chance (:mod:`.pickle_programs`), or by Python and then
damaged, and given to both: to CPython's unpicklers, C and Python, with and without ``peek``, in a
child process with stand-ins (:mod:`.unpicklers`), and to the walk of this package. It is a miss
when one of them looks up a global that the walk neither names nor says that it can't tell, or when
one of them loads what the walk calls broken. The same version and ``--seed`` try the same pickles.
Exit code 1 when there were misses; they lie in ``--failures``.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

from dl2ecd_core.wire.part import MemorySource
from dl2ecd_core.wire.pickle import walk_pickle
from dl2ecd_core.wire.pickle_values import Walk
from dl2ecd_core.wire.source import ByteSource

from .child import Child
from .pickle_programs import program, written
from .pickles import mutated

_BATCH = 500
_LONGEST = 64 * 1024
#: Globals that any of CPython's unpicklers looks up, and whether any of them came to the end.
Answer = Tuple[List[List[str]], bool]


def unpicklers(folder: Path) -> Child:
    """The child process with CPython's unpicklers."""
    return Child("tests.fuzz.unpicklers", folder)


def miss(walk: Walk, answer: Answer) -> Optional[str]:
    """What the walk should have told and did not; None when there is nothing."""
    looked_up, loaded = answer
    named = {(item.module, item.name) for item in walk.imports}
    hidden = [pair for pair in looked_up if (pair[0], pair[1]) not in named]
    if hidden and (walk.problem is None or walk.broken):
        return f"does not name {hidden}; problem {walk.problem}, broken {walk.broken}"
    if loaded and walk.broken:
        return f"is called broken, yet can be loaded: {walk.problem}"
    return None


def pickles(chance: random.Random) -> bytes:
    """A pickle to try."""
    kind = chance.randrange(10)
    if kind < 5:
        return program(chance)
    data = program(chance) if kind < 7 else written(chance)
    for _ in range(chance.choice((0, 1, 1, 2, 4))):
        other = program(chance) if chance.random() < 0.5 else written(chance)
        changed = mutated(data, chance, other) if chance.random() < 0.8 else _bent(data, chance)
        data = changed if len(changed) <= _LONGEST else data
    return data


def _bent(data: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, left out or put in."""
    bent = bytearray(data)
    for _ in range(chance.choice((1, 2, 5))):
        at = chance.randrange(len(bent) + 1)
        bent[at : at + chance.randrange(2)] = bytes([chance.randrange(256)])[: chance.randrange(2)]
    return bytes(bent)


class Oracle:
    """Pairs compared and what came out."""

    def __init__(self, seed: int, failures: Optional[Path] = None) -> None:
        self.chance = random.Random(f"oracle:{seed}")
        self.misses: Dict[str, bytes] = {}
        self.counts = dict.fromkeys(
            ("pairs", "loaded", "looking up", "named whole", "not told", "deadly"), 0
        )
        self._failures = failures

    def run(
        self, pairs: int, tell: Callable[[str], None] = lambda _: None, batch: int = _BATCH
    ) -> None:
        """Compare so many."""
        told = time.monotonic()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "x.pkl").write_bytes(b"N.")
            with ByteSource(folder / "x.pkl") as source, unpicklers(folder) as child:
                while self.counts["pairs"] < pairs:
                    count = min(batch, pairs - self.counts["pairs"])
                    tried = [pickles(self.chance) for _ in range(count)]
                    for data, answer in zip(tried, child.answers(tried)):
                        self._compare(source, data, answer)
                    if time.monotonic() - told > 60:
                        told = time.monotonic()
                        tell(self.told())
        tell(self.told())

    def _compare(self, source: ByteSource, data: bytes, answer: Optional[Answer]) -> None:
        self.counts["pairs"] += 1
        if answer is None:
            self.counts["deadly"] += 1
            return
        walk = walk_pickle(MemorySource(source, "a pickle", 0, data))
        why = miss(walk, answer)
        self.counts["loaded"] += answer[1]
        self.counts["looking up"] += bool(answer[0])
        self.counts["named whole"] += bool(answer[0]) and walk.problem is None
        self.counts["not told"] += walk.problem is not None and not walk.broken
        if why is not None:
            self.misses[why] = data
            if self._failures is not None:
                self._failures.mkdir(parents=True, exist_ok=True)
                name = hashlib.sha256(data).hexdigest()[:12]
                (self._failures / name).write_bytes(data)
                (self._failures / f"{name}.txt").write_text(why, "utf-8", "backslashreplace")

    def told(self) -> str:
        """How far it is."""
        counted = ", ".join(f"{number} {what}" for what, number in self.counts.items())
        return f"{counted}, {len(self.misses)} misses"


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.oracle", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--pairs", type=int, default=1_000_000, help="so many pickles")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other pickles")
    parser.add_argument("--file", type=Path, help="compare this pickle only")
    parser.add_argument("--failures", type=Path, default=Path("oracle-failures"))
    options = parser.parse_args()
    if options.file is not None:
        data = options.file.read_bytes()
        with tempfile.TemporaryDirectory() as folder, unpicklers(Path(folder)) as child:
            answer = child.answers([data])[0]
        with ByteSource(options.file) as source:
            walk = walk_pickle(source)
        print(answer, walk, sep="\n")
        return 1 if answer is not None and miss(walk, answer) else 0
    oracle = Oracle(options.seed, options.failures)
    oracle.run(options.pairs, tell=lambda text: print(text, flush=True))
    for why, data in list(oracle.misses.items())[:20]:
        print(why, data[:200])
    return 1 if oracle.misses else 0


if __name__ == "__main__":
    sys.exit(main())
