"""The files after public reports: each gives what a careful person would expect."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional, Tuple

import pytest

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.legends import read_legend

CASES = Path(__file__).parents[1] / "fixtures" / "legends"
Row = Tuple[int, Optional[str], Optional[Tuple[int, int, int]]]
COLORS = ((0, 0, 255), (0, 128, 0), (200, 180, 120))
NAMED = [(0, "Water", COLORS[0]), (1, "Forest", COLORS[1]), (2, "Bare", COLORS[2])]


@pytest.mark.parametrize(
    ("file", "rows", "rules"),
    [
        (
            "data.yaml",
            [(0, "Roof", None), (1, "Pool", None), (2, "Solar panel", None)],
            ["legend-values-counted"],
        ),
        ("labels.txt", [(0, "water", None), (1, "forest", None), (2, "bare ground", None)], []),
        ("annotations.json", [(11, "roof", None), (20, "pool", None), (24, "panel", None)], []),
        (
            "classes.json",
            [(1, "water", COLORS[0]), (2, "trees", COLORS[1]), (11, "rangeland", COLORS[2])],
            [],
        ),
        ("nohead.csv", NAMED, []),
        ("legend.csv", [(value + 1, name, color) for value, name, color in NAMED], []),
        # Hue, saturation and brightness are whole numbers in the file.
        ("hsv.lyrx", [*NAMED[:2], (2, "Bare", (199, 179, 119))], []),
        ("colormap.lyrx", NAMED, []),
        ("from_img.tif.aux.xml", NAMED, []),
        (
            "nlcd_real_colors.aux.xml",
            [
                (11, "Open water", (71, 107, 160)),
                (21, "Developed", (221, 201, 201)),
                (41, "Forest", (104, 170, 99)),
            ],
            [],
        ),
        (
            "grass.rules",
            [(value, None, color) for value, _, color in NAMED],
            ["legend-entry-skipped"],
        ),
        ("hex.clr", NAMED, []),
        ("config.json", [(0, "water", None), (1, "forest", None), (2, "bare", None)], []),
    ],
)
def test_read_whole(file: str, rows: List[Row], rules: List[str]) -> None:
    legend = read_legend(CASES / file)
    assert [(item.value, item.name, item.color) for item in legend.classes] == rows
    assert [item.rule for item in legend.findings] == rules


@pytest.mark.parametrize(
    ("file", "line", "what"),
    [
        ("two.qgs", None, "2 rasters with classes: 'Old A (2 classes)' and 'Water (3 classes)'"),
        ("curly.pbtxt", 3, "a curly quote (‘)"),
        ("intervals.sld", None, "goes for all values below its quantity (type 'intervals')"),
    ],
)
def test_refused_for_what_it_is(file: str, line: Optional[int], what: str) -> None:
    with pytest.raises(Dl2EcdError) as error:
        read_legend(CASES / file)
    (item,) = error.value.findings
    assert what in item.message
    assert item.where.line == line
