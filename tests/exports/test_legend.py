"""What every legend takes from an .ecd, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from dl2ecd_core.ecd.content import Ecd, EcdClass, Kind
from dl2ecd_core.exports import export
from dl2ecd_core.exports.legend import legend_of
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.palette import color_at
from tests.exports.definitions import FEW, classes, ecd_with, exported, named, place, said

LEGENDS = ("clr", "qml", "sld", "lyrx", "aux-xml", "labels")


def test_rows_are_the_classes_in_their_order() -> None:
    legend = legend_of(
        ecd_with([EcdClass(200, "b", (1, 2, 3), 0), EcdClass(7, "a", (4, 5, 6), 1)]), "qml"
    )
    assert [(row.value, row.name, row.color, row.index) for row in legend.rows] == [
        (200, "b", (1, 2, 3), 0),
        (7, "a", (4, 5, 6), 1),
    ]
    assert (legend.title, legend.findings) == ("land cover", ())


def test_classes_without_a_color_get_one_of_the_palette_and_that_is_said() -> None:
    legend = legend_of(
        ecd_with(
            [EcdClass(1, "a", color_at(1)), EcdClass(2, "b", None), EcdClass(3, "c", (0, 0, 256))]
        ),
        "qml",
    )
    colors = [row.color for row in legend.rows]
    assert colors[0] == color_at(1)
    assert len(set(colors)) == 3
    assert "'b' and 'c'" in said(legend.findings, "export-adjusted")


def test_a_value_has_one_row() -> None:
    legend = legend_of(ecd_with([EcdClass(1, "a", (1, 1, 1)), EcdClass(1, "b", (2, 2, 2))]), "qml")
    assert [row.name for row in legend.rows] == ["a"]
    assert "'b'" in said(legend.findings, "export-adjusted")


@pytest.mark.parametrize("format_name", LEGENDS)
class TestEveryLegend:
    def test_classic_definitions_have_one_too(self, tmp_path: Path, format_name: str) -> None:
        listed = [EcdClass(1, "Urban", (255, 0, 0)), EcdClass(2, "Water", (0, 0, 255))]
        content, _ = exported(
            ecd_with(listed, kind=Kind.CLASSIC), format_name, place(tmp_path, format_name)
        )
        assert content

    @pytest.mark.parametrize("ecd", [ecd_with([]), ecd_with(named(), kind=Kind.ENDMEMBERS)])
    def test_without_classes_there_is_none(
        self, tmp_path: Path, format_name: str, ecd: Ecd
    ) -> None:
        with pytest.raises(Dl2EcdError, match="holds no classes"):
            export(ecd, format_name, place(tmp_path, format_name))
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 10**40])
    def test_a_value_that_no_raster_has_is_refused(
        self, tmp_path: Path, format_name: str, value: int
    ) -> None:
        with pytest.raises(Dl2EcdError, match="value that no raster"):
            export(
                ecd_with([EcdClass(value, "a", (1, 1, 1))]),
                format_name,
                place(tmp_path, format_name),
            )

    def test_the_same_content_gives_the_same_bytes(self, tmp_path: Path, format_name: str) -> None:
        first, _ = exported(ecd_with(named()), format_name, place(tmp_path, format_name, "a"))
        second, _ = exported(ecd_with(named()), format_name, place(tmp_path, format_name, "b"))
        assert first == second
        assert str(tmp_path).encode() not in first
        assert b"maps" not in first


@FEW
@given(classes())
def test_any_classes_can_be_exported(
    tmp_path_factory: pytest.TempPathFactory, listed: tuple[EcdClass, ...]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    for format_name in LEGENDS:
        content, _ = exported(ecd_with(listed), format_name, place(folder, format_name, "any"))
        assert content
