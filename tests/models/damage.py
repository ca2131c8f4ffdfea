"""Damage done to a model file on purpose: cut at any byte, with any bit turned over.

A reader may answer with a description or with a ModelFileError, and with nothing else.
By default a spread of places is tried, so that the suite stays quick;
with DL2ECD_EXHAUSTIVE=1 it is every byte of the first 4 KiB and 200 places beyond.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import time
import tracemalloc
from pathlib import Path
from typing import Iterator, Optional, Tuple

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.registry import readers

EXHAUSTIVE = os.environ.get("DL2ECD_EXHAUSTIVE") == "1"
HEAD = 4096
FAR = 200
LONGEST_SECONDS = 1.0
MOST_MEMORY = 64 * 1024 * 1024


def damaged_copies(data: bytes) -> Iterator[Tuple[str, bytes]]:
    """Cut and flipped versions of a file's bytes, each with a word on what was done."""
    chance = random.Random(len(data))
    head = range(min(HEAD, len(data)))
    near = list(head) if EXHAUSTIVE else sorted(chance.sample(head, min(64, len(head))))
    far = [chance.randrange(len(data)) for _ in range(FAR if EXHAUSTIVE else 16)]
    for end in [*near, *far]:
        yield f"cut to {end} bytes", data[:end]
    for place in near:
        bit = 1 << chance.randrange(8)
        for mask in (0xFF, bit):
            yield (
                f"byte {place} xor {mask:#x}",
                data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :],
            )


def assert_survives_damage(model: Path, folder: Path, part: Optional[str] = None) -> None:
    """Every damaged copy of a model gives a description or a ModelFileError, quickly.

    Processor time is what counts: how long it takes by the clock is up to what else runs.

    Parameters
    ----------
    model
        The primary file of an intact model; files beside it are copied along.
    folder
        An empty folder for the copies.
    part
        Relative path of the companion to damage instead of the primary file.
    """
    work = folder / "copy"
    shutil.copytree(model.parent, work)
    primary = work / model.name
    target = primary if part is None else work / part
    data = target.read_bytes()
    with contextlib.suppress(ModelFileError):
        inspect_model(primary)  # importing the readers is no part of reading
    # Importing the readers is no part of reading: a cut file makes all of them be asked.
    list(readers(b""))
    tracemalloc.start()
    try:
        for what, bytes_ in damaged_copies(data):
            target.write_bytes(bytes_)
            tracemalloc.reset_peak() if hasattr(tracemalloc, "reset_peak") else None
            started = time.process_time()
            try:
                inspect_model(primary).as_dict()
            except ModelFileError as error:
                assert str(error), what
            except Exception as error:
                raise AssertionError(f"{model.name}, {what}: {error!r}") from error
            seconds = time.process_time() - started
            peak = tracemalloc.get_traced_memory()[1]
            assert peak < MOST_MEMORY, f"{model.name}, {what}: {peak} bytes of memory"
            if EXHAUSTIVE:
                assert seconds < LONGEST_SECONDS, f"{model.name}, {what}: {seconds:.1f} s"
    finally:
        tracemalloc.stop()
