"""What is exported comes back whole, also through GDAL and QGIS where they write the same kind."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.ecd.content import EcdClass
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports import export
from dl2ecd_core.exports.xml_text import xml_text
from dl2ecd_core.legends import read_legend
from tests.exports.definitions import ANY_NAME, FEW, NAMES, classes, ecd_with, exported, named
from tests.exports.test_in_qgis import PYTHON, environment

__all__ = ["environment"]

Row = Tuple[int, str, Any]
#: Names that no list takes for anything but a name.
PLAIN = st.text(st.characters(whitelist_categories=["L"]), min_size=1, max_size=8)


def back(path: Path) -> List[Row]:
    return [(item.value, item.name or "", item.color) for item in read_legend(path).classes]


def whole(listed: Any) -> List[Row]:
    return [(item.value, item.name, item.color) for item in listed]


@FEW
@given(listed=classes(), kind=st.sampled_from(["qml", "sld", "aux-xml"]))
def test_xml_comes_back_with_all_names_that_xml_can_hold(
    tmp_path_factory: pytest.TempPathFactory, listed: Any, kind: str
) -> None:
    target = tmp_path_factory.getbasetemp() / f"any.{kind.replace('-', '.')}"
    exported(ecd_with(listed), kind, target)
    expected = [(value, xml_text(name), color) for value, name, color in whole(listed)]
    # Line ends and tabs in attributes and texts are blanks or one line end to XML.
    plain = [(value, " ".join(name.split()), color) for value, name, color in expected]
    assert [(v, " ".join(n.split()), c) for v, n, c in back(target)] == plain


@FEW
@given(listed=classes())
def test_layer_files_come_back(tmp_path_factory: pytest.TempPathFactory, listed: Any) -> None:
    target = tmp_path_factory.getbasetemp() / "any.lyrx"
    exported(ecd_with(listed), "lyrx", target)
    assert back(target) == whole(listed)


@FEW
@given(listed=classes())
def test_color_maps_come_back_without_names(
    tmp_path_factory: pytest.TempPathFactory, listed: Any
) -> None:
    target = tmp_path_factory.getbasetemp() / "any.clr"
    exported(ecd_with(listed), "clr", target)
    assert back(target) == sorted((value, "", color) for value, _, color in whole(listed))


@FEW
@given(names=st.lists(PLAIN, min_size=1, max_size=6), ending=st.sampled_from(["txt", "pbtxt"]))
def test_lists_of_names_come_back_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, names: List[str], ending: str
) -> None:
    target = tmp_path_factory.getbasetemp() / f"any.{ending}"
    exported(ecd_with(named(names)), "labels", target)
    first = 1 if ending == "pbtxt" else 0
    assert back(target) == [(place, name, None) for place, name in enumerate(names, first)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    unpack(folder)
    return folder


@settings(max_examples=12)
@given(
    names=st.lists(ANY_NAME.filter(str.strip), min_size=3, max_size=3),
    values=st.lists(st.integers(0, 2**31 - 1), min_size=3, max_size=3, unique=True),
)
def test_definitions_and_catalogues_come_back(
    demo: Path, names: List[str], values: List[int]
) -> None:
    info = json.loads((demo / CLASS_INFO).read_text(encoding="utf-8"))
    for entry, name, value in zip(info["Classes"], names, values):
        entry.update(Name=name, Value=value)
    (demo / "b.json").write_text(json.dumps(info), encoding="utf-8")
    ecd = read_ecd(convert(demo / MODEL, demo / "b.json", demo / "b.ecd"))
    for kind in ("emd", "dlpk", "stac"):
        out = demo / kind
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        target = out / f"c.{'json' if kind == 'stac' else kind}"
        export(ecd, kind, target)
        expected = whole(ecd.classes)
        if kind == "stac":
            # Halves of characters are no text for STAC's readers.
            expected = [
                (value, name.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), color)
                for value, name, color in expected
            ]
        assert back(target) == expected


class TestPackages:
    def test_several_projects_are_a_question(self, tmp_path: Path) -> None:
        import zipfile

        with zipfile.ZipFile(tmp_path / "a.qgz", "w") as archive:
            archive.writestr("a.qgs", "<qgis/>")
            archive.writestr("b.qgs", "<qgis/>")
        with pytest.raises(Exception, match=r"holds 2 files of its kind: 'a\.qgs' and"):
            read_legend(tmp_path / "a.qgz")


GDAL = pytest.mark.skipif(
    shutil.which("gdal_translate") is None, reason="GDAL's command line tools are not installed"
)


@pytest.mark.gdal
@GDAL
@pytest.mark.parametrize("driver", ["PNG", "GTiff", "VRT"])
def test_through_gdal(tmp_path: Path, driver: str) -> None:
    """GDAL reads our side file and writes its own."""
    listed = [item for item in named() if item.name == item.name.strip()]
    ours, theirs = tmp_path / "ours.tif", tmp_path / "theirs.img"
    create = ["gdal_create", "-q", "-ot", "Byte", "-outsize", "4", "4", "-bands", "1", str(ours)]
    subprocess.run(create, check=True, timeout=60)
    exported(ecd_with(listed), "aux-xml", tmp_path / "ours.tif.aux.xml")
    subprocess.run(
        ["gdal_translate", "-q", "-of", driver, str(ours), str(theirs)], check=True, timeout=60
    )
    written = theirs if driver == "VRT" else tmp_path / "theirs.img.aux.xml"
    if not written.exists():
        pytest.skip(f"GDAL's {driver} keeps all of it inside the raster")
    told = [(item.value, item.name, item.color) for item in read_legend(written).classes]
    assert told == whole(listed)


SCRIPT = """
import sys
from qgis.core import *
folder, style = sys.argv[1:]
app = QgsApplication([], False)
app.initQgis()
layer = QgsRasterLayer(folder + "/a.asc", "land cover")
layer.loadNamedStyle(style)
layer.saveNamedStyle(folder + "/b.qml")
layer.saveSldStyle(folder + "/b.sld")
project = QgsProject.instance()
project.addMapLayer(layer)
node = project.layerTreeRoot().findLayer(layer.id())
QgsLayerDefinition.exportLayerDefinition(folder + "/b.qlr", [node])
project.write(folder + "/b.qgs")
project.write(folder + "/b.qgz")
text = QgsPalettedRasterRenderer.classDataToString(layer.renderer().classes())
open(folder + "/b.clr", "w", encoding="utf-8").write(text)
app.exitQgis()
"""


@pytest.mark.qgis
def test_through_qgis(tmp_path: Path, environment: Dict[str, str]) -> None:
    """QGIS loads our style and saves its own: style, SLD, layer definition, projects, color map."""
    listed = [
        *(item for item in named() if "\n" not in item.name and item.name.isprintable()),
        EcdClass(200, "Pervious", (56, 168, 0), 20),
        EcdClass(70_000, "beyond 16 bits", (255, 255, 254), 21),
    ]
    (tmp_path / "a.asc").write_text(
        "ncols 1\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 1\nNODATA_value -32768\n1\n",
        encoding="utf-8",
    )
    exported(ecd_with(listed), "qml", tmp_path / "a.qml")
    subprocess.run(
        [PYTHON, "-c", SCRIPT, str(tmp_path), str(tmp_path / "a.qml")],
        env=environment, capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    for kind in ("qml", "sld", "qlr", "qgs", "qgz"):
        assert back(tmp_path / f"b.{kind}") == whole(listed), kind
    # Its color map parts by blanks, so a name loses those around it.
    assert [(value, name.strip(), color) for value, name, color in whole(listed)] == back(
        tmp_path / "b.clr"
    )


def test_the_names_are_nasty_enough() -> None:
    assert any(not name.isascii() for name in NAMES) and any('"' in name for name in NAMES)
