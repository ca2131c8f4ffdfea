"""The model in a worker: once, as its digest says, and gone when nobody needs it."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from dl2ecd_core.conversion import convert
from dl2ecd_core.progress import Listener
from dl2ecd_core.running.cluster import held
from dl2ecd_core.running.cluster.connecting import Supply
from dl2ecd_core.running.cluster.held import Missing, held_model, is_held, keep_piece, let_go
from dl2ecd_core.running.cluster.shipping import shipped
from dl2ecd_core.running.opening import opened_model
from dl2ecd_core.running.rasters.raster import ArrayReader
from tests.running.scenes import pixels

from .conftest import Place
from .stand_in import StandInClient

WORK: Dict[str, Any] = {
    "options": {"bands": None, "scale": ["min-max 0 255"], "nodata": None, "threshold": None},
    "device": "cpu",
    "trusted": False,
}


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    yield
    for digest in list(held._HELD):
        let_go(digest)


def give(content: bytes, folder: Path, *, pieces: int = 3) -> str:
    digest = hashlib.sha256(content).hexdigest()
    step = -(-len(content) // pieces)
    for offset in range(0, len(content), step):
        keep_piece(digest, offset, content[offset : offset + step], len(content), folder)
    return digest


class TestTheModel:
    def test_comes_in_pieces_and_is_for_its_user_alone(self, place: Place, tmp_path: Path) -> None:
        content = place.ecd.read_bytes()
        digest = give(content, tmp_path / "worker")
        assert is_held(digest)
        (folder,) = (tmp_path / "worker").iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0
        assert (folder / "model.ecd").read_bytes() == content

    def test_that_is_another_than_its_digest_says_is_not_held(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="not the one"):
            keep_piece("0" * 64, 0, b"model", 5, tmp_path)
        assert not is_held("0" * 64)
        assert not list(tmp_path.rglob("*.ecd"))

    def test_that_broke_off_begins_anew(self, tmp_path: Path) -> None:
        digest = hashlib.sha256(b"model").hexdigest()
        assert not keep_piece(digest, 0, b"mod and more", 50, tmp_path)
        assert not keep_piece(digest, 0, b"mod", 5, tmp_path)
        assert keep_piece(digest, 3, b"el", 5, tmp_path)
        assert keep_piece(digest, 0, b"anything", 5, tmp_path)

    def test_is_asked_for_where_it_is_not(self) -> None:
        with pytest.raises(Missing), held_model("0" * 64):
            pass

    def test_goes_when_it_is_let_go_and_unused(self, place: Place, tmp_path: Path) -> None:
        digest = give(place.ecd.read_bytes(), tmp_path / "worker")
        with held_model(digest) as model:
            private = model.opened().primary
            let_go(digest)
            let_go(digest)
            assert private.exists()
        assert not private.exists()
        assert list((tmp_path / "worker").iterdir()) == []

    def test_of_three_the_oldest_goes(self, tmp_path: Path) -> None:
        first, second = give(b"first", tmp_path), give(b"second", tmp_path)
        with held_model(first):
            pass
        third = give(b"third", tmp_path)
        assert [is_held(one) for one in (first, second, third)] == [True, False, True]


class TestClassifiers:
    def test_are_found_out_once_for_each_kind_of_scene(
        self, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made: List[str] = []
        real = held.bounded_session

        def counted(*arguments: Any, **more: Any) -> Any:
            made.append("session")
            return real(*arguments, **more)

        monkeypatch.setattr(held, "bounded_session", counted)
        digest = give(place.ecd.read_bytes(), tmp_path / "worker")
        with held_model(digest) as model:
            one, said = model.classifier(ArrayReader(pixels(310, 300)), WORK)
            again, _ = model.classifier(ArrayReader(pixels(301, 320)), WORK)
            other, _ = model.classifier(ArrayReader(pixels(310, 300).astype("uint16")), WORK)
            small, _ = model.classifier(ArrayReader(pixels(40, 50)), WORK)
            same, _ = model.classifier(ArrayReader(pixels(40, 50)), WORK)
            smaller, _ = model.classifier(ArrayReader(pixels(40, 40)), WORK)
        assert one is again
        assert other is not one
        # Of scenes smaller than a tile each size has tiles of its own.
        assert small is same
        assert small is not smaller
        assert small is not one
        assert made == ["session"]
        assert isinstance(said, tuple)

    def test_are_not_kept_without_an_end(
        self, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(held, "_MOST_KINDS", 1)
        digest = give(place.ecd.read_bytes(), tmp_path / "worker")
        with held_model(digest) as model:
            one, _ = model.classifier(ArrayReader(pixels(310, 300)), WORK)
            model.classifier(ArrayReader(pixels(310, 300).astype("uint16")), WORK)
            again, _ = model.classifier(ArrayReader(pixels(310, 300)), WORK)
        assert again is not one
        assert again == one or again.values == one.values


class TestShipping:
    def test_holds_all_of_a_model_wherever_its_files_were(self, place: Place) -> None:
        referenced = place.folder / "referenced.ecd"
        convert(place.model, place.classes, referenced, storage="referenced")
        digests = []
        for number, source in enumerate(
            ((place.ecd,), (referenced,), (place.model, place.classes))
        ):
            with opened_model(*source) as opened:
                target, digest = shipped(opened, place.folder / f"{number}.ecd", Listener())
                classes, document = opened.ecd.classes, opened.ecd.document
            assert digest == hashlib.sha256(target.read_bytes()).hexdigest()
            assert json.loads(target.read_text())["Definitions"][0]["Model"]["Storage"] == (
                "embedded"
            )
            alone = place.folder / f"alone{number}" / "model.ecd"
            alone.parent.mkdir()
            target.rename(alone)
            with opened_model(alone) as again:
                assert again.ecd.classes == classes
                assert (
                    again.ecd.document["Definitions"][0]["Classes"]
                    == (document["Definitions"][0]["Classes"])
                )
                assert again.primary.read_bytes() == place.model.read_bytes()
            digests.append(digest)
        assert len(set(digests)) <= 3

    def test_gives_a_worker_the_model_once(self, place: Place, client: StandInClient) -> None:
        digest = hashlib.sha256(place.ecd.read_bytes()).hexdigest()
        supply = Supply(client, place.ecd, digest)
        supply("here")
        supply("")
        assert is_held(digest)
        assert [name for name, _ in client.ran] == ["about", "keep", "about"]
        supply.end()
        assert not is_held(digest)

    def test_lets_go_of_no_worker_that_is_gone(self, place: Place, client: StandInClient) -> None:
        supply = Supply(client, place.ecd, "0" * 64)
        client.status = "closed"
        supply.end()
        assert client.ran == []
        client.status = "running"

        def gone(*arguments: Any, **more: Any) -> Any:
            raise OSError("gone")

        client.run = gone  # type: ignore[method-assign]
        supply.end()
