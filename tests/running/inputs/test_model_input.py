"""What scripts give as options."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

from dl2ecd_core import ClassifyOptions, DetectOptions, classify, detect
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.cluster.classify import classify_on
from dl2ecd_core.running.inputs.model_input import InputOptions
from dl2ecd_core.running.label import label
from tests.running.test_classify import Place, place

__all__ = ["place"]

EACH = pytest.mark.parametrize("kind", [Options, DetectOptions, InputOptions])


def test_the_name_of_the_package_is_that_of_the_class() -> None:
    assert ClassifyOptions is Options


@EACH
def test_one_text_is_one_step_and_the_text_of_the_command_line(kind: Any) -> None:
    given = kind(bands="4, 1,nir", scale="min-max 0 255")
    assert (given.bands, given.scale) == ([4, 1, "nir"], ("min-max 0 255",))
    assert given == kind([4, 1, "nir"], ("min-max 0 255",))
    assert kind(bands=range(1, 4)).bands == range(1, 4)
    assert kind().bands is None


@EACH
@pytest.mark.parametrize(
    "wrong", [{"bands": 3}, {"bands": [1.5]}, {"bands": [True]}, {"scale": 3}, {"scale": [255]}]
)
def test_what_is_neither_is_refused_with_a_sentence(kind: Any, wrong: Any) -> None:
    (name,) = wrong
    with pytest.raises(TypeError, match=rf"^{name} is a list of .*, not .*\.$"):
        kind(**wrong)


@pytest.mark.parametrize(
    ("call", "options", "words"),
    [
        (classify, "scale 255", "options of classify are ClassifyOptions, .*, not str"),
        (classify, DetectOptions(), "are ClassifyOptions, .*, not DetectOptions"),
        (detect, Options(), "options of detect are DetectOptions, .*, not ClassifyOptions"),
        (label, {"scale": "none"}, "options of label are InputOptions, .*, not dict"),
    ],
)
def test_options_of_another_kind_are_refused_before_anything_is_done(
    call: Callable[..., object], options: object, words: str, tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match=words):
        call(tmp_path / "a.tif", tmp_path / "a.ecd", tmp_path / "b.tif", options=options)


def test_so_they_are_on_a_cluster(place: Place) -> None:
    paths: Any = ("inproc://", place.scene, place.ecd, place.out)
    with pytest.raises(TypeError, match="options of classify_on are"):
        classify_on(*paths, options=DetectOptions())  # type: ignore[arg-type]


def test_a_map_is_made_with_texts_alone(place: Place) -> None:
    asked = ClassifyOptions(bands="4,1,2,3", scale="min-max 0 255")
    done = classify(place.scene, place.ecd, place.out, options=asked)
    assert done.bands.numbers == (4, 1, 2, 3)
    assert done.scaling == "min-max 0 255 (--scale)"
