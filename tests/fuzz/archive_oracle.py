"""``python -m tests.fuzz.archive_oracle``: does PyTorch take another entry than is looked at here?

    python -m tests.fuzz.archive_oracle --pairs 100000

Archives are written by chance, with names that differ little, and damaged; PyTorch's own reader
(it has to be installed) and this package choose the pickle in each. It is a miss when PyTorch
reads one and this package neither looks at the same bytes, as the same kind of file, nor refuses
the archive. Exit code 1 when there were misses; they lie in ``--failures``.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import random
import struct
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import List, Optional

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models.pytorch.zip_archive import find_record, holds_script, top_folder
from dl2ecd_core.wire.source import ByteSource
from dl2ecd_core.wire.zip import is_archive, open_archive

from .child import Child

_TOPS = ("archive", "a", "A", "b", "", "a/b", ".data", "archive ", "\u00e9")
_NAMES = (
    "data.pkl", "data.pkl", "data.pkl", "DATA.PKL", "Data.pkl", "constants.pkl", "CONSTANTS.PKL",
    "bytecode.pkl", "version", "data/0", "data.pkl/", "x/data.pkl", "data.pkl.debug_pkl",
)  # fmt: skip


def archive(chance: random.Random) -> bytes:
    """An archive that may be one of PyTorch's."""
    out = io.BytesIO()
    tops = [chance.choice(_TOPS)] * 3 + [chance.choice(_TOPS)]
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as writer:
        warnings.simplefilter("ignore")
        for number in range(chance.choice((1, 2, 3, 5))):
            top, name = chance.choice(tops), chance.choice(_NAMES)
            if number == 0 and chance.random() < 0.7:
                top, name = tops[0], chance.choice(("data.pkl", "version", "Data.pkl"))
            packing = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
            content = b"3\n" if name == "version" else b"\x80\x02K" + bytes([number]) + b"." * 40
            writer.writestr(f"{top}/{name}" if top else name, content, packing)
        # PyTorch reads nothing without it.
        version = chance.choice(("version", "version", "VERSION", ".data/version"))
        writer.writestr(f"{tops[0]}/{version}", b"3\n")
    data = bytearray(out.getvalue())
    for _ in range(chance.choice((0, 0, 1, 2, 5))):
        _damage(data, chance)
    return bytes(data)


def _damage(data: bytearray, chance: random.Random) -> None:
    """A field of a header changed, a name, or bytes put before, between or behind."""
    headers = [at for at in range(len(data) - 4) if data[at : at + 2] == b"PK"]
    if not headers:
        return
    start = chance.choice(headers)
    kind = chance.randrange(6)
    if kind == 0:
        at = start + chance.randrange(4, 46)
        if at + 2 <= len(data):
            value = chance.choice((0, 1, 8, 20, 30, 0xFFFF, chance.randrange(1 << 16)))
            data[at : at + 2] = struct.pack("<H", value)
    elif kind == 1:
        at = chance.randrange(start, min(len(data), start + 80))
        data[at] = chance.randrange(256)
    elif kind == 2:
        names = [at for at in range(len(data)) if data[at : at + 8] == b"data.pkl"]
        if names:
            at = chance.choice(names)
            data[at : at + 8] = chance.choice(
                (b"DATA.pkl", b"data.pk2", b"data\0pkl", b"version\0")
            )
    elif kind == 3:
        data += data[start : start + 22]
    elif kind == 4:
        at = chance.choice(headers)
        data[at:at] = chance.choice((b"\0", b"PK\5\6" + bytes(18), data[start : start + 46]))
    else:
        end = data.rfind(b"PK\5\6")
        at = end + chance.choice((8, 10, 12, 16, 20))
        if at + 2 <= len(data):
            change = chance.choice((1, -1, 46, -46))
            (value,) = struct.unpack_from("<H", data, at)
            struct.pack_into("<H", data, at, (value + change) & 0xFFFF)


def looked_at(path: Path) -> Optional[List[str]]:
    """What this package takes an archive for, and the digest of its pickle; None when refused."""
    try:
        with ByteSource(path) as source:
            opened = open_archive(source)
            script, top = holds_script(source), top_folder(opened)
            if script is None or top is None:
                return []
            content = opened.read(find_record(opened, f"{top}data.pkl") or "")
            return ["script" if script else "plain", hashlib.sha256(content).hexdigest()]
    except ModelFileError:
        return None


class ArchiveOracle:
    """Pairs compared and what came out."""

    def __init__(self, seed: int, failures: Optional[Path] = None) -> None:
        self.chance = random.Random(f"archives:{seed}")
        self.misses: List[str] = []
        self.pairs = self.read = self.same = 0
        self._failures = failures

    def run(self, pairs: int, batch: int = 500) -> None:
        """Compare so many."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with Child("tests.fuzz.torch_archives", folder) as child:
                while self.pairs < pairs:
                    count = min(batch, pairs - self.pairs)
                    tried = [archive(self.chance) for _ in range(count)]
                    for data, answer in zip(tried, child.answers(tried)):
                        self._compare(folder / "x.pth", data, answer)

    def _compare(self, path: Path, data: bytes, theirs: Optional[List[str]]) -> None:
        self.pairs += 1
        path.write_bytes(data)
        with ByteSource(path) as source:
            # torch.load asks for the same four bytes before it takes a file for an archive.
            if not theirs or not is_archive(source):
                return
        self.read += 1
        ours = looked_at(path)
        self.same += ours == theirs
        if ours is not None and ours != theirs:
            digest = hashlib.sha256(data).hexdigest()[:12]
            self.misses.append(f"{digest}: PyTorch takes {theirs}, looked at is {ours}")
            if self._failures is not None:
                self._failures.mkdir(parents=True, exist_ok=True)
                (self._failures / digest).write_bytes(data)

    def told(self) -> str:
        """What came out."""
        return (
            f"{self.pairs} pairs, {self.read} read by PyTorch, {self.same} looked at alike, "
            f"{self.read - self.same - len(self.misses)} refused here, {len(self.misses)} misses"
        )


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz.archive_oracle", description=__doc__
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--pairs", type=int, default=100_000, help="so many archives")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other archives")
    parser.add_argument("--failures", type=Path, default=Path("oracle-failures"))
    options = parser.parse_args()
    oracle = ArchiveOracle(options.seed, options.failures)
    oracle.run(options.pairs)
    print(oracle.told(), *oracle.misses[:20], sep="\n")
    return 1 if oracle.misses else 0


if __name__ == "__main__":
    sys.exit(main())
