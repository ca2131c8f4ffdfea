"""Models with one channel: what lies above a threshold is the class, what lies below is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, List

import numpy as np
import pytest
from click.testing import CliRunner

from dl2ecd_core.cli.group import dl2ecd
from dl2ecd_core.conversion import convert
from dl2ecd_core.network.lowering import Lowering
from dl2ecd_core.network.onnx_file import write_onnx
from dl2ecd_core.network.weights import Literal
from dl2ecd_core.progress import Listener
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.extras import RunningRefused
from tests.cli.conftest import check_document
from tests.documents import document
from tests.running.scenes import fixture, opened, pixels, write_classes, write_scene

FACTOR, SUMMAND = 8.0, -4.0


def numbers(*values: float) -> Literal:
    return Literal(np.asarray(values, "<f4").tobytes())


def write_model(path: Path, *, activation: str) -> None:
    """A network that says how bright the first band is."""
    lowering = Lowering(reserved=["image", "mask"])
    x = lowering.input("image", (None, 3, None, None), letters="NCHW")
    kernel = lowering.weight("k", (1, 3, 1, 1), numbers(FACTOR, 0, 0))
    bias = lowering.weight("b", (1,), numbers(SUMMAND))
    made = lowering.add("Conv", [x, kernel, bias])
    lowering.output("mask", lowering.add(activation, [made]) if activation else made)
    write_onnx(lowering.network().graph, path)


class Place:
    """A scene, and the definition of a model with one channel."""

    def __init__(self, folder: Path, values: List[int], activation: str = "Sigmoid") -> None:
        self.folder, self.out = folder, folder / "map.tif"
        self.image = pixels(70, 60)[:3]
        self.scene = write_scene(folder / "scene.tif", self.image)
        write_model(folder / "mask.onnx", activation=activation)
        told = document(
            Classifier="ONNX",
            NumberRasterBands=3,
            Classes=[
                {"Value": value, "Name": f"Class {value}", "Color": [value, 0, 0]}
                for value in values
            ],
        )
        (folder / "classes.json").write_text(json.dumps(told), encoding="ascii")
        convert(folder / "mask.onnx", folder / "classes.json", folder / "mask.ecd")

    def map(self, **more: Any) -> Any:
        options = Options(scale=["min-max 0 255"], **more)
        classify(
            self.scene, self.folder / "mask.ecd", self.out,
            options=options, probabilities=self.folder / "shares.tif", messages=Listener(),
        )  # fmt: skip
        with opened(self.out) as file:
            return file.read(1)

    def shares(self) -> Any:
        with opened(self.folder / "shares.tif") as file:
            return file.read(1)

    @property
    def wanted(self) -> Any:
        scores = self.image[0].astype("f8") / 255 * FACTOR + SUMMAND
        return 1 / (1 + np.exp(-scores))


@pytest.mark.parametrize("threshold", [None, 0.8])
def test_two_classes_lie_below_and_above_the_threshold(threshold: Any, tmp_path: Path) -> None:
    place = Place(tmp_path, [10, 20])
    found = place.map(threshold=threshold)
    assert (found == np.where(place.wanted > (threshold or 0.5), 20, 10)).all()
    assert set(np.unique(found)) == {10, 20}
    assert np.abs(place.shares() - place.wanted).max() <= 1e-5
    with opened(tmp_path / "shares.tif") as file:
        assert file.descriptions == ("Class 20",)


def test_scores_without_an_activation_are_brought_between_0_and_1_first(tmp_path: Path) -> None:
    place = Place(tmp_path, [10, 20], activation="")
    found = place.map(threshold=0.8)
    assert (found == np.where(place.wanted > 0.8, 20, 10)).all()


@pytest.mark.parametrize("threshold", [-0.1, 1.5, float("nan"), float("inf")])
def test_a_threshold_is_a_probability(threshold: float, tmp_path: Path) -> None:
    place = Place(tmp_path, [10, 20])
    with pytest.raises(RunningRefused, match=r"threshold-wrong.*from 0 to 1"):
        place.map(threshold=threshold)
    assert not place.out.exists()


def test_the_report_tells_how_much_is_of_no_class(tmp_path: Path) -> None:
    place = Place(tmp_path, [20])
    command = ["classify", str(place.scene), str(place.folder / "mask.ecd"), str(place.out)]
    command += ["--scale", "min-max 0 255"]
    shown = CliRunner().invoke(dl2ecd, command)
    assert shown.exit_code == 0
    share = (place.wanted < 0.5).mean()
    assert "4,200 pixels" in shown.output
    rows = [line.split() for line in shown.output.splitlines()]
    assert ["0", "background", f"{share:.1%}"] in rows
    told = json.loads(CliRunner().invoke(dl2ecd, [*command, "--json"]).output)
    check_document("classify", told)
    others = (place.wanted < 0.5).sum()
    assert told["background"] == {"value": 0, "pixels": others}
    assert told["classes"][0]["pixels"] == 4200 - others
    assert told["area_unit"] == "square metre"


def test_classes_without_scores_are_no_probabilities_and_that_is_said(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "scene.tif", pixels(70, 60)[:3])
    classes = write_classes(tmp_path / "classes.json", range(1, 6), bands=3)
    wanted = {"options": Options(scale=["min-max 0 255"]), "class_info": classes}
    model = fixture("argmax", tmp_path / "model")
    plain = classify(scene, model, tmp_path / "map.tif", **wanted)
    asked = classify(scene, model, tmp_path / "map.tif", **wanted, probabilities=tmp_path / "s.tif")
    more = set(asked.findings) - set(plain.findings)
    assert [item.rule for item in more] == ["probabilities-unknown"]
    with opened(tmp_path / "s.tif") as shares, opened(tmp_path / "map.tif") as values:
        assert np.array_equal(shares.read().argmax(0) + 1, values.read(1))
        assert set(np.unique(shares.read())) == {0, 1}
