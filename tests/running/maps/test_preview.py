"""A small picture of a map with its legend."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Iterator

import numpy as np
import pytest

from dl2ecd_core.exports.legend import LegendRow
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.maps.letters import picture_of
from dl2ecd_core.running.maps.preview import every_nth, png, write_preview
from dl2ecd_core.running.tiles import fitting
from tests.running.scenes import opened
from tests.running.test_classify import BYTES, Place


def read(path: Path) -> np.ndarray:
    """A PNG as GDAL reads it, ``(rows, columns, 3)``."""
    with opened(path) as file:
        return file.read().transpose(1, 2, 0)


def test_a_picture_is_what_gdal_reads(tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (7, 5, 3)).astype("uint8")
    (tmp_path / "a.png").write_bytes(png(picture))
    assert np.array_equal(read(tmp_path / "a.png"), picture)


def test_the_map_is_there_with_its_colors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "USUAL", (64, 64))
    place = Place(tmp_path)
    picture = place.folder / "map.png"
    classify(place.scene, place.ecd, place.out, options=BYTES, preview=picture)
    with opened(place.out) as file:
        values = file.read(1)
    drawn = read(picture)[8:98, 8:78]
    assert np.array_equal((drawn == (0, 200, 10)).all(-1), values == 100)
    assert np.array_equal((drawn == (40, 200, 11)).all(-1), values == 200)
    # It may be replaced, being one of ours; another picture not.
    classify(place.scene, place.ecd, place.out, options=BYTES, preview=picture)
    picture.write_bytes(picture.read_bytes().replace(b"dl2ecd", b"others"))
    with pytest.raises(Dl2EcdError, match="output-is-another-file"):
        classify(place.scene, place.ecd, place.out, options=BYTES, preview=picture)


@pytest.mark.parametrize(("size", "step"), [((10, 900), 1), ((901, 10), 2), ((9000, 9000), 10)])
def test_large_maps_are_thinned_out(size: tuple, step: int) -> None:
    assert every_nth(*size) == step


def test_memory_holds_what_is_drawn_and_no_strip(tmp_path: Path) -> None:
    """A picture of a map takes no more memory, however many rows the map has."""

    def peak(strips: int) -> int:
        rows = (np.ones((500, 1, 4000), "uint8") for _ in range(strips))
        tracemalloc.start()
        write_preview(
            tmp_path / "map.png", rows, (500 * strips, 4000), [LegendRow(1, "A", (9, 9, 9), None)]
        )
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(80) < peak(8) + (8 << 20)


def test_rows_are_thinned_out_across_strips(tmp_path: Path) -> None:
    height, width = 2000, 1900
    values = (np.arange(height)[:, None] + np.zeros(width, int)).astype("uint16")

    def strips() -> Iterator[np.ndarray]:
        for top in range(0, height, 77):
            yield values[top : top + 77, None]

    rows = [LegendRow(value, str(value), (value % 251, 1, 2), None) for value in range(0, 2000, 3)]
    write_preview(tmp_path / "a.png", strips(), (height, width), rows)
    drawn = read(tmp_path / "a.png")[8:, 8:]
    for place in (0, 1, 2, 100, 600):
        assert tuple(drawn[place, 0]) == (3 * place % 251, 1, 2)


def test_letters_are_as_wide_as_they_are_many() -> None:
    rows = picture_of("A\u68ee1")
    assert {len(row) for row in rows} == {18}
    # What has no picture is a box.
    assert rows[0][6:11] == [True] * 5


@pytest.mark.parametrize(
    ("text", "same"),
    [("Stra\u00dfe", "STRASSE"), ("\u00fcber \u00c9t\u00e9", "UBER ETE"), ("n\u0303", "N")],
)
def test_letters_with_marks_are_letters(text: str, same: str) -> None:
    assert picture_of(text) == picture_of(same)


def test_a_legend_has_room_for_letters_that_become_two(tmp_path: Path) -> None:
    for name, file in (("\u00df" * 20, "a.png"), ("s" * 40, "b.png")):
        rows = [LegendRow(1, name[:36], (9, 9, 9), None)]
        write_preview(tmp_path / file, iter([np.ones((3, 1, 4), "uint8")]), (3, 4), rows)
    # "1 " and twenty double letters; "1 " and 36 letters.
    assert read(tmp_path / "a.png").shape[1] - read(tmp_path / "b.png").shape[1] == (40 - 36) * 6


def test_a_legend_too_long_to_be_drawn_begins_with_what_is_seen(tmp_path: Path) -> None:
    rows = [LegendRow(value, "A", (0, value, 100), None) for value in range(60)]
    values = np.array([[50, 50, 50, 55, 55, 3]], "uint8")
    write_preview(tmp_path / "a.png", iter([values[:, None]]), (1, 6), rows)
    swatches = read(tmp_path / "a.png")[13::12, 6 + 3 * 8 - 3]
    assert swatches[:3].tolist() == [[0, value, 100] for value in (50, 55, 3)]
