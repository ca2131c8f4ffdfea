"""Tiles through real models: the result is that of one pass over the whole scene."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, Collection, List, Optional, Sequence, Set, Tuple, Type

import numpy as np
import pytest

from dl2ecd_core.findings.errors import Cancelled
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.progress import Listener
from dl2ecd_core.running import engine
from dl2ecd_core.running.classifier import Classifier
from dl2ecd_core.running.engine import classify_raster, strips
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.inputs.scaling import scaled
from dl2ecd_core.running.probabilities import Kind, Probabilities
from dl2ecd_core.running.rasters.raster import ArrayReader, ArrayWriter, Window
from dl2ecd_core.running.sessions import Session
from dl2ecd_core.running.sessions.onnx_session import OnnxSession
from dl2ecd_core.running.sessions.scores import scores_of
from dl2ecd_core.running.tiles.fitted import Fitted
from dl2ecd_core.running.tiles.fitting import fit_tiles
from dl2ecd_core.running.tiles.placement import Placement
from dl2ecd_core.running.values import Values
from dl2ecd_core.scaling.steps import Scaling, Step
from tests.running.scenes import pixels, scores
from tests.running.sessions.test_scores import Made, tensor

SCALING = Scaling((Step("min-max", (0.0, 255.0)),), "test")
TWO = Values((100, 200), 0, "uint8")


def classifier(
    fitted: Fitted, values: Values = TWO, kind: Kind = Kind.LOGITS, layers: int = 2
) -> Classifier:
    bands = tuple(range(fitted.scores.bands))
    return Classifier(fitted, bands, SCALING, values, Probabilities(kind, layers))


def small_tiles(fitted: Fitted, by: int = 64) -> Fitted:
    """The same model with smaller tiles, so that small scenes have many."""
    return replace(
        fitted,
        rows=fitted.rows.grown(fitted.rows.tile - (fitted.rows.tile - by) // 4 * 4),
        columns=fitted.columns.grown(fitted.columns.tile - (fitted.columns.tile - by) // 4 * 4),
    )


def one_pass(fitted: Fitted, scene: np.ndarray) -> np.ndarray:
    """Scores of the whole scene at once: its edge repeated up to the next multiple."""
    size: List[np.ndarray] = []
    for placement, length in zip(fitted.placements(*scene.shape[1:]), scene.shape[1:]):
        needed = np.arange(-placement.lead, placement.needed(length) - placement.lead)
        size.append(np.clip(needed, 0, length - 1))
    padded = scene[:, size[0][:, None], size[1]]
    result = fitted.scores(scaled(padded, SCALING))
    rows = fitted.rows.result_size(scene.shape[1])
    return result[:, :rows, : fitted.columns.result_size(scene.shape[2])]


def classified(
    made: Classifier, scene: np.ndarray, valid: Optional[np.ndarray] = None, **more: object
) -> Tuple[np.ndarray, Optional[np.ndarray]]:
    plan = made.plan(*scene.shape[1:])
    writer, shares = ArrayWriter(plan.height), ArrayWriter(plan.height)
    classify_raster(ArrayReader(scene, valid), made, writer, probabilities=shares, **more)
    assert writer.array is not None
    return writer.array, shares.array


@pytest.fixture(scope="module")
def unet(tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    return small_tiles(fit_tiles(scores("unet", tmp_path_factory.mktemp("unet"))))


class TestExact:
    @pytest.mark.parametrize(
        ("height", "width"), [(200, 200), (101, 122), (1, 1), (64, 300), (3, 257), (65, 63)]
    )
    def test_no_pixel_differs_from_one_pass_over_the_whole(
        self, unet: Fitted, height: int, width: int
    ) -> None:
        scene = pixels(height, width)
        whole = one_pass(unet, scene)
        found, shares = classified(classifier(unet), scene)
        assert np.array_equal(found, np.where(whole[1] > whole[0], 200, 100))
        assert shares is not None
        assert np.array_equal(shares, Probabilities(Kind.LOGITS, 2).of_scores(whole))

    def test_more_than_one_tile_was_needed(self, unet: Fitted) -> None:
        assert len(classifier(unet).plan(200, 200)) > 9

    def test_both_classes_are_there(self, unet: Fitted) -> None:
        found, _ = classified(classifier(unet), pixels(200, 200))
        assert set(np.unique(found)) == {100, 200}

    def test_a_smaller_halo_would_show(self, unet: Fitted) -> None:
        """That the tests above can fail."""
        scene = pixels(200, 200)
        near = replace(
            unet, rows=replace(unet.rows, reach=(0, 0)), columns=replace(unet.columns, reach=(0, 0))
        )
        _, exact = classified(classifier(unet), scene)
        _, seamed = classified(classifier(near), scene)
        assert not np.array_equal(exact, seamed)

    @pytest.mark.parametrize("workers", [1, 5])
    def test_the_number_of_workers_changes_nothing(self, unet: Fitted, workers: int) -> None:
        scene = pixels(150, 150)
        one, _ = classified(classifier(unet), scene)
        other, _ = classified(classifier(unet), scene, workers=workers)
        assert np.array_equal(one, other)

    def test_a_model_that_crops_its_border(self, tmp_path: Path) -> None:
        made = scores("argmax", tmp_path, bands=3, layers=6)
        fitted = fit_tiles(made)
        scene = pixels(90, 70, bands=3)
        values = Values(tuple(range(10, 16)), 0, "uint8")
        whole = one_pass(fitted, scene)
        found, shares = classified(classifier(fitted, values, Kind.INDICES, 6), scene)
        assert fitted.rows.lead == 2
        assert np.array_equal(found, whole[0] + 10)
        assert shares is not None
        assert np.array_equal(shares.argmax(0), whole[0])

    def test_a_model_whose_channels_come_last(self, tmp_path: Path) -> None:
        fitted = small_tiles(fit_tiles(scores("nhwc", tmp_path, layers=6)), 60)
        scene = pixels(130, 100)
        whole = one_pass(fitted, scene)
        values = Values(tuple(range(1, 7)), 0, "uint8")
        found, _ = classified(classifier(fitted, values, Kind.SHARES, 6), scene)
        assert np.array_equal(found, whole.argmax(0) + 1)

    def test_a_model_of_a_fixed_size(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its tiles are 16 pixels; it must not be given others."""
        monkeypatch.setattr(OnnxSession, "freed", lambda session: None)
        fitted = fit_tiles(scores("sigmoid", tmp_path, bands=3, layers=1))
        assert (fitted.rows.tile, fitted.columns.tile) == (16, 16)
        values = Values((1, 2), 0, "uint8", 0.5, 0.5)
        found, shares = classified(
            classifier(fitted, values, Kind.SHARES, 1), pixels(40, 33, bands=3)
        )
        assert shares is not None
        assert np.array_equal(found, np.where(shares[0] >= 0.5, 2, 1))


