"""Classifying a raster, as the algorithm does it."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from pathlib import Path

import pytest

from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.legends import read_legend
from dl2ecd_core.pane.speech import CANCELLED
from dl2ecd_core.qgis import work
from dl2ecd_core.qgis.reporting import Failure
from dl2ecd_core.qgis.work import Wanted, classify_scene, map_lines, style_file
from tests.qgis.feedback import Recorded

if not all(map(importlib.util.find_spec, ("numpy", "onnxruntime", "rasterio"))):
    pytest.skip("the extra run is not installed", allow_module_level=True)

import numpy as np

from dl2ecd_core.running import estimating
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.maps.report import BandsTaken, ClassCount, Classification
from tests.running.scenes import opened, pixels, write_scene
from tests.running.test_classify import BYTES, Place

SCALED = Wanted(scaling="min-max 0 255")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_the_pixels_of_the_other_doors(place: Place) -> None:
    classify(place.scene, place.ecd, place.folder / "other.tif", options=BYTES)
    feedback = Recorded()
    classify_scene(str(place.scene), str(place.ecd), str(place.out), SCALED, feedback)
    with opened(place.out) as ours, opened(place.folder / "other.tif") as other:
        assert np.array_equal(ours.read(1), other.read(1))
    assert feedback.positions[-1] == 100
    assert feedback.texts("info")[-1] == f"Written: {place.out}"


def test_everything_that_can_be_asked_for(place: Place) -> None:
    wanted = Wanted(
        bands="4,3,2,1",
        scaling=" clip 10 200 ; min-max 0 255;",
        extent=(500_020, 4_999_900, 500_100, 4_999_980),
        nodata=7,
        probabilities=str(place.folder / "shares.tif"),
        overwrite=True,
    )
    write_scene(place.out, pixels(5, 5, 1))
    classify_scene(str(place.scene), str(place.ecd), str(place.out), wanted, Recorded())
    with opened(place.out) as file, opened(place.folder / "shares.tif") as shares:
        assert (file.height, file.width, file.nodata) == (40, 40, 7)
        assert shares.count == 2


def test_a_style_for_the_map(place: Place, tmp_path: Path) -> None:
    content = classify_scene(str(place.scene), str(place.ecd), str(place.out), SCALED, Recorded())
    legend = read_legend(style_file(content, tmp_path))
    assert [(item.value, item.name) for item in legend.classes] == [
        (100, "Class 100"),
        (200, "Class 200"),
    ]


def test_nobody_guesses_the_scaling(place: Place) -> None:
    with pytest.raises(Failure, match=r"^\[scaling-unknown\].* give Scaling\."):
        classify_scene(str(place.scene), str(place.ecd), str(place.out), Wanted(), Recorded())
    assert place.left() == []


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted(scaling="min-max 9"), r"^\[scaling-wrong\] Scaling 'min-max 9'"),
        (Wanted(bands="1,2"), r"^\[bands-count\] Bands names 2 bands.* order: Bands 1,2,3,4\."),
        (Wanted(scaling="none", nodata=100), r"or leave Value For No Data out\."),
    ],
)
def test_findings_name_the_parameters_of_the_dialog(
    place: Place, wanted: Wanted, words: str
) -> None:
    with pytest.raises(Failure, match=words):
        classify_scene(str(place.scene), str(place.ecd), str(place.out), wanted, Recorded())


def test_another_rasters_place(place: Place) -> None:
    write_scene(place.out, pixels(5, 5, 1))
    with pytest.raises(Failure, match=r"or say Replace Any Raster to replace it\."):
        classify_scene(str(place.scene), str(place.ecd), str(place.out), SCALED, Recorded())


def test_a_model_for_which_there_is_no_memory(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QGIS must not be limited: what the model needs is told before it runs."""
    monkeypatch.setattr(estimating, "free_memory", lambda: 1 << 20)
    with pytest.raises(Failure, match=r"^\[memory-short\].* and 1 MiB are free\. Close other"):
        classify_scene(str(place.scene), str(place.ecd), str(place.out), SCALED, Recorded())
    assert place.left() == []


def test_cancelled(place: Place) -> None:
    with pytest.raises(Failure) as failure:
        classify_scene(
            str(place.scene), str(place.ecd), str(place.out), SCALED, Recorded(cancel_at=0)
        )
    assert str(failure.value) == CANCELLED
    assert place.left() == []


def test_a_missing_runtime_is_to_be_had_for_qgis(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(Failure) as failure:
        classify_scene(str(place.scene), str(place.ecd), str(place.out), SCALED, Recorded())
    text = str(failure.value)
    assert text.startswith("[runtime-missing] ONNX Runtime is needed")
    assert f"pip install onnxruntime numpy=={np.__version__}" in text
    assert "dl2ecd[run]" not in text


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (finding("runtime-missing", "OpenVINO is needed.", hint="pip"), "pip install openvino"),
        (finding("runtime-missing", "LiteRT is needed.", hint="pip"), "install ai-edge-litert"),
        (finding("runtime-missing", "Something is needed.", hint="Get it."), "needed. Get it."),
        (finding("model-is-program", "It is one.", hint="Say so."), "dl2ecd classify --trust"),
        (finding("nodata-taken", "It is.", hint="Choose another."), "It is. Choose another."),
    ],
)
def test_what_to_do_in_qgis(
    place: Place, monkeypatch: pytest.MonkeyPatch, item: Finding, words: str
) -> None:
    def refusing(*arguments: object, **options: object) -> None:
        raise Dl2EcdError([item])

    monkeypatch.setattr(work, "classify", refusing)
    with pytest.raises(Failure) as failure:
        classify_scene("a.tif", "a.ecd", "b.tif", SCALED, Recorded())
    assert words in str(failure.value)


def test_shares_of_classes_and_of_no_data() -> None:
    classes = (ClassCount(1, "One", (1, 2, 3), 60, None), ClassCount(2, "Two", None, 20, None))
    done = Classification("a.tif", (), "ONNX Runtime", "none (--scale)", 1.0, classes, (0, 20), 4)
    done = dataclasses.replace(done, bands=BandsTaken((4,), 6))
    assert map_lines(done) == [
        "Run by ONNX Runtime; band 4 of 6; scaling: none (Scaling)",
        "1  One: 60 pixels (60.0%)",
        "2  Two: 20 pixels (20.0%)",
        "0  no data: 20 pixels",
        "Written: a.tif",
    ]
    with_background = dataclasses.replace(done, background=(5, 100))
    assert map_lines(with_background)[1:4] == [
        "1  One: 60 pixels (30.0%)",
        "2  Two: 20 pixels (10.0%)",
        "5  background: 100 pixels",
    ]
    nothing = Classification("a.tif", (), "x", "y", 1.0, (), (0, 0), None)
    assert map_lines(nothing) == ["Run by x; no band of 0; scaling: y", "Written: a.tif"]
