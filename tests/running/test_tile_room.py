"""Larger tiles for models that look far, as far as memory allows, and all cores for one of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, List, Optional

import numpy as np
import pytest

from dl2ecd_core.models import ModelDescription, inspect_model
from dl2ecd_core.running import classify as classifying
from dl2ecd_core.running import engine, tile_room
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.estimating import Need, tile_of
from dl2ecd_core.running.maps import part_file
from dl2ecd_core.running.sessions.scores import scores_of
from dl2ecd_core.running.tile_room import LARGEST, with_room
from dl2ecd_core.running.tiles.fitted import Fitted
from dl2ecd_core.running.tiles.placement import Placement
from tests.conftest import FIXTURES
from tests.running.scenes import opened, pixels, write_scene
from tests.running.sessions.test_scores import Made, tensor
from tests.running.test_classify import BYTES, Place

GIB = 1 << 30


class Shared(Made):
    """A session that says how many cores it was asked to take for a tile."""

    def threaded(self, count: int) -> Made:
        self.threads = count
        return self


def looking(reach: int, tile: int = 256, *, flexible: bool = True, **of_session: Any) -> Fitted:
    """A model that looks so far."""
    ends = tensor("NCHW", 1, 4, None, None), tensor("NCHW", 1, 2, None, None)
    session = Shared([ends[0]], [ends[1]], lambda image: image[:, :2])
    vars(session).update(of_session)
    placement = Placement(tile, tile, reach=(reach, reach))
    return Fitted(scores_of(session, 4, None, 2), placement, placement, flexible=flexible)


@pytest.fixture
def model() -> ModelDescription:
    return inspect_model(FIXTURES / "onnx" / "unet.onnx")


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch, model: ModelDescription) -> Any:
    """A machine with so much memory and 4 cores, and a network that takes 1,024 bytes a pixel."""

    def make(free: Optional[int], *, guest: bool = False, known: bool = True) -> None:
        area = np.prod([*tile_of(model).values()])
        need = Need(0, int(area) * 128) if known else None
        monkeypatch.setattr(tile_room, "estimate", lambda asked: need)
        monkeypatch.setattr(tile_room, "free_memory", lambda: free)
        monkeypatch.setattr(tile_room, "is_own_process", lambda: not guest)
        monkeypatch.setattr(tile_room, "cores", lambda: 4)

    return make


class TestTheSize:
    @pytest.mark.parametrize(
        ("reach", "tile"),
        [(12, 256), (46, 12 * 92), (60, 1280), (150, 6 * 300), (500, LARGEST), (900, LARGEST)],
    )
    def test_grows_with_the_sight(
        self, room: Any, model: ModelDescription, reach: int, tile: int
    ) -> None:
        room(256 * GIB)
        grown = with_room(looking(reach), model)
        assert (grown.rows.tile, grown.columns.tile) == (tile, tile)
        assert grown.rows.margins == (reach, reach)

    @pytest.mark.parametrize("known", [True, False])
    @pytest.mark.parametrize(("guest", "tile"), [(False, 1448), (True, 1024)])
    def test_leaves_memory_to_others(
        self, room: Any, model: ModelDescription, guest: bool, known: bool, tile: int
    ) -> None:
        """Half of what is free, and in somebody else's process a quarter."""
        room(4 * GIB, guest=guest, known=known)
        assert with_room(looking(300), model).rows.tile == tile

    def test_leaves_memory_to_strips_of_the_scene(self, room: Any, model: ModelDescription) -> None:
        """Whole rows of a scene are read: of a wide one a tile's rows take more than the tile."""
        room(8 * GIB)
        grown = with_room(looking(300), model, row=256 << 10)
        assert (grown.rows.tile, grown.columns.tile) == (1024, 3600)

    def test_is_never_smaller_than_it_was(self, room: Any, model: ModelDescription) -> None:
        """The model was tried with it; what is left of a smaller one would be margin alone."""
        room(1 << 20)
        assert with_room(looking(300, 1200), model).rows.tile == 1200

    def test_grows_by_whole_strides(self, room: Any, model: ModelDescription) -> None:
        room(256 * GIB)
        fitted = looking(46)
        strided = replace(fitted.rows, stride=32)
        grown = with_room(replace(fitted, rows=strided, columns=strided), model)
        assert grown.rows.tile == 256 + (12 * 92 - 256) // 32 * 32

    def test_is_what_it_was_where_nobody_knows_how_much_is_free(
        self, room: Any, model: ModelDescription
    ) -> None:
        room(None)
        fitted = looking(300)
        assert with_room(fitted, model) is fitted

    def test_is_what_it_was_of_a_model_that_takes_no_other(
        self, room: Any, model: ModelDescription
    ) -> None:
        room(256 * GIB)
        fixed = looking(46, flexible=False)
        assert with_room(fixed, model) is fixed

    def test_is_what_it_was_on_a_card(self, room: Any, model: ModelDescription) -> None:
        """Which takes many tiles at once, of a memory of its own."""
        room(256 * GIB)
        batched = looking(46, batch=64)
        assert with_room(batched, model) is batched