class Together:
    """A session that is best given several tiles at once, and has room for so many only."""

    def __init__(self, session: Session, room: int) -> None:
        self._session, self._room = session, room
        self.batch = 3
        self.sizes: List[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._session, name)

    def run(self, arrays: Sequence[np.ndarray]) -> List[np.ndarray]:
        self.sizes.append(len(arrays[0]))
        if len(arrays[0]) > self._room:
            raise RunningRefused([finding("model-run-failed", "no room")])
        return self._session.run(arrays)


class TestBatches:
    @pytest.mark.parametrize("room", [3, 1])
    def test_give_what_single_tiles_give(self, unet: Fitted, room: int) -> None:
        session = Together(unet.scores.session, room)
        batched = replace(unet, scores=replace(unet.scores, session=session))  # type: ignore[arg-type]
        scene = pixels(150, 190)
        one, shares = classified(classifier(unet), scene)
        other, others = classified(classifier(batched), scene)
        assert np.array_equal(one, other)
        assert np.allclose(shares, others, atol=1e-6)
        assert max(session.sizes) == 3

    def test_a_tile_that_has_no_room_alone_is_a_sentence(self, unet: Fitted) -> None:
        session = Together(unet.scores.session, 0)
        batched = replace(unet, scores=replace(unet.scores, session=session))  # type: ignore[arg-type]
        with pytest.raises(RunningRefused, match="no room"):
            classified(classifier(batched), pixels(150, 190))

    def test_a_model_of_one_tile_gets_one(self, tmp_path: Path) -> None:
        made = scores("sigmoid", tmp_path, bands=3, layers=1)
        assert replace(made, session=Together(made.session, 9)).batch == 1  # type: ignore[arg-type]


