"""Workbooks, dBASE tables and rasters: what is read of them, and why nothing is."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import date
from pathlib import Path
from typing import Any, List, Optional, Sequence, Tuple

import pytest

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.legends import Legend, read_legend
from tests.legends.test_inputs import ROWS, rows, rules, without_colors
from tests.legends.test_structures import without

HEADER = ["Value", "Class", "Red", "Green", "Blue"]
CELLS: List[List[Any]] = [[value, name, *(color or ())] for value, name, color in ROWS]


def refused(path: Path) -> str:
    with pytest.raises(Dl2EcdError) as error:
        read_legend(path)
    return error.value.findings[0].message


class TestExcel:
    def book(self, folder: Path, **sheets: Sequence[Sequence[Any]]) -> Path:
        openpyxl = pytest.importorskip("openpyxl")
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, table in sheets.items():
            sheet = book.create_sheet(title)
            for row in table:
                sheet.append(list(row))
        book.save(folder / "a.xlsx")
        return folder / "a.xlsx"

    @pytest.mark.parametrize(
        "table",
        [
            [HEADER, *CELLS],
            [["Legend of 2024"], [], HEADER, *CELLS],
            [[None, *HEADER], *([None, *row] for row in CELLS)],
            [["Wert", "Klasse", "Farbe"], *([v, n, "#%02x%02x%02x" % c] for v, n, c in ROWS)],  # noqa: UP031
            [HEADER, *([float(row[0]), *row[1:]] for row in CELLS)],
            [HEADER, *([str(row[0]), *row[1:]] for row in CELLS)],
            CELLS,
        ],
    )  # fmt: skip
    def test_a_sheet(self, tmp_path: Path, table: Any) -> None:
        legend = read_legend(self.book(tmp_path, notes=[["a remark"]], classes=table))
        assert (rows(legend), legend.kind, rules(legend)) == (ROWS, "Excel workbook", [])

    def test_several_tables_are_a_question(self, tmp_path: Path) -> None:
        path = self.book(tmp_path, old=[HEADER, *CELLS], new=[HEADER, *CELLS[:2]])
        assert "tables of classes in 2 sheets: 'old' and 'new'" in refused(path)

    def test_no_table(self, tmp_path: Path) -> None:
        path = self.book(
            tmp_path, a=[["just", "words"], ["and", "more"]], b=[], c=[["x"]], d=[HEADER],
            e=[[date(2024, 1, 1), True]],
        )  # fmt: skip
        assert "no sheet that is a table of classes" in refused(path)

    def test_a_damaged_one(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
            archive.writestr("xl/workbook.xml", "<workbook")
        assert "a damaged Excel workbook" in refused(tmp_path / "a.xlsx")

    def test_entities_and_bombs_are_refused_before_openpyxl_sees_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("openpyxl")
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
            archive.writestr("xl/workbook.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")
        assert "declares entities" in refused(tmp_path / "a.xlsx")
        monkeypatch.setattr("dl2ecd_core.legends.xlsx._MOST_UNPACKED", 100)
        with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive:
            archive.writestr("xl/workbook.xml", "<a/>" * 100)
        assert "unpacks to more than" in refused(tmp_path / "b.xlsx")

    def test_without_openpyxl(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = self.book(tmp_path, classes=[HEADER, *CELLS])
        without(monkeypatch, "openpyxl")
        assert "openpyxl, which reads it, is not installed here" in refused(path)

    def test_another_archive_is_none(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("a.txt", "a")
        assert "a ZIP archive" in refused(tmp_path / "a.zip")


def dbf(
    fields: Sequence[Tuple[str, str, int]],
    records: Sequence[Sequence[Any]],
    *,
    encoding: str = "utf-8",
    driver: int = 0,
    deleted: Sequence[int] = (),
) -> bytes:
    """A dBASE table."""
    out = io.BytesIO()
    length = 1 + sum(size for _, _, size in fields)
    start = 32 + 32 * len(fields) + 1
    out.write(struct.pack("<4BIHH17xB2x", 3, 124, 5, 6, len(records), start, length, driver))
    for name, kind, size in fields:
        out.write(struct.pack("<11sc4xB15x", name.encode(encoding), kind.encode(), size))
    out.write(b"\r")
    for number, record in enumerate(records):
        out.write(b"*" if number in deleted else b" ")
        for (_, kind, size), value in zip(fields, record):
            if kind == "I":
                out.write(struct.pack("<i", value))
            elif kind == "O":
                out.write(struct.pack("<d", value))
            else:
                text = str(value).encode(encoding)
                out.write(text.rjust(size) if kind in "NF" else text.ljust(size))
    return out.getvalue() + b"\x1a"


class TestDbase:
    FIELDS = (
        ("OID", "I", 4), ("Value", "N", 9), ("Count", "O", 8), ("Class_Name", "C", 30),
        ("Red", "F", 13), ("Green", "F", 13), ("Blue", "F", 13),
    )  # fmt: skip
    RECORDS = [[n, value, 5.0, name, *(color or ())] for n, (value, name, color) in enumerate(ROWS)]

    def read(self, folder: Path, data: bytes) -> Legend:
        (folder / "a.tif.vat.dbf").write_bytes(data)
        return read_legend(folder / "a.tif.vat.dbf")

    def test_an_attribute_table(self, tmp_path: Path) -> None:
        legend = self.read(tmp_path, dbf(self.FIELDS, self.RECORDS))
        assert (rows(legend), legend.kind, rules(legend)) == (ROWS, "attribute table (dBASE)", [])

    def test_colors_from_0_to_1(self, tmp_path: Path) -> None:
        records = [[*row[:4], *(f"{part / 255:.8f}" for part in row[4:])] for row in self.RECORDS]
        assert rows(self.read(tmp_path, dbf(self.FIELDS, records))) == ROWS

    @pytest.mark.parametrize(
        ("encoding", "driver", "page"),
        [
            ("cp1252", 0x57, None),
            ("cp850", 2, None),
            ("cp1250", 0, "1250"),
            ("utf-8", 0x57, "UTF-8"),
        ],
    )
    def test_the_encoding_is_told_by_the_header_or_the_file_beside(
        self, tmp_path: Path, encoding: str, driver: int, page: Optional[str]
    ) -> None:
        if page is not None:
            (tmp_path / "a.tif.vat.cpg").write_text(page, encoding="utf-8")
        data = dbf(self.FIELDS, self.RECORDS, encoding=encoding, driver=driver)
        legend = self.read(tmp_path, data)
        assert (rows(legend), rules(legend)) == (ROWS, [])

    def test_an_encoding_that_nothing_tells_is_guessed_and_that_is_said(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "a.tif.vat.cpg").write_text("unheard of", encoding="utf-8")
        legend = self.read(tmp_path, dbf(self.FIELDS, self.RECORDS, encoding="cp1252"))
        assert (rows(legend), rules(legend)) == (ROWS, ["legend-encoding"])

    def test_deleted_rows_are_none(self, tmp_path: Path) -> None:
        legend = self.read(tmp_path, dbf(self.FIELDS, self.RECORDS, deleted=[1]))
        assert rows(legend) == [ROWS[0], ROWS[2]]

    def test_a_table_cut_short(self, tmp_path: Path) -> None:
        (tmp_path / "a.dbf").write_bytes(dbf(self.FIELDS, self.RECORDS)[:-40])
        assert "3 rows are said, 2 are there" in refused(tmp_path / "a.dbf")

    def test_no_classes(self, tmp_path: Path) -> None:
        (tmp_path / "a.dbf").write_bytes(dbf([("AREA", "N", 9)], [[1.5]]))
        assert "no column of class values" in refused(tmp_path / "a.dbf")
        (tmp_path / "b.dbf").write_bytes(dbf([("AREA", "N", 9)], []))
        assert "no column of class values" in refused(tmp_path / "b.dbf")

    def test_too_many_rows(self, tmp_path: Path) -> None:
        data = bytearray(dbf(self.FIELDS, self.RECORDS))
        data[4:8] = struct.pack("<I", 1 << 30)
        (tmp_path / "a.dbf").write_bytes(bytes(data))
        assert "more than 200000 rows" in refused(tmp_path / "a.dbf")

    @pytest.mark.parametrize(("at", "value"), [(0, 9), (2, 13), (8, 0), (43, 1), (48, 99)])
    def test_another_file_is_none(self, tmp_path: Path, at: int, value: int) -> None:
        data = bytearray(dbf(self.FIELDS, self.RECORDS))
        data[at] = value
        (tmp_path / "a.dbf").write_bytes(bytes(data))
        assert "is no legend or list of classes" in refused(tmp_path / "a.dbf")

    def test_a_header_without_fields_is_none(self, tmp_path: Path) -> None:
        data = bytearray(dbf(self.FIELDS, self.RECORDS))
        data[32] = 0x0D
        (tmp_path / "a.dbf").write_bytes(bytes(data))
        assert "is no legend" in refused(tmp_path / "a.dbf")


class TestGeoTiff:
    def raster(self, path: Path, pixels: Any, **profile: Any) -> Path:
        numpy = pytest.importorskip("numpy")
        rasterio = pytest.importorskip("rasterio")
        data = numpy.asarray(pixels)
        data = data if data.ndim == 3 else data[None]
        colors = profile.pop("colors", None)
        with rasterio.open(
            path, "w", driver="GTiff", count=data.shape[0], height=data.shape[1],
            width=data.shape[2], dtype=profile.pop("dtype", "uint8"),
            transform=rasterio.Affine(2, 0, 0, 0, -2, 0), **profile,
        ) as target:  # fmt: skip
            target.write(data)
            if colors is not None:
                target.write_colormap(1, colors)
        return path

    def test_the_values_of_its_pixels_in_the_colors_of_its_palette(self, tmp_path: Path) -> None:
        path = self.raster(
            tmp_path / "a.tif", [[1, 2, 2], [11, 0, 0]], nodata=0,
            colors={value: (*(color or ()), 255) for value, _, color in ROWS},
        )  # fmt: skip
        legend = read_legend(path)
        assert rows(legend) == [(value, None, color) for value, _, color in ROWS]
        assert rules(legend) == ["legend-entry-skipped", "legend-values-counted"]

    def test_without_a_palette(self, tmp_path: Path) -> None:
        legend = read_legend(self.raster(tmp_path / "a.tif", [[1, 300]], dtype="int16"))
        assert rows(legend) == [(1, None, None), (300, None, None)]

    def test_the_table_beside_it_names_them(self, tmp_path: Path) -> None:
        path = self.raster(
            tmp_path / "a.tif", [[1, 2]],
            colors={value: (*(color or ()), 255) for value, _, color in ROWS},
        )  # fmt: skip
        (tmp_path / "a.tif.vat.dbf").write_bytes(
            dbf([("Value", "N", 9), ("Class", "C", 20)], [row[:2] for row in CELLS])
        )
        legend = read_legend(path)
        assert (rows(legend), rules(legend)) == (ROWS, ["legend-read-beside"])

    @pytest.mark.parametrize("inside", ["<Metadata/>", "<broken"])
    def test_side_files_without_classes_are_passed_over(self, tmp_path: Path, inside: str) -> None:
        path = self.raster(tmp_path / "a.tif", [[1, 2]])
        (tmp_path / "a.tif.aux.xml").write_text(
            f"<PAMDataset>{inside}</PAMDataset>", encoding="utf-8"
        )
        (tmp_path / "a.tif.vat.dbf").write_text("something else", encoding="utf-8")
        assert [item.value for item in read_legend(path).classes] == [1, 2]

    @pytest.mark.parametrize(
        ("pixels", "dtype", "why"),
        [
            ([[[1]], [[2]], [[3]]], "uint8", "it has 3 bands of uint8"),
            ([[1.5]], "float32", "it has 1 band of float32"),
            ([list(range(2000))], "uint16", "more than 1000 different values"),
        ],
    )
    def test_an_image_is_refused_as_one(
        self, tmp_path: Path, pixels: Any, dtype: str, why: str
    ) -> None:
        assert why in refused(self.raster(tmp_path / "a.tif", pixels, dtype=dtype))

    def test_too_many_pixels(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = self.raster(tmp_path / "a.tif", [[1, 2]])
        monkeypatch.setattr("dl2ecd_core.legends.geotiff._MOST_PIXELS", 1)
        assert "2 x 1 pixels: too many" in refused(path)

    def test_without_rasterio(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "a.tif").write_bytes(b"II*\0" + bytes(100))
        without(monkeypatch, "rasterio")
        assert "rasterio, which reads it, is not installed" in refused(tmp_path / "a.tif")
        (tmp_path / "a.tif.vat.dbf").write_bytes(
            dbf([("Value", "N", 9), ("Class", "C", 20)], [row[:2] for row in CELLS])
        )
        assert rows(read_legend(tmp_path / "a.tif")) == without_colors(ROWS)
