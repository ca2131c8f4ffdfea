"""Scaling from class information into the .ecd and out of it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.conversion import convert
from dl2ecd_core.ecd.content import Ecd
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.ecd.verification import verify_ecd
from dl2ecd_core.exports.stac import stac_item
from dl2ecd_core.findings import errors_in
from tests.running.scenes import fixture, write_classes


class TestInDefinitions:
    """From class information into the .ecd and out of it again."""

    STEPS = [{"type": "z-score", "mean": [1, 2, 3, 4], "stddev": 5}]

    def made(self, folder: Path, **more: Any) -> Ecd:
        classes = write_classes(folder / "classes.json", (1, 2), **more)
        convert(fixture("unet", folder / "model"), classes, folder / "a.ecd")
        assert not errors_in(verify_ecd(folder / "a.ecd")[1])
        return read_ecd(folder / "a.ecd")

    def test_what_is_given_stands_in_the_definition(self, tmp_path: Path) -> None:
        ecd = self.made(tmp_path, InputScaling=self.STEPS)
        assert ecd.definition["InputScaling"] == self.STEPS
        assert ecd.definition["InputScalingSource"] == "InputScaling"
        assert ecd.document["Generator"]["DeepLearningFormat"] == 2

    def test_statistics_become_steps(self, tmp_path: Path) -> None:
        stats = {"scaled_mean_values": [1, 2, 3, 4], "scaled_std_values": [5, 6, 7, 8]}
        ecd = self.made(tmp_path, NormalizationStats=stats)
        assert ecd.definition["InputScaling"] == [
            {"type": "z-score", "mean": [1, 2, 3, 4], "stddev": [5, 6, 7, 8]}
        ]
        assert ecd.definition["InputScalingSource"] == "NormalizationStats"

    def test_without_any_nothing_is_said(self, tmp_path: Path) -> None:
        ecd = self.made(tmp_path, DataRange=[0, 1])
        assert "InputScaling" not in ecd.definition
        assert ecd.document["Generator"]["DeepLearningFormat"] == 1

    @pytest.mark.parametrize(
        ("steps", "rule"),
        [
            ([{"type": "z-score", "mean": [1, 2], "stddev": 5}], "class-info-contradiction"),
            ([{"type": "scale", "value": 0}], "class-info-contradiction"),
            ([{"type": "sqrt"}], "class-info-wrong-value"),
            ("min-max", "class-info-wrong-type"),
        ],
    )
    def test_what_makes_no_sense_is_found(self, tmp_path: Path, steps: object, rule: str) -> None:
        classes = write_classes(tmp_path / "classes.json", (1, 2), InputScaling=steps)
        rules = [item.rule for item in examine_class_info(classes).findings]
        assert rule in rules

    def test_a_catalogue_gets_one_object_for_each_band(self, tmp_path: Path) -> None:
        ecd = self.made(tmp_path, InputScaling=self.STEPS)
        (entry,) = stac_item(ecd, {"model": {}})[0]["properties"]["mlm:input"]
        assert [one["mean"] for one in entry["value_scaling"]] == [1, 2, 3, 4]

    def test_a_catalogue_gets_one_object_for_all(self, tmp_path: Path) -> None:
        ecd = self.made(tmp_path, InputScaling=[{"type": "scale", "value": 255}])
        (entry,) = stac_item(ecd, {"model": {}})[0]["properties"]["mlm:input"]
        assert entry["value_scaling"] == [{"type": "scale", "value": 255}]

    def test_what_a_catalogue_can_not_say_is_left_out_and_said(self, tmp_path: Path) -> None:
        steps = [{"type": "clip", "minimum": 0, "maximum": 1}, {"type": "scale", "value": 2}]
        item, findings = stac_item(self.made(tmp_path, InputScaling=steps), {"model": {}})
        assert "value_scaling" not in item["properties"]["mlm:input"][0]
        assert any("clips values" in finding.message for finding in findings)

    def test_nonsense_written_by_others_is_left_out_and_said(self, tmp_path: Path) -> None:
        ecd = self.made(tmp_path, InputScaling=self.STEPS)
        ecd.document["Definitions"][0]["InputScaling"] = [{"type": "sqrt"}]
        item, findings = stac_item(ecd, {"model": {}})
        assert "value_scaling" not in item["properties"]["mlm:input"][0]
        assert any("scaled" in finding.message for finding in findings)