class TestWindows:
    """What schedulers ask for: a part of the result, worked out alone."""

    @pytest.mark.parametrize(
        "window", [Window(0, 200, 0, 200), Window(50, 90, 20, 180), Window(199, 200, 0, 1)]
    )
    def test_a_window_is_that_part_of_the_whole(self, unet: Fitted, window: Window) -> None:
        scene = pixels(200, 200)
        made = classifier(unet)
        whole, _ = classified(made, scene)
        parts = [
            strip.values for strip in strips(ArrayReader(scene), made, made.plan(200, 200), window)
        ]
        expected = whole[window.top : window.bottom, window.left : window.right]
        assert np.array_equal(np.concatenate(parts), expected)

    def test_a_window_of_a_blended_result(self, unet: Fitted) -> None:
        seen = replace(unet, rows=replace(unet.rows, reach=None))
        scene = pixels(200, 200)
        made = classifier(seen)
        whole, _ = classified(made, scene)
        window = Window(70, 130, 33, 150)
        parts = [
            strip.values for strip in strips(ArrayReader(scene), made, made.plan(200, 200), window)
        ]
        assert np.array_equal(np.concatenate(parts), whole[70:130, 33:150])

    def test_the_rest_of_an_interrupted_result(self, unet: Fitted) -> None:
        scene = pixels(200, 100)
        made = classifier(unet)
        whole, _ = classified(made, scene)
        rest, _ = classified(made, scene, from_row=120)
        assert np.array_equal(rest[120:], whole[120:])
        assert not rest[:120].any()


class TestNoData:
    def test_comes_out_where_it_goes_in(self, unet: Fitted) -> None:
        scene = pixels(150, 150)
        valid = np.ones((150, 150), bool)
        valid[:70, 40:] = False
        whole, _ = classified(classifier(unet), scene)
        found, shares = classified(classifier(unet), scene, valid)
        assert np.array_equal(found, np.where(valid, whole, 0))
        assert shares is not None
        assert np.array_equal(np.isnan(shares[0]), ~valid)

    def test_a_tile_without_data_is_not_run(self, unet: Fitted) -> None:
        class Broken:
            bands, data_type, per_pixel, batch, threads = 4, "float32", False, 1, 1

            def __call__(self, tile: np.ndarray) -> np.ndarray:
                raise AssertionError("it was run")

        idle = replace(unet, scores=Broken())  # type: ignore[arg-type]
        found, _ = classified(classifier(idle), pixels(90, 90), np.zeros((90, 90), bool))
        assert not found.any()

    def test_what_is_no_number_spreads_nowhere(self, unet: Fitted) -> None:
        scene = pixels(100, 100).astype("float32")
        valid = np.ones((100, 100), bool)
        valid[50, 50] = False
        zero = scene.copy()
        scene[:, 50, 50], zero[:, 50, 50] = np.nan, 0
        found, _ = classified(classifier(unet), scene, valid)
        expected, _ = classified(classifier(unet), zero, valid)
        assert np.array_equal(found, expected)
        assert (found == 0).sum() == 1


