"""A run that was killed goes on after the last tile that it kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional, Tuple

import numpy as np
import pytest
import shapely

from dl2ecd_core.findings.errors import ConversionRefused, Dl2EcdError
from dl2ecd_core.progress import Listener
from dl2ecd_core.running.maps.part_file import PartFolder, folder_of
from dl2ecd_core.running.objects.detector import Detector
from dl2ecd_core.running.objects.found import Objects, boxes, joined, turned_boxes
from dl2ecd_core.running.objects.kept import TileFile, kept
from dl2ecd_core.running.objects.searching import AGAIN, DETECTING
from dl2ecd_core.running.rasters.raster import Window
from tests.running.objects import networks
from tests.running.objects.test_detect import THINGS, Place, objects_in


class Killed(BaseException):
    """As SIGKILL ends a run: nothing is tidied up."""


class Killing(Listener):
    def __init__(self, after: int) -> None:
        self.after = after

    def progressed(self, done: int, total: int, doing: str) -> None:
        if doing == DETECTING and done == self.after:
            raise Killed


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr("dl2ecd_core.running.maps.part_file._PATIENCE", 0.0)
    return Place(tmp_path)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> List[int]:
    """Counts the tiles that are run."""
    counted: List[int] = []
    whole = Detector.objects

    def counting(self: Detector, pixels: np.ndarray) -> Objects:
        counted.append(1)
        return whole(self, pixels)

    monkeypatch.setattr(Detector, "objects", counting)
    return counted


def layer(path: Path) -> List[Tuple[bytes, Any, Any, Any]]:
    _, shapes, fields = objects_in(path)
    return sorted(zip(shapely.to_wkb(shapes), *(fields[name] for name in fields)))


@pytest.mark.parametrize("kind", ["yolov8", "turned", "segmenting"])
def test_goes_on_where_it_was(place: Place, run: List[int], kind: str) -> None:
    model = getattr(networks, kind)(place.folder / "m" / "a.onnx")
    other = place.folder / "other.gpkg"
    place.detect(model, other)
    tiles = len(run)
    with pytest.raises(Killed):
        place.detect(model, messages=Killing(7), workers=1)
    assert folder_of(place.out).is_dir()
    assert not place.out.exists()
    run.clear()
    done = place.detect(model)
    assert len(run) == tiles - 7
    assert (done.objects, done.tiles) == (len(THINGS), tiles)
    (said,) = (one for one in done.findings if one.rule == "result-continued")
    assert said.message.endswith("this one goes on at tile 8 of 12.")
    assert layer(place.out) == layer(other)
    assert not folder_of(place.out).exists()


@pytest.mark.parametrize("option", [{"score": 0.55}, {"iou": 0.4}, {"classes": ["Car"]}])
def test_another_question_begins_anew(place: Place, run: List[int], option: Any) -> None:
    model = networks.yolov8(place.folder / "m" / "a.onnx")
    with pytest.raises(Killed):
        place.detect(model, messages=Killing(7), workers=1)
    run.clear()
    place.detect(model, options=option)
    assert len(run) == 12


def test_a_damaged_scene_leaves_nothing(place: Place) -> None:
    content = place.scene.read_bytes()
    place.scene.write_bytes(content[: len(content) // 2])
    before = sorted(path.name for path in place.folder.iterdir())
    with pytest.raises(Dl2EcdError) as caught:
        place.detect(networks.yolov8(place.folder / "a.onnx"))
    assert caught.value.findings[0].rule == "raster-not-readable"
    assert sorted(path.name for path in place.folder.iterdir()) == sorted([*before, "a.onnx"])


def outlined(count: int) -> Objects:
    sides = np.arange(4.0 * count).reshape(count, 4) + np.array([0, 0, 9, 9])
    objects = boxes(sides, np.full(count, 0.5), np.arange(count))
    shapes = np.empty(count, object)
    shapes[:] = [shapely.multipolygons([one]) for one in shapely.box(*sides.T)]
    return Objects(objects.corners, objects.scores, objects.labels, outlines=shapes)


TILES = [
    boxes(np.array([[1.5, 2, 3, 4]]), np.array([0.25]), np.array([7])),
    joined(()),
    turned_boxes(np.array([[9.0, 9, 4, 2]]), np.array([0.3]), np.array([0.1]), np.array([-1])),
    outlined(3),
    outlined(0),
]


def same(one: Objects, other: Objects) -> bool:
    arrays = ("corners", "scores", "labels")
    alike = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
    if one.outlines is None or other.outlines is None:
        return alike and one.turned == other.turned and one.outlines is other.outlines
    return (
        alike and shapely.to_wkb(one.outlines).tolist() == shapely.to_wkb(other.outlines).tolist()
    )


def kept_tiles(folder: Path, done: int, size: Optional[int] = None) -> List[Objects]:
    """What a later run finds, where so many tiles were noted and so many bytes lasted."""
    first = PartFolder(folder / "a.gpkg", {})
    file = TileFile(first, "objects")
    for tile in TILES:
        file.append(tile)
    first.note(done)
    first.close()
    if size is not None:
        with (first.path / "objects").open("r+b") as handle:
            handle.truncate(size)
    second = PartFolder(folder / "a.gpkg", {})
    again = TileFile(second, "objects")
    found = list(again.tiles())
    # What comes next is written after them.
    again.append(TILES[0])
    second.note(len(found) + 1)
    second.close()
    third = PartFolder(folder / "a.gpkg", {})
    assert same([*TileFile(third, "objects").tiles()][-1], TILES[0])
    third.remove()
    return found


@pytest.mark.parametrize("done", range(len(TILES) + 1))
def test_tiles_that_were_noted_come_back_as_they_were(tmp_path: Path, done: int) -> None:
    found = kept_tiles(tmp_path, done)
    assert len(found) == done
    assert all(same(one, other) for one, other in zip(found, TILES))


def test_a_tile_that_was_not_wholly_written_is_none(tmp_path: Path) -> None:
    for size in range(0, 300, 7):
        found = kept_tiles(tmp_path, len(TILES), size)
        assert len(found) < len(TILES)
        assert all(same(one, other) for one, other in zip(found, TILES))


def test_outlines_that_make_no_sense_are_none(tmp_path: Path) -> None:
    folder = PartFolder(tmp_path / "a.gpkg", {})
    file = TileFile(folder, "objects")
    file.append(TILES[3])
    folder.note(1)
    folder.close()
    path = folder.path / "objects"
    content = bytearray(path.read_bytes())
    content[-40:] = b"\xff" * 40
    # The first outline's kind.
    place = len(content) - len(shapely.to_wkb(TILES[3].outlines[0], output_dimension=2)) * 3
    content[place : place + 5] = b"\x01\xff\xff\xff\xff"
    path.write_bytes(content)
    again = PartFolder(tmp_path / "a.gpkg", {})
    assert list(TileFile(again, "objects").tiles()) == []
    again.remove()


def test_the_second_look_is_not_kept(tmp_path: Path) -> None:
    folder = PartFolder(tmp_path / "a.gpkg", {})
    running = kept(lambda windows, doing: [TILES[0]] * len(windows), folder, lambda item: None)
    windows = [Window(0, 1, 0, 1)] * 2
    assert len(list(running(windows, DETECTING))) == 2
    assert len(list(running(windows, AGAIN))) == 2
    assert folder.done == 0
    folder.close()
    again = PartFolder(tmp_path / "a.gpkg", {})
    assert again.done == 2
    again.remove()


class Full:
    """A file on a disk without room."""

    def write(self, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    seek = read = write

    def close(self) -> None:
        """Nothing to close."""


def test_a_full_disk_is_said_and_what_was_done_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = PartFolder(tmp_path / "a.gpkg", {})
    file = TileFile(folder, "objects")
    file.append(TILES[0])
    file.sync()
    folder.done = 1
    whole = file._handle
    monkeypatch.setattr(file, "_handle", Full())
    for action in (lambda: file.append(TILES[0]), lambda: list(file.tiles())):
        with pytest.raises(ConversionRefused) as caught:
            action()
        assert caught.value.findings[0].rule == "output-disk-full"
    whole.close()
    folder.close()
    assert folder.path.is_dir()


def test_a_file_that_can_not_be_opened_is_said(tmp_path: Path) -> None:
    folder = PartFolder(tmp_path / "a.gpkg", {})
    (folder.path / "objects").mkdir()
    with pytest.raises(ConversionRefused):
        TileFile(folder, "objects")
    folder.close()