class TestCores:
    @pytest.mark.parametrize(
        ("free", "workers", "threads"),
        [
            # 1,104 x 1,104 pixels of 1,024 bytes each: there is room for as many as use a core.
            (10 * GIB, None, 1),
            (9 * GIB, None, 4),
            (5 * GIB, 2, 1),
            (4 * GIB, 2, 2),
        ],
    )
    def test_share_a_tile_where_there_is_no_room_for_one_each(
        self,
        room: Any,
        model: ModelDescription,
        free: int,
        workers: Optional[int],
        threads: int,
    ) -> None:
        room(free)
        assert with_room(looking(46), model, workers).scores.session.threads == threads

    def test_do_not_share_small_ones(self, room: Any, model: ModelDescription) -> None:
        room(1 << 20)
        assert with_room(looking(46), model).scores.session.threads == 1

    def test_of_a_runtime_that_takes_them_all_are_left_to_it(
        self, room: Any, model: ModelDescription
    ) -> None:
        room(4 * GIB)
        assert with_room(looking(46, threads=3), model).scores.session.threads == 3


@pytest.mark.parametrize("workers", [None, 1])
def test_a_map_is_the_same_with_larger_tiles_and_shared_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: Optional[int]
) -> None:
    place = Place(tmp_path)
    write_scene(place.scene, pixels(500, 610))
    classify(place.scene, place.ecd, place.out, options=BYTES)
    with opened(place.out) as file:
        usual = file.read()
    seen: List[Fitted] = []
    many: List[int] = []
    pools = engine.pools

    def remembered(*given: Any, row: int) -> Fitted:
        # A strip: four bands of bytes go in, one comes out.
        assert row == 610 * 5
        seen.append(with_room(*given, row=row))
        return seen[-1]

    monkeypatch.setattr(tile_room, "_SHARED", 0)
    monkeypatch.setattr(tile_room, "_TIMES_MARGIN", 18)
    monkeypatch.setattr(tile_room, "free_memory", lambda: 1)
    monkeypatch.setattr(tile_room, "cores", lambda: 3)
    monkeypatch.setattr(engine, "cores", lambda: 3)
    monkeypatch.setattr(engine, "pools", lambda count: many.append(count) or pools(count))
    monkeypatch.setattr(classifying, "with_room", remembered)
    classify(place.scene, place.ecd, place.out, options=BYTES, workers=workers)
    # While one runs, the next is made ready.
    assert (seen[0].scores.session.threads, many) == ((3, [2]) if workers is None else (1, [1]))
    with opened(place.out) as file:
        assert np.array_equal(file.read(), usual)


def test_a_run_goes_on_though_less_memory_is_free_than_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tiles are smaller then, and the map is the same."""
    place = Place(tmp_path)
    write_scene(place.scene, pixels(700, 300))
    classify(place.scene, place.ecd, place.out, options=BYTES)
    with opened(place.out) as file:
        usual = file.read()
    place.out.unlink()
    # What is done is noted at once.
    monkeypatch.setattr(part_file, "_PATIENCE", 0)
    stopped = _Stopped(monkeypatch)
    with pytest.raises(RuntimeError, match="killed"):
        classify(place.scene, place.ecd, place.out, options=BYTES)
    stopped.never()

    def larger(fitted: Fitted, *_: Any, row: int) -> Fitted:
        more = fitted.rows.stride * 3
        return replace(fitted, rows=fitted.rows.grown(fitted.rows.tile + more))

    monkeypatch.setattr(classifying, "with_room", larger)
    done = classify(place.scene, place.ecd, place.out, options=BYTES)
    assert "result-continued" in [item.rule for item in done.findings]
    with opened(place.out) as file:
        assert np.array_equal(file.read(), usual)


class _Stopped:
    """A process that is killed after its second strip; what it has done stays."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._most: Optional[int] = 2
        join = engine.Join.add
        count: List[int] = []

        def add(*given: Any) -> Any:
            count.append(1)
            if self._most is not None and len(count) > self._most:
                raise RuntimeError("killed")
            return join(*given)

        monkeypatch.setattr(engine.Join, "add", add)

    def never(self) -> None:
        self._most = None