class TestBlended:
    @pytest.fixture
    def seen(self, unet: Fitted) -> Fitted:
        return replace(
            unet, rows=replace(unet.rows, reach=None), columns=replace(unet.columns, reach=None)
        )

    def test_shares_add_up_to_one(self, seen: Fitted) -> None:
        _, shares = classified(classifier(seen), pixels(150, 131))
        assert shares is not None
        assert np.allclose(shares.sum(0), 1, atol=1e-5)

    def test_values_are_those_of_the_highest_share(self, seen: Fitted) -> None:
        found, shares = classified(classifier(seen), pixels(150, 131))
        assert shares is not None
        assert np.array_equal(found, np.where(shares[1] > shares[0], 200, 100))

    def test_borders_of_tiles_count_little(self, unet: Fitted, seen: Fitted) -> None:
        """Of a model that does not see all, the average is close to the exact result."""
        scene = pixels(150, 150)
        _, exact = classified(classifier(unet), scene)
        _, blended = classified(classifier(seen), scene)
        assert exact is not None
        assert blended is not None
        assert np.abs(exact - blended).max() < 0.2

    def test_a_scene_of_one_tile_is_not_blended(self, seen: Fitted) -> None:
        assert not classifier(seen).plan(60, 60).blended

    def test_no_data_comes_out_where_it_goes_in(self, seen: Fitted) -> None:
        valid = np.ones((150, 150), bool)
        valid[:100, :100] = False
        found, shares = classified(classifier(seen), pixels(150, 150), valid)
        assert np.array_equal(found == 0, ~valid)
        assert shares is not None
        assert np.array_equal(np.isnan(shares[0]), ~valid)


def tiles_of_16(session: Type[Made], give: Any) -> Fitted:
    """A model that takes tiles of 16 pixels."""
    ends = tensor("NCHW", 1, 4, 16, 16), tensor("NCHW", 1, 2, 16, 16)
    placement = Placement(16, 16)
    return Fitted(scores_of(session([ends[0]], [ends[1]], give), 4, None, 2), placement, placement)


class TestStopping:
    def test_cancelling_ends_the_work(self, unet: Fitted) -> None:
        class Impatient(Listener):
            def __init__(self) -> None:
                self.asked = 0

            def cancelled(self) -> bool:
                self.asked += 1
                return self.asked > 3

        with pytest.raises(Cancelled):
            classified(classifier(unet), pixels(200, 200), listener=Impatient())

    @pytest.mark.parametrize("interrupted", [Cancelled, KeyboardInterrupt])
    def test_a_tile_that_takes_long_is_not_waited_for(self, interrupted: Any) -> None:
        """A large one takes a minute."""

        class Slow(Made):
            def stop(self, threads: Collection[int]) -> None:
                asked.append(set(threads))
                ended.set()

        class Impatient(Listener):
            def cancelled(self) -> bool:
                if began and interrupted is KeyboardInterrupt:
                    raise KeyboardInterrupt
                return bool(began)

        def give(tile: np.ndarray) -> np.ndarray:
            began.append(threading.get_ident())
            assert ended.wait(60)
            raise RunningRefused([finding("model-run-failed", "It was stopped.")])

        began: List[int] = []
        asked: List[Set[int]] = []
        ended = threading.Event()
        with pytest.raises(interrupted):
            classified(
                classifier(tiles_of_16(Slow, give)), pixels(16, 64), workers=1, listener=Impatient()
            )
        # Of the four tiles one was begun, and no thread of somebody else's was asked to stop.
        assert [set(began)] == asked[:1]

    def test_one_that_begins_just_then_is_asked_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Late(Made):
            def stop(self, threads: Collection[int]) -> None:
                asked.append(1)
                if len(asked) > 2:
                    ended.set()

        def give(tile: np.ndarray) -> np.ndarray:
            began.set()
            assert ended.wait(60)
            return tile[:, :2]

        monkeypatch.setattr(engine, "_LOOKS", 0.01)
        asked: List[int] = []
        began, ended = threading.Event(), threading.Event()
        model = classifier(tiles_of_16(Late, give))
        with (
            engine.pools(1) as (_, pool),
            pytest.raises(ZeroDivisionError),
            engine._stopped(model, pool) as running,
        ):
            running.add(pool.submit(model.fitted.scores.session.run, [np.zeros((1, 4, 4, 4))]))
            assert began.wait(60)
            raise ZeroDivisionError
        assert len(asked) == 3

    def test_progress_is_told_of_each_tile(self) -> None:
        """A row of large ones takes minutes."""

        class Watching(Listener):
            def progressed(self, done: int, total: int, doing: str) -> None:
                heard.append((done, total))

        heard: List[Tuple[int, int]] = []
        model = tiles_of_16(Made, lambda tile: tile[:, :2])
        classified(classifier(model), pixels(32, 64), listener=Watching())
        assert heard == [(done, 32) for done in range(4, 33, 4)]

    def test_progress_is_told_in_rows(self, unet: Fitted) -> None:
        class Watching(Listener):
            def __init__(self) -> None:
                self.heard: List[Tuple[int, int]] = []

            def progressed(self, done: int, total: int, doing: str) -> None:
                self.heard.append((done, total))

        watching = Watching()
        classified(classifier(unet), pixels(200, 100), listener=watching)
        assert watching.heard[-1] == (200, 200)
        assert watching.heard == sorted(watching.heard)
        assert len(watching.heard) > 3


