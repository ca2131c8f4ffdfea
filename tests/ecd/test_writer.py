"""Writing an .ecd: the bytes streamed into their places, whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from dl2ecd_core.ecd import payload
from dl2ecd_core.ecd.document import build_document
from dl2ecd_core.ecd.payload import stamp
from dl2ecd_core.ecd.writer import write_ecd
from dl2ecd_core.findings.errors import Cancelled, ConversionRefused
from dl2ecd_core.models import ModelPart
from dl2ecd_core.progress import Listener
from tests.documents import class_info, description

LARGE = 5 << 20


class Hearing(Listener):
    """Hears what is told, and cancels after so many times."""

    def __init__(self, patience: int = 1000) -> None:
        self.told: List[Tuple[int, int, str]] = []
        self.patience = patience

    def progressed(self, done: int, total: int, doing: str) -> None:
        self.told.append((done, total, doing))

    def cancelled(self) -> bool:
        return len(self.told) >= self.patience


def model_of(folder: Path, **sizes: int) -> Dict[str, bytes]:
    """The files of a model, by name."""
    (folder / "models").mkdir()
    contents = {name: os.urandom(size) for name, size in sizes.items()}
    for name, content in contents.items():
        (folder / "models" / name).write_bytes(content)
    return contents


def write(folder: Path, storage: str, listener: Listener, contents: Dict[str, bytes]) -> None:
    """Write a.ecd of a model."""
    models = folder / "models"
    parts = tuple(ModelPart(name, models / name, len(data)) for name, data in contents.items())
    document = build_document(
        description(files=parts), class_info(models), "models/" + parts[0].path, storage
    )
    stamped = [(part, stamp(part.location)) for part in parts]
    write_ecd(folder / "a.ecd", document, stamped, listener)


def entries(folder: Path) -> List[Dict[str, Any]]:
    document = json.loads((folder / "a.ecd").read_text(encoding="ascii"))
    files: List[Dict[str, Any]] = document["Definitions"][0]["Model"]["Files"]
    return files


@pytest.mark.parametrize("storage", ["embedded", "referenced"])
def test_every_file_is_digested_and_embedded_in_its_own_place(tmp_path: Path, storage: str) -> None:
    contents = model_of(tmp_path, first=10, second=0, third=70_000)
    write(tmp_path, storage, Listener(), contents)
    found = entries(tmp_path)
    assert [entry["Path"] for entry in found] == ["first", "second", "third"]
    for entry in found:
        content = contents[entry["Path"]]
        assert entry["SHA256"] == hashlib.sha256(content).hexdigest()
        assert entry["Size"] == len(content)
        if storage == "embedded":
            assert base64.b64decode(entry["Data"], validate=True) == content
        else:
            assert "Data" not in entry


@pytest.mark.parametrize(
    ("storage", "doing"), [("embedded", "Embedding"), ("referenced", "Checking")]
)
def test_progress_counts_the_bytes_of_all_files_once(
    tmp_path: Path, storage: str, doing: str
) -> None:
    listener = Hearing()
    write(tmp_path, storage, listener, model_of(tmp_path, first=10, second=200))
    assert listener.told == [(10, 210, f"{doing} first"), (210, 210, f"{doing} second")]


@pytest.fixture(params=["fast", "standard library"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With and without the extra that encodes quickly; no thread may be left over."""
    fast = base64.b64encode if request.param == "fast" else None
    monkeypatch.setattr(payload, "_encode_fast", fast)
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@contextmanager
def no_file_larger(size: int) -> Iterator[None]:
    """Within this, writing more to a file fails, as on a full disk; -1 for no limit."""
    if size < 0:
        yield
        return
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("_way")
class TestNothingChangesWhen:
    def refused(self, folder: Path, listener: Listener, error: Any, room: int = -1) -> Any:
        """What writing a large model raises, where files may have no more bytes than `room`."""
        (folder / "a.ecd").write_text("old", encoding="utf-8")
        contents = model_of(folder, model=LARGE)
        with pytest.raises(error) as raised, no_file_larger(room):
            write(folder, "embedded", listener, contents)
        assert (folder / "a.ecd").read_text(encoding="utf-8") == "old"
        assert sorted(os.listdir(folder)) == ["a.ecd", "models"]
        return raised.value

    @pytest.mark.parametrize("room", [1000, 1 << 20, LARGE, LARGE // 3 * 4])
    def test_the_disk_gets_full(self, tmp_path: Path, room: int) -> None:
        error = self.refused(tmp_path, Listener(), ConversionRefused, room)
        assert [item.rule for item in error.findings] == ["output-disk-full"]
        assert error.findings[0].where.file == str(tmp_path / "a.ecd")

    @pytest.mark.parametrize("patience", [1, 2, 7])
    def test_the_person_cancels(self, tmp_path: Path, patience: int) -> None:
        listener = Hearing(patience)
        self.refused(tmp_path, listener, Cancelled)
        assert len(listener.told) == patience

    def test_the_disk_gets_full_and_the_person_cancels(self, tmp_path: Path) -> None:
        self.refused(tmp_path, Hearing(2), (Cancelled, ConversionRefused), 1 << 20)
