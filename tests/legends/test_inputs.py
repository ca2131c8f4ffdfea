"""Lists of classes as people have them: each is read whole, or refused for what it is."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional, Tuple, Union

import pytest

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.legends import Legend, read_legend

Row = Tuple[int, Optional[str], Optional[Tuple[int, int, int]]]

WATER: Row = (1, "Wasser", (0, 0, 255))
FOREST: Row = (2, "Wald, licht", (0, 128, 0))
BARE: Row = (11, "Öde Fläche", (200, 180, 120))
ROWS = [WATER, FOREST, BARE]
#: The same, counted.
COUNTED: List[Row] = [(place, name, color) for place, (_, name, color) in enumerate(ROWS)]


def without_colors(rows: List[Row]) -> List[Row]:
    return [(value, name, None) for value, name, _ in rows]


def without_names(rows: List[Row]) -> List[Row]:
    return [(value, None, color) for value, _, color in rows]


def read(folder: Path, content: Union[str, bytes], encoding: str = "utf-8") -> Legend:
    path = folder / "legend"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return read_legend(path)


def rows(legend: Legend) -> List[Row]:
    return [(item.value, item.name, item.color) for item in legend.classes]


def rules(legend: Legend) -> List[str]:
    return [item.rule for item in legend.findings]


ENGLISH = 'Value,Class_Name,Red,Green,Blue\n1,Wasser,0,0,255\n2,"Wald, licht",0,128,0\n' \
    "11,Öde Fläche,200,180,120\n"  # fmt: skip
GERMAN = "Wert;Klassenname;Rot;Grün;Blau\r\n1;Wasser;0;0;255\r\n2;Wald, licht;0;128;0\r\n" \
    "11;Öde Fläche;200;180;120\r\n"  # fmt: skip


class TestTables:
    @pytest.mark.parametrize(
        "text",
        [
            ENGLISH,
            GERMAN,
            GERMAN.replace(";", "\t"),
            ENGLISH.replace("Class_Name", "label").replace("Red,Green,Blue", "R,G,B"),
            # Excel's own first line, a title, blank lines, comments, empty cells at the ends.
            "sep=;\r\n" + GERMAN,
            "Legende 2024\n\n" + GERMAN,
            "# made by hand\n\n" + ENGLISH + "\n\n",
            GERMAN.replace("\r\n", ";;\r\n"),
            # A header behind a hash; none at all.
            "#" + ENGLISH,
            "\n".join(ENGLISH.splitlines()[1:]),
            # Other orders and columns that are no part of a legend.
            "OID;Value;Count;Class;Red;Green;Blue\n0;1;5;Wasser;0;0;255\n1;2;9;Wald, licht;0;128;0"
            "\n2;11;7;Öde Fläche;200;180;120\n",
            "Red,Green,Blue,Name,Code\n0,0,255,Wasser,1\n0,128,0,\"Wald, licht\",2\n"
            "200,180,120,Öde Fläche,11\n",
            # Values and channels with decimals, in both manners.
            "Value;Name;R;G;B\n1.0;Wasser;0.0;0;255\n2,0;Wald, licht;0;128;0\n"
            "11;Öde Fläche;200;180;120\n",
            # Opacity, in a column of its own or not named.
            "Value;Name;Red;Green;Blue;Alpha\n1;Wasser;0;0;255;255\n2;Wald, licht;0;128;0;128\n"
            "11;Öde Fläche;200;180;120;0\n",
            "1\t0\t0\t255\t255\tWasser\n2\t0\t128\t0\t255\tWald, licht\n"
            "11\t200\t180\t120\t255\tÖde Fläche\n",
            # Colors in one cell.
            'Value,Name,Color\n1,Wasser,"0,0,255"\n2,"Wald, licht","0, 128, 0"\n'
            '11,Öde Fläche,"200,180,120"\n',
            "Code;Libellé;Couleur\n1;Wasser;#0000FF\n2;Wald, licht;#008000\n"
            "11;Öde Fläche;#c8b478\n",
            "Código;Nombre;Color\n1;Wasser;0000FF\n2;Wald, licht;008000\n11;Öde Fläche;C8B478\n",
            "id\tname\tcolor\n1\tWasser\trgb(0,0,255)\n2\tWald, licht\trgb(0, 128, 0)\n"
            "11\tÖde Fläche\t(200,180,120)\n",
            "id,name,color\n1,Wasser,(0, 0, 255)\n2,\"Wald, licht\",[0,128,0]\n"
            "11,Öde Fläche,rgba(200,180,120,0.5)\n",
            "GRID_CODE;CLC_CODE;LABEL1;LABEL3;RGB\n1;111;Alles;Wasser;000-000-255\n"
            "2;112;Alles;Wald, licht;000-128-000\n11;121;Alles;Öde Fläche;200-180-120\n",
            "1;Wasser;0,0,255\n2;Wald, licht;0,128,0\n11;Öde Fläche;200,180,120\n",
            "| Value | Name | Color |\n|---|:---|---|\n| 1 | Wasser | #0000ff |\n"
            "| 2 | Wald, licht | #008000 |\n| 11 | Öde Fläche | #c8b478 |\n",
            # Colors from 0 to 1.
            "Value;Name;Red;Green;Blue\n1;Wasser;0.0;0.0;1.0\n2;Wald, licht;0.0;0.502;0.0\n"
            "11;Öde Fläche;0.784;0.706;0.4706\n",
            # Each sample of a class is a row.
            "Classname;Classvalue;RED;GREEN;BLUE;Count\nWasser;1;0;0;255;17\nWasser;1;0;0;255;9\n"
            "Wald, licht;2;0;128;0;3\nÖde Fläche;11;200;180;120;1\n",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_with_values_names_and_colors(self, tmp_path: Path, text: str, encoding: str) -> None:
        legend = read(tmp_path, text, encoding)
        assert rows(legend) == ROWS
        assert rules(legend) == []

    def test_windows_ansi_is_read_and_said(self, tmp_path: Path) -> None:
        legend = read(tmp_path, GERMAN, "cp1252")
        assert rows(legend) == ROWS
        assert rules(legend) == ["legend-encoding"]
        assert "0xFC is not UTF-8" in legend.findings[0].message

    def test_utf_16_without_its_mark(self, tmp_path: Path) -> None:
        assert rows(read(tmp_path, GERMAN, "utf-16-le")) == ROWS

    @pytest.mark.parametrize(
        "text",
        [
            "Name,Color\nWasser,#0000ff\n\"Wald, licht\",#008000\nÖde Fläche,#c8b478\n",
            "Wasser;#0000ff\nWald, licht;#008000\nÖde Fläche;#c8b478\n",
            "0 0 255\tWasser\n0 128 0\tWald, licht\n200 180 120\tÖde Fläche\n",
            "Klasse;R;G;B\nWasser;0;0;255\nWald, licht;0;128;0\nÖde Fläche;200;180;120\n",
        ],
    )  # fmt: skip
    def test_without_values_they_are_counted_and_that_is_said(
        self, tmp_path: Path, text: str
    ) -> None:
        legend = read(tmp_path, text)
        assert rows(legend) == COUNTED
        assert rules(legend) == ["legend-values-counted"]

    @pytest.mark.parametrize(
        ("text", "guesses"),
        [
            ("Luokka;Merkitys;Vari\n1;Wasser;#0000ff\n2;Wald, licht;#008000\n"
             "11;Öde Fläche;#c8b478\n", "values in 'Luokka', names in 'Merkitys'"),
            ("qq;ww;xx;yy;zz\n1;Wasser;0;0;255\n2;Wald, licht;0;128;0\n11;Öde Fläche;200;180;120\n",
             "red, green and blue in 'xx', 'yy' and 'zz'"),
        ],
    )  # fmt: skip
    def test_unknown_headers_are_told_by_what_stands_below_and_that_is_said(
        self, tmp_path: Path, text: str, guesses: str
    ) -> None:
        legend = read(tmp_path, text)
        assert rows(legend) == ROWS
        assert rules(legend) == ["legend-columns-guessed"]
        assert guesses in legend.findings[0].message

    @pytest.mark.parametrize(
        "text",
        ["1;Wasser\n2;Wald, licht\n11;Öde Fläche\n", "Wasser\t1\nWald, licht\t2\nÖde Fläche\t11\n"],
    )
    def test_values_and_names_alone(self, tmp_path: Path, text: str) -> None:
        assert rows(read(tmp_path, text)) == without_colors(ROWS)

    def test_names_below_a_header(self, tmp_path: Path) -> None:
        assert rows(read(tmp_path, "Klassenname\nWasser\nWald\n")) == [
            (0, "Wasser", None), (1, "Wald", None),
        ]  # fmt: skip

    def test_gaps_repeats_totals_and_colors_that_are_none(self, tmp_path: Path) -> None:
        legend = read(
            tmp_path,
            "Value,Name,Color\n7,a,#000001\n3,b,mauve\n3,c,#000003\nall,sum,\n9,d,#000004\n",
        )
        assert rows(legend) == [(7, "a", (0, 0, 1)), (3, "b", None), (9, "d", (0, 0, 4))]
        assert rules(legend) == [
            "legend-entry-skipped", "legend-entry-skipped", "legend-color-unread",
        ]  # fmt: skip
        assert "'sum'" in legend.findings[0].message
        assert "'c'" in legend.findings[1].message
        assert "'mauve'" in legend.findings[2].message

    def test_three_hundred_classes(self, tmp_path: Path) -> None:
        text = "Value,Name\n" + "".join(f"{3 * n},class number {n}\n" for n in range(300))
        assert rows(read(tmp_path, text)) == [
            (3 * n, f"class number {n}", None) for n in range(300)
        ]

    def test_a_name_with_a_comma_out_of_its_quotes_is_named(self, tmp_path: Path) -> None:
        text = "Value,Name,Red,Green,Blue\n1,Wasser,0,0,255\n2,Wald, licht,0,128,0\n3,x,1,2,3\n"
        with pytest.raises(Dl2EcdError, match="Line 3 of the table") as error:
            read(tmp_path, text)
        assert error.value.findings[0].rule == "legend-damaged"


class TestColorMaps:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("1 0:0:255\n2 0:128:0\n11 200:180:120\n", without_names(ROWS)),
            ("1,0,0,255\n2,0,128,0\n11,200,180,120\n", without_names(ROWS)),
            ("1 #0000ff Wasser\n2 #008000 Wald, licht\n11 #c8b478 Öde Fläche\n", ROWS),
            ("1: Wasser (0,0,255)\n2: Wald, licht (0,128,0)\n11: Öde Fläche (200,180,120)\n", ROWS),
            ("1 Wasser 0 0 255\n2 Wald, licht 0 128 0\n11 Öde Fläche 200 180 120\n", ROWS),
            ("# QGIS Generated Color Map Export File\nINTERPOLATION:EXACT\n"
             "1,0,0,255,255,Wasser\n2,0,128,0,255,Wald, licht\n11,200,180,120,255,Öde Fläche\n",
             ROWS),
            ("1 0 0 255 255 Wasser\n2 0 128 0 255 Wald, licht\n11 200 180 120 255 Öde Fläche\n",
             ROWS),
            ("1 blue\n2 green\n", [(1, "blue", (0, 0, 255)), (2, "green", (0, 255, 0))]),
        ],
    )  # fmt: skip
    def test_of_every_program(self, tmp_path: Path, text: str, expected: List[Row]) -> None:
        legend = read(tmp_path, text)
        assert (rows(legend), rules(legend)) == (expected, [])

    def test_no_data_is_no_class_and_that_is_said(self, tmp_path: Path) -> None:
        legend = read(tmp_path, "1 0 0 255\nnv 0 0 0 0\ndefault 255:255:255\n")
        assert rows(legend) == [(1, None, (0, 0, 255))]
        assert "'nv' and 'default'" in legend.findings[0].message

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("0% 0:0:255\n100% 255:0:0\n", "for shares of the range of values ('0% 0:0:255')"),
            ("nv 0 0 0\n50% blue\n", "shares"),
            ("INTERPOLATION:INTERPOLATED\n1,0,0,255,255,a\n", "INTERPOLATION:INTERPOLATED"),
            ("INTERPOLATION:DISCRETE\n1,0,0,255,255,a\n", "INTERPOLATION:DISCRETE"),
        ],
    )
    def test_shades_are_refused_as_such(self, tmp_path: Path, text: str, why: str) -> None:
        with pytest.raises(Dl2EcdError) as error:
            read(tmp_path, text)
        assert why in error.value.findings[0].message


class TestLines:
    @pytest.mark.parametrize(
        "text",
        [
            "1 Wasser\n2 Wald, licht\n11 Öde Fläche\n",
            "1: Wasser\n2: Wald, licht\n11: Öde Fläche\n",
            "1. Wasser\r\n2. Wald, licht\r\n11. Öde Fläche\r\n",
            "# classes\n1\tWasser\n2\tWald, licht\n11\tÖde Fläche\n",
            "1 - Wasser\n2 - Wald, licht\n11 - Öde Fläche",
            "1=Wasser\n2=Wald, licht\n11=Öde Fläche",
            "Wasser: 1\nWald, licht: 2\nÖde Fläche: 11\n",
        ],
    )
    def test_with_numbers(self, tmp_path: Path, text: str) -> None:
        legend = read(tmp_path, text)
        assert (rows(legend), rules(legend)) == (without_colors(ROWS), [])

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("Wasser\nWald, licht\nÖde Fläche\n", ["Wasser", "Wald, licht", "Öde Fläche"]),
            ("# a remark\nWasser\n", ["Wasser"]),
            ("Wasser, Wald, Öde\n", ["Wasser", "Wald", "Öde"]),
            ("2 wheeler\ncar\nbus\n", ["2 wheeler", "car", "bus"]),
        ],
    )
    def test_without_numbers_lines_are_counted(
        self, tmp_path: Path, text: str, names: List[str]
    ) -> None:
        legend = read(tmp_path, text)
        assert [(item.value, item.name) for item in legend.classes] == list(enumerate(names))
        assert rules(legend) == ["legend-values-counted"]

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            (
                "classes = 3\ntrain = a/b\nnames = c\n",
                "line 1 is 'classes = 3', which is a setting",
            ),
            ("data/a.jpg\ndata/b.jpg\n", "a file's name"),
            ("https://a.b/c\n", "an address"),
            ("0 0.5 0.5 0.1 0.1\n1 0.2 0.2 0.1 0.1\n", "it has no letter"),
            ("1\n2\n", "it has no letter"),
            ("0 water\n1 forest\nbare\n", "without a number, which most of the others have"),
            ("0 water\n0 forest\n", "another line has the same number"),
            ("water\tblue thing\nforest\tgreen\n", "parted by a tab"),
            ("import os\nos.x\n", "a program's line"),
            ("[net]\nwidth\n", "the head of a section"),
            ("#0000ff\n#00ff00\n", "a color without a name"),
            ("This text tells you how to use the model.\n", "a sentence"),
            ("# only\n# remarks\n", "nothing but comments"),
        ],
    )
    def test_what_is_no_list_is_refused_with_the_reason(
        self, tmp_path: Path, text: str, why: str
    ) -> None:
        with pytest.raises(Dl2EcdError) as error:
            read(tmp_path, text)
        (item,) = error.value.findings
        assert item.rule == "legend-not-recognised"
        assert why in item.message