class TestTilesAtOnce:
    """As many as there are cores, if their values go into memory."""

    @pytest.mark.parametrize(
        ("free", "side", "most"),
        [(64 << 30, 256, 16), (64 << 30, 2048, 8), (4 << 30, 2048, 1), (1 << 20, 256, 1),
         (None, 2048, 16)],
    )  # fmt: skip
    def test_are_no_more_than_memory_holds(
        self, free: Optional[int], side: int, most: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(engine, "cores", lambda: 16)
        monkeypatch.setattr(engine, "free_memory", lambda: free)
        many: List[int] = []
        pools = engine.pools
        monkeypatch.setattr(engine, "pools", lambda count: many.append(count) or pools(1))
        ends = tensor("NCHW", 1, 4, side, side), tensor("NCHW", 1, 2, side, side)
        made = Made([ends[0]], [ends[1]], lambda tile: tile[:, :2])
        placement = Placement(side, side)
        fitted = Fitted(scores_of(made, 4, None, 2), placement, placement)
        classified(classifier(fitted), pixels(8, 8))
        assert many == [most]


class TestBatchesOfOneSize:
    """A model that was exported with eight tiles at once takes eight, and no other number."""

    def test_are_filled(self) -> None:
        def give(tiles: np.ndarray) -> np.ndarray:
            assert tiles.shape == (8, 4, 16, 16)
            return tiles[:, :2]

        ends = tensor("NCHW", 8, 4, 16, 16), tensor("NCHW", 8, 2, 16, 16)
        made = scores_of(Made([ends[0]], [ends[1]], give), 4, None, 2)
        assert made.batch == 8
        placement = Placement(16, 16)
        scene = pixels(30, 16 * 11)
        _, shares = classified(
            classifier(Fitted(made, placement, placement), kind=Kind.SHARES), scene
        )
        assert np.array_equal(shares, scaled(scene[:2], SCALING))

    def test_are_not_halved_where_they_fail(self) -> None:
        def give(tiles: np.ndarray) -> np.ndarray:
            raise RunningRefused([finding("model-run-failed", f"no room for {len(tiles)}")])

        ends = tensor("NCHW", 8, 4, 16, 16), tensor("NCHW", 8, 2, 16, 16)
        made = scores_of(Made([ends[0]], [ends[1]], give), 4, None, 2)
        with pytest.raises(RunningRefused, match="no room for 8"):
            made.of_tiles([np.zeros((4, 16, 16), "float32")] * 8)
