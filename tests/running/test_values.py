"""Which value each pixel gets."""

from __future__ import annotations

from typing import List, Optional, Tuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.ecd.content import EcdClass
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.values import TYPES, Values, values_of


def classes(*values: int, first: Optional[int] = 0) -> Tuple[EcdClass, ...]:
    return tuple(
        EcdClass(value, f"Class {value}", None, None if first is None else first + place)
        for place, value in enumerate(values)
    )


class TestOfScores:
    @given(st.integers(1, 5), st.integers(0, 10_000))
    def test_the_highest_wins_and_of_equal_ones_the_first(self, layers: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        scores = random.integers(0, 3, (layers, 5, 6)).astype("float32")
        values = Values(tuple(range(10, 10 + layers)), 0, "uint8", 0.5, None)
        found = values.of_probabilities(scores) if layers > 1 else values.of_scores(scores * 0)
        expected = scores.argmax(0) + 10 if layers > 1 else np.full((5, 6), 10)
        assert np.array_equal(found, expected)
        assert found.dtype == np.uint8

    @pytest.mark.parametrize("layers", [2, 3, 255, 256, 257, 400])
    def test_any_number_of_layers(self, layers: int) -> None:
        scores = np.random.default_rng(layers).normal(size=(layers, 9, 7)).astype("float32")
        values = Values(tuple(range(1000, 1000 + layers)), 0, "uint16")
        assert np.array_equal(values.of_scores(scores), scores.argmax(0) + 1000)

    @pytest.mark.parametrize(
        ("one", "other", "data_type"),
        [(200, 100, "uint8"), (0, 255, "uint8"), (7, -3, "int16"), (5, 4_000_000_000, "uint32")],
    )
    def test_two_classes_have_whatever_values_they_have(
        self, one: int, other: int, data_type: str
    ) -> None:
        found = Values((one, other), 1, data_type).of_scores(np.array([[[1.0, 0.0]], [[0.0, 1.0]]]))
        assert found.dtype == data_type
        assert found.tolist() == [[one, other]]

    def test_one_score_parts_two_classes(self) -> None:
        values = Values((7, 9), 0, "uint8", 0.5, 0.0)
        found = values.of_scores(np.array([[[-1.0, 0.0, 2.0]]]))
        assert found.tolist() == [[7, 9, 9]]
        assert values.of_probabilities(np.array([[[0.4, 0.5, 1.0]]])).tolist() == [[7, 9, 9]]

    @pytest.mark.parametrize("kind", ["int64", "float32", "uint8"])
    def test_indices_are_looked_up(self, kind: str) -> None:
        values = Values((7, 9), 3, "uint8")
        assert values.of_scores(np.array([[[0, 1, 2]]], kind)).tolist() == [[7, 9, 3]]


class TestTypesAndNoData:
    @pytest.mark.parametrize(
        ("given", "nodata", "data_type"),
        [
            ((100, 200), 0, "uint8"),
            ((0, 1), 255, "uint8"),
            ((0, 255), 65_535, "uint16"),
            (tuple(range(256)), 65_535, "uint16"),
            ((1, 300), 0, "uint16"),
            ((-1, 1), 0, "int16"),
            ((-1, 0), 255, "int16"),
            ((1, 70_000), 0, "uint32"),
            ((-1, 70_000), 0, "int32"),
            ((0, 255, 65_535), 4_294_967_295, "uint32"),
            ((-(2**31), 0, 255, 2**31 - 1), 256, "int32"),
            ((-1, 0, 255, 32_767), -32_768, "int16"),
        ],
    )
    def test_are_as_small_as_the_values_allow(
        self, given: Tuple[int, ...], nodata: int, data_type: str
    ) -> None:
        values, _ = values_of(classes(*given), None)
        assert (values.nodata, values.data_type) == (nodata, data_type)
        assert values.by_index == given

    @given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=6, unique=True))
    def test_no_class_has_the_value_for_no_data(self, given: List[int]) -> None:
        values, _ = values_of(classes(*given), None)
        assert values.nodata not in given
        low, high = next((low, high) for name, low, high in TYPES if name == values.data_type)
        assert all(low <= value <= high for value in [*given, values.nodata])
        assert values.table().tolist() == given

    def test_a_wanted_value_is_taken(self) -> None:
        values, _ = values_of(classes(1, 2), None, nodata=-9999)
        assert (values.nodata, values.data_type) == (-9999, "int16")

    @pytest.mark.parametrize(("nodata", "name"), [(2, "'Class 2'"), (0, "the background")])
    def test_a_wanted_value_that_is_taken_is_refused(self, nodata: int, name: str) -> None:
        with pytest.raises(RunningRefused, match=f"nodata-taken.*{name}"):
            values_of(classes(1, 2, first=1), 0, nodata=nodata)

    def test_a_wanted_value_that_no_raster_holds_is_refused(self) -> None:
        with pytest.raises(RunningRefused, match="nodata-impossible"):
            values_of(classes(-1, 2), None, nodata=2**31)


class TestIndices:
    def test_each_class_has_its_own(self) -> None:
        given = (EcdClass(5, "a", None, 2), EcdClass(6, "b", None, 0))
        values, _ = values_of(given, None)
        assert values.by_index == (6, 0, 5)

    def test_without_any_their_order_counts(self) -> None:
        values, _ = values_of(classes(5, 6, first=None), None)
        assert values.by_index == (5, 6)

    def test_further_layers_are_no_data(self) -> None:
        values, _ = values_of(classes(5, 6), None, layers=4)
        assert values.by_index == (5, 6, 0, 0)

    def test_background_has_a_value_of_its_own_and_that_is_said(self) -> None:
        values, findings = values_of(classes(5, 6, first=1), 0)
        assert values.by_index == (0, 5, 6)
        assert values.nodata == 255
        assert [item.rule for item in findings] == ["background-value"]

    def test_background_where_a_class_has_its_value(self) -> None:
        values, _ = values_of(classes(0, 6, first=1), 0)
        assert values.by_index == (255, 0, 6)
        assert values.nodata == 65_535

    def test_negative_values_have_no_color_table_either(self) -> None:
        _, findings = values_of([EcdClass(-1, "a", None, 0), EcdClass(1, "b", None, 1)], None)
        assert "values from -1 to 1" in findings[0].message

    def test_values_without_a_color_table_are_said(self) -> None:
        _, findings = values_of(classes(1, 256), None)
        assert [item.rule for item in findings] == ["no-color-table"]
