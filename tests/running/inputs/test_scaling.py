"""Steps of scaling: their arithmetic, and where they are taken from."""

from __future__ import annotations

from typing import Any, Dict, List

import numpy as np
import pytest

from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.inputs.input_scaling import chosen_scaling
from dl2ecd_core.running.inputs.scaling import scaled
from dl2ecd_core.scaling.steps import Scaling, parse_step

PIXELS = np.array([[[0, 51, 255]], [[10, 20, 30]]], "uint8")


def done(*texts: str, data_type: str = "float32") -> np.ndarray:
    steps = [step for text in texts for step in parse_step(text, 2)]
    return scaled(PIXELS, Scaling(tuple(steps), "test"), data_type)


class TestArithmetic:
    @pytest.mark.parametrize(
        ("texts", "expected"),
        [
            (["min-max 0 255"], [[0, 0.2, 1], [10 / 255, 20 / 255, 30 / 255]]),
            (["min-max 0,10 255,30"], [[0, 0.2, 1], [0, 0.5, 1]]),
            (["z-score 51,20 51 "], [[-1, 0, 4], [-10 / 51, 0, 10 / 51]]),
            (["clip 20 200"], [[20, 51, 200], [20, 20, 30]]),
            (["clip-min 20"], [[20, 51, 255], [20, 20, 30]]),
            (["clip-max 20,10"], [[0, 20, 20], [10, 10, 10]]),
            (["offset 10"], [[-10, 41, 245], [0, 10, 20]]),
            (["scale 10"], [[0, 5.1, 25.5], [1, 2, 3]]),
            (["scale 255", "offset 0.5", "scale 0.5"], [[-1, -0.6, 1], None]),
            (["none"], [[0, 51, 255], [10, 20, 30]]),
        ],
    )
    def test_each_step(self, texts: List[str], expected: List[Any]) -> None:
        found = done(*texts)
        assert found.dtype == np.float32
        for row, line in zip(found[:, 0], expected):
            if line is not None:
                assert row == pytest.approx(line, abs=1e-6)

    def test_division_by_255_is_that_of_numpy(self) -> None:
        everything = np.arange(256, dtype="uint8").reshape(1, 1, -1)
        found = scaled(everything, Scaling(parse_step("min-max 0 255", 1), "test"))
        assert np.array_equal(found, everything.astype("float32") / 255)

    @pytest.mark.parametrize("data_type", ["float16", "float64", "uint8"])
    def test_the_model_gets_its_own_type(self, data_type: str) -> None:
        assert done("scale 2", data_type=data_type).dtype == data_type

    @pytest.mark.parametrize(
        ("values", "scene_type", "data_type", "expected"),
        [
            ([0, 255, 256, 65_535], "uint16", "uint8", [0, 255, 255, 255]),
            ([-5, 0, 127, 300], "int16", "uint8", [0, 0, 127, 255]),
            ([0, 127, 128, 255], "uint8", "int8", [0, 127, 127, 127]),
            ([-1e9, 0.6, 254.4, 1e9], "float32", "uint8", [0, 1, 254, 255]),
            ([-1e30, 1, 2, 1e30], "float32", "int32", [-(2**31), 1, 2, 2**31 - 128]),
            ([-1e30, 1, 2, 1e30], "float64", "int64", [-(2**63), 1, 2, 2**63 - 1024]),
            ([0, 1, 2, 3], "int64", "uint64", [0, 1, 2, 3]),
        ],
    )
    def test_whole_numbers_end_at_the_ends_of_their_type(
        self, values: List[float], scene_type: str, data_type: str, expected: List[int]
    ) -> None:
        wide = np.array(values, scene_type).reshape(1, 1, -1)
        found = scaled(wide, Scaling((), "test"), data_type)
        assert (found.dtype, found.ravel().tolist()) == (data_type, expected)

    def test_large_whole_numbers_are_scaled_to_the_last_digit(self) -> None:
        wide = np.array([[[2**25 + 1]]], "uint32")
        assert scaled(wide, Scaling(parse_step("offset 1", 1), "test"), "int32") == 2**25

    def test_pixels_themselves_stay(self) -> None:
        floats = PIXELS.astype("float32")
        scaled(floats, Scaling(parse_step("scale 2", 2), "test"))
        assert np.array_equal(floats, PIXELS)


def chosen(document: Dict[str, Any], **more: Any) -> Scaling:
    options: Dict[str, Any] = {
        "asked": (),
        "scene_type": "uint8",
        "input_type": "float32",
        "name": "a.ecd",
        **more,
    }
    definition = options.pop("definition", {})
    return chosen_scaling(document, definition, 2, **options)


STATS = {
    "band_min_values": [0, 10, 0],
    "band_max_values": [255, 30, 9],
    "scaled_mean_values": [0.5, 0.5, 0.1],
    "scaled_std_values": [0.5, 0.25, 0.1],
}


