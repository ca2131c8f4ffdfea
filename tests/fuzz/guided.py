"""The same targets and mutations, driven by atheris (libFuzzer), where it is installed."""

from __future__ import annotations

import atexit
import random
import shutil
import sys
from pathlib import Path
from typing import Optional

from .kinds import mutate
from .outcome import checked, limit_process
from .targets import Target, folder


def run_atheris(
    target: Target, corpus: Path, runs: Optional[int], seconds: Optional[float]
) -> None:
    """Run until something fails or enough is done; never returns."""
    import atheris

    work = folder()
    atexit.register(shutil.rmtree, work, ignore_errors=True)
    seeds, placed = target.prepare(work)
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (corpus / seed.name.replace("/", "--")).write_bytes(seed.content)
    run = placed(seeds[0].name)
    contents = [seed.content for seed in seeds]
    limit_process()

    def once(data: bytes) -> None:
        checked(run, data)

    def mutator(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.3:
            return bytes(atheris.Mutate(data, most))
        return mutate(data, chance, chance.choice(contents))[:most]

    arguments = [sys.argv[0], str(corpus), "-max_len=131072", "-timeout=20", "-rss_limit_mb=3000"]
    if runs is not None:
        arguments.append(f"-runs={runs}")
    if seconds is not None:
        arguments.append(f"-max_total_time={int(seconds)}")
    atheris.Setup(arguments, once, custom_mutator=mutator)
    atheris.Fuzz()
