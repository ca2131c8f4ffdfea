"""The pane's sentences."""

from __future__ import annotations

from dl2ecd_core.findings import Place
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.models.description import ModelDescription, Tensor
from dl2ecd_core.pane.speech import MOST_LINES, model_line, sentence, surprise, tooltip


def error(message: str = "Wrong.", **place: object) -> object:
    return finding("class-name-empty", message, where=Place(**place))  # type: ignore[arg-type]


def test_a_sentence_has_rule_message_hint_and_place() -> None:
    where = Place(file="c:\\test\\classInfo.json", line=3, column=9, path="$.Classes[1].Name")
    said = finding("class-name-empty", "A class has no name.", hint="Name it.", where=where)
    assert sentence(said) == (
        "[class-name-empty] A class has no name. Name it. "
        "(classInfo.json, line 3, column 9, $.Classes[1].Name)"
    )


def test_a_place_in_a_model() -> None:
    where = Place(file="/data/a.onnx", tensor="out\x1b[31m", offset=12)
    assert sentence(finding("model-damaged", "Cut off.", where=where)) == (
        "[model-damaged] Cut off. (a.onnx, tensor 'out\\x1b[31m', byte 12)"
    )


def test_without_a_place() -> None:
    assert sentence(finding("model-damaged", "Cut off.")) == "[model-damaged] Cut off."


def test_warnings_among_errors_are_marked() -> None:
    warning = finding("class-name-blanks", "Blank.")
    assert tooltip([error(), warning]).split("\n") == [  # type: ignore[list-item]
        "[class-name-empty] Wrong.",
        "Warning: [class-name-blanks] Blank.",
    ]
    assert tooltip([warning], ["More."]) == "[class-name-blanks] Blank.\nMore."


def test_an_endless_list_is_cut() -> None:
    lines = tooltip([error(str(n)) for n in range(500)]).split("\n")  # type: ignore[misc]
    assert len(lines) == MOST_LINES + 1
    assert lines[-1] == "... and 460 more. Mend these first."


def test_a_models_line() -> None:
    tensors = tuple(Tensor(f"t{n}", (None, n), "NC") for n in range(6))
    model = ModelDescription("onnx", "ONNX", (), inputs=tensors[1:2], outputs=tensors)
    assert model_line(model) == (
        "Model: ONNX (onnx), input 't1' of ? x 1, "
        "outputs 't0' of ? x 0, 't1' of ? x 1, 't2' of ? x 2, 't3' of ? x 3, 2 more."
    )
    assert model_line(ModelDescription("caffe", "Caffe", (), inputs=(Tensor(None),))) == (
        "Model: Caffe (caffe), input (unnamed) of unknown, outputs unknown."
    )


def test_a_surprise_is_one_sentence_without_control_characters() -> None:
    said = surprise(KeyError("a\nb\x1b"), "Checking")
    assert said.startswith("Checking failed unexpectedly (KeyError: ")
    assert "\n" not in said
    assert "\x1b" not in said


def test_a_part_that_is_missing_is_said_so() -> None:
    said = surprise(ImportError("No module named 'lxml'"), "Checking")
    assert said.startswith(
        "Checking needs a part that could not be loaded (No module named 'lxml')"
    )


def test_a_line_without_a_column() -> None:
    from dl2ecd_core.findings import Place
    from dl2ecd_core.pane.speech import place_text

    assert place_text(Place(file="c:\\data\\a.json", line=3)) == "a.json, line 3"
    assert place_text(Place(file="/data/a.json", line=3, column=4)) == "a.json, line 3, column 4"