class TestSources:
    def test_what_the_person_gives_wins(self) -> None:
        found = chosen({"DataRange": [0, 1]}, asked=["scale 2", "offset 1"])
        assert str(found) == "scale 2, then offset 1"
        assert found.source == "--scale"

    def test_then_what_the_definition_says(self) -> None:
        steps = [{"type": "scale", "value": 10_000}]
        found = chosen({"DataRange": [0, 1]}, definition={"InputScaling": steps})
        assert str(found) == "scale 10000"

    def test_then_statistics_of_the_training(self) -> None:
        document = {"NormalizationStats": STATS, "ExtractBands": [1, 0], "DataRange": [0, 1]}
        found = chosen(document, scene_type="uint16")
        assert str(found) == "min-max 10,0 30,255, then z-score 0.5,0.5 0.25,0.5"

    def test_statistics_of_the_bands_that_are_taken(self) -> None:
        stats = {key: values[:2] for key, values in STATS.items()}
        found = chosen({"NormalizationStats": stats, "ExtractBands": [4, 7]})
        assert str(found) == "min-max 0,10 255,30, then z-score 0.5,0.5 0.5,0.25"

    @pytest.mark.parametrize(
        "stats", [None, {}, {"band_min_values": [1]}, {"band_min_values": ["a", "b"]}]
    )
    def test_statistics_that_say_nothing(self, stats: object) -> None:
        assert chosen({"NormalizationStats": stats, "DataRange": [0, 1]}).source.startswith("DataR")

    def test_statistics_that_divide_by_nothing_say_nothing(self) -> None:
        stats = {**STATS, "scaled_std_values": [0, 0, 0]}
        with pytest.raises(RunningRefused, match="scaling-unknown"):
            chosen({"NormalizationStats": stats})

    @pytest.mark.parametrize(
        ("data_range", "expected"),
        [
            ([0, 1], [0, 0.2, 1]),
            ([-1, 1], [-1, -0.6, 1]),
            ([0, 255], [0, 51, 255]),
            ([1, 2], [1, 1.2, 2]),
        ],
    )
    def test_a_range_is_that_onto_which_8_bits_go(
        self, data_range: List[float], expected: List[float]
    ) -> None:
        found = scaled(PIXELS, chosen({"DataRange": data_range}))
        assert found[0, 0] == pytest.approx(expected, abs=1e-5)

    def test_for_other_scenes_a_range_is_not_enough(self) -> None:
        with pytest.raises(RunningRefused, match=r"scaling-unknown.*0 to 1.*uint16") as caught:
            chosen({"DataRange": [0, 1]}, scene_type="uint16")
        assert "scale 10000" in str(caught.value)
        assert "min-max 0 65535" in str(caught.value)

    @pytest.mark.parametrize("value", [None, [1], [1, 0], ["a", "b"], [True, False]])
    def test_a_range_that_is_none(self, value: object) -> None:
        with pytest.raises(RunningRefused, match="scaling-unknown"):
            chosen({"DataRange": value})

    @pytest.mark.parametrize(
        ("properties", "expected"),
        [
            ({"standardization_mean": "[0.5, 0.25]"}, "scale 255, then z-score 0.5,0.25 1"),
            ({"standardization_std": "[0.5]"}, "scale 255, then z-score 0 0.5"),
        ],
    )
    def test_then_what_the_model_carries(self, properties: Dict[str, str], expected: str) -> None:
        found = chosen({}, scene_type="uint16", properties=properties)
        assert str(found) == expected

    @pytest.mark.parametrize("text", ["", "[", "3", '["a"]', "[true]", "[" * 100_000])
    def test_what_the_model_carries_and_means_nothing(self, text: str) -> None:
        with pytest.raises(RunningRefused, match="scaling-unknown"):
            chosen({}, properties={"standardization_mean": text})

    @pytest.mark.parametrize("text", ["[1, 2, 3]", "[0]"])
    def test_what_the_model_carries_and_can_not_be(self, text: str) -> None:
        with pytest.raises(RunningRefused, match="scaling-wrong: The model's standardization"):
            chosen({}, properties={"standardization_std": text})

    def test_a_model_that_takes_whole_numbers_gets_them_as_they_are(self) -> None:
        assert chosen({}, input_type="uint8").steps == ()

    @pytest.mark.parametrize(
        ("scene_type", "input_type", "likely"),
        [
            ("uint16", "uint8", "scale 257"),
            ("float32", "uint8", "offset LOWEST"),
            ("uint8", "int8", "'none'"),
        ],
    )
    def test_but_not_where_its_type_is_too_small(
        self, scene_type: str, input_type: str, likely: str
    ) -> None:
        said = f"scaling-unknown.*takes {input_type}.*not hold all values of {scene_type}"
        with pytest.raises(RunningRefused, match=said) as caught:
            chosen({}, scene_type=scene_type, input_type=input_type)
        assert likely in caught.value.findings[0].hint

    def test_what_is_likely_goes_by_the_values_of_the_scene(self) -> None:
        with pytest.raises(RunningRefused, match="scaling-unknown") as caught:
            chosen({}, scene_type="float32", ends=lambda: (0.01, 0.93))
        hint = caught.value.findings[0].hint
        assert "go from 0.01 to 0.93. Likely are 'none' (values as they are) or" in hint
        assert "scale 10000" not in hint

    def test_floats_are_not_guessed_either(self) -> None:
        with pytest.raises(RunningRefused, match="scaling-unknown"):
            chosen({}, scene_type="float32")

    @pytest.mark.parametrize(
        ("document", "more", "what"),
        [
            ({}, {"asked": ["sqrt"]}, "--scale 'sqrt'"),
            ({}, {"definition": {"InputScaling": 3}}, "InputScaling of the definition"),
        ],
    )
    def test_nonsense_is_refused_with_an_example(
        self, document: Dict[str, Any], more: Dict[str, Any], what: str
    ) -> None:
        with pytest.raises(RunningRefused, match=f"scaling-wrong: {what}.*min-max 0 255"):
            chosen(document, **more)
