"""What an export replaces: an earlier export, told by its content, and nothing else."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from dl2ecd_core.ecd.content import EcdClass
from dl2ecd_core.exports import FORMATS, export, placed
from dl2ecd_core.findings.errors import Dl2EcdError
from tests.exports.definitions import place
from tests.exports.ecds import MODEL_BYTES, ecd, land_classes


def rules(error: pytest.ExceptionInfo[Dl2EcdError]) -> list[str]:
    return [item.rule for item in error.value.findings]


@pytest.fixture
def target(tmp_path: Path, format_name: str) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return place(folder, format_name)


@pytest.mark.parametrize("format_name", [name for name in FORMATS if name != "onnx"])
class TestEveryFormat:
    def test_an_earlier_export_is_replaced(
        self, tmp_path: Path, target: Path, format_name: str
    ) -> None:
        export(ecd(tmp_path / "one"), format_name, target)
        first = target.read_bytes()
        export(ecd(tmp_path / "one"), format_name, target)
        assert target.read_bytes() == first
        classes = [EcdClass(9, item.name, item.color, 0) for item in land_classes("Wood")]
        if format_name == "labels":
            # Any text is a list of names: only those that are known tell it.
            classes = [*land_classes("Forest", "Water", "Wood")]
        export(ecd(tmp_path / "one", classes, ModelPadding=5), format_name, target)

    @pytest.mark.parametrize(
        "content",
        [
            b"my notes\nof a year\n",
            b"II*\0" + bytes(100),
            b"{}",
            b"[1, 2]",
            b"<a/>",
            b"\x89PNG\r\n\x1a\n",
            MODEL_BYTES,
            b"<qgis/>" + b" " * (16 << 20),
        ],
    )
    def test_another_file_only_when_told(
        self, tmp_path: Path, target: Path, format_name: str, content: bytes
    ) -> None:
        target.write_bytes(content)
        with pytest.raises(Dl2EcdError) as error:
            export(ecd(tmp_path / "one"), format_name, target)
        assert rules(error) == ["output-is-another-file"]
        assert target.read_bytes() == content
        export(ecd(tmp_path / "one"), format_name, target, overwrite=True)
        assert target.read_bytes() != content
        export(ecd(tmp_path / "one"), format_name, target)

    def test_an_input_never(self, tmp_path: Path, target: Path, format_name: str) -> None:
        content = ecd(tmp_path / "one", files=(target.name,))
        for overwrite in (False, True):
            with pytest.raises(Dl2EcdError) as error:
                export(content, format_name, tmp_path / "one" / target.name, overwrite=overwrite)
            assert rules(error) == ["output-is-input"]
        assert (tmp_path / "one" / target.name).read_bytes() == MODEL_BYTES

    @pytest.mark.parametrize("name", ["lc.tif.gz", "notes", "-", "lc.xml"])
    def test_a_name_has_its_ending(
        self, tmp_path: Path, target: Path, format_name: str, name: str
    ) -> None:
        wrong = target.with_name(name)
        if placed(format_name, wrong) != wrong:
            wrong = target.with_name("lc.xml")
        for overwrite in (False, True):
            with pytest.raises(Dl2EcdError) as error:
                export(ecd(tmp_path / "one"), format_name, wrong, overwrite=overwrite)
            assert rules(error) == ["output-ending"]
        assert list(target.parent.iterdir()) == []


def test_a_raster_keeps_its_place(tmp_path: Path) -> None:
    raster = tmp_path / "lc.tif"
    raster.write_bytes(b"II*\0" + bytes(100))
    (item,) = [
        item
        for item in export(ecd(tmp_path / "one"), "aux-xml", raster)
        if item.rule == "output-ending-added"
    ]
    assert raster.read_bytes() == b"II*\0" + bytes(100)
    assert item.where.file == str(tmp_path / "lc.tif.aux.xml")
    assert (tmp_path / "lc.tif.aux.xml").read_bytes().startswith(b"<PAMDataset>")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lc.tif", "lc.tif.aux.xml"),
        ("lc", "lc.aux.xml"),
        ("lc.tif.aux.xml", "lc.tif.aux.xml"),
        ("LC.TIF.AUX.XML", "LC.TIF.AUX.XML"),
        ("lc.xml", "lc.xml"),
    ],
)
def test_where_a_side_file_goes(name: str, expected: str) -> None:
    assert placed("aux-xml", Path(name)).name == expected
    assert placed("qml", Path(name)).name == name


class TestWhatSomebodyAdded:
    """A file that this tool wrote and somebody went on with is theirs."""

    def refused(self, folder: Path, format_name: str, target: Path) -> None:
        content = target.read_bytes()
        with pytest.raises(Dl2EcdError) as error:
            export(ecd(folder), format_name, target)
        assert rules(error) == ["output-is-another-file"]
        assert target.read_bytes() == content

    @pytest.mark.parametrize(
        ("format_name", "old", "new"),
        [
            ("qml", b"<pipe>", b"<customproperties/><pipe>"),
            ("sld", b"<Opacity>1</Opacity>", b"<Opacity>1</Opacity><VendorOption/>"),
            ("lyrx", b'"expanded": true,', b'"expanded": true, "minScale": 5000,'),
            ("lyrx", b'["CIMPATH=', b'["CIMPATH=map/other.xml", "CIMPATH='),
            ("emd", b'"Framework"', b'"Author": "me", "Framework"'),
            ("stac", b'"links": []', b'"links": [{"rel": "self", "href": "a.json"}]'),
            ("stac", b'"links": []', b'"links": [], "collection": "models"'),
            ("stac", b'"mlm:name"', b'"name"'),
            ("rft-xml", b"<Help/>", b"<Help/><Mine/>"),
            ("html", b"generator", b"author"),
            ("clr", b"\n", b"\n# water\n"),
        ],
    )
    def test_is_kept(self, tmp_path: Path, format_name: str, old: bytes, new: bytes) -> None:
        target = place(tmp_path, format_name)
        export(ecd(tmp_path / "one"), format_name, target)
        content = target.read_bytes()
        assert old in content
        target.write_bytes(content.replace(old, new, 1))
        self.refused(tmp_path / "one", format_name, target)

    def test_a_properties_list_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text('{"type": "Feature", "properties": []}', encoding="utf-8")
        self.refused(tmp_path / "one", "stac", tmp_path / "a.json")

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.txt", b"Water\nForest\nMy own\n"),
            ("a.txt", b"Water\n" * 20_000),
            ("a.pbtxt", b'node {\n  name: "a"\n}\n'),
            ("a.pbtxt", b"Water\nForest\n"),
        ],
    )
    def test_lists_of_other_names_are_kept(self, tmp_path: Path, name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)
        self.refused(tmp_path / "one", "labels", tmp_path / name)

    @pytest.mark.parametrize("name", ["a.txt", "a.pbtxt", "a.names"])
    def test_lists_of_the_same_names_may_go(self, tmp_path: Path, name: str) -> None:
        for names in (("Water",), ("Water", "Forest")):
            export(ecd(tmp_path / "one", land_classes(*names)), "labels", tmp_path / name)

    def test_a_package_made_elsewhere_is_kept(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.dlpk", "w") as package:
            package.writestr(zipfile.ZipInfo("a.emd", (2024, 5, 6, 7, 8, 10)), "{}")
        self.refused(tmp_path / "one", "dlpk", tmp_path / "a.dlpk")

    def test_a_definition_written_by_hand_is_kept(self, tmp_path: Path) -> None:
        (tmp_path / "a.emd").write_text(
            json.dumps({"Framework": "CNTK", "Surveyor": "me"}), encoding="utf-8"
        )
        self.refused(tmp_path / "one", "emd", tmp_path / "a.emd")
