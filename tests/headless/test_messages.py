"""Messages: numbered texts word for word, severities, and no leniency about types."""

from __future__ import annotations

from typing import Any

import pytest

import dl2ecd_core.headless as arcpy
from dl2ecd_core.headless._log import Log, Messages
from dl2ecd_core.headless._texts import numbered


@pytest.mark.parametrize(
    ("number", "arguments", "text"),
    [
        (12, ["c:/a"], "000012: c:/a already exists"),
        (210, ["c:/a"], "000210: Cannot create output c:/a"),
        (258, ["c:/a"], "000258: Output c:/a already exists"),
        (582, [], "000582: Error occurred during execution."),
        (622, ["Tool"], "000622: Failed to execute (Tool). Parameters are not valid."),
        (725, ["Out", "c:/a"], "000725: Out: Dataset c:/a already exists"),
        (732, ["In", "a"], "000732: In: Dataset a does not exist or is not supported"),
        (735, ["In"], "000735: In: Value is required"),
        (800, ["A | B"], "000800: The value is not a member of A | B"),
        (840, ["File"], "000840: The value is not a File."),
    ],
)
def test_numbered_texts(number: int, arguments: Any, text: str) -> None:
    assert numbered("ERROR", number, *arguments) == (2, f"ERROR {text}")
    assert numbered("Warning", number, *arguments) == (1, f"WARNING {text}")


def test_a_number_whose_text_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="000001 is not known"):
        numbered("ERROR", 1)


@pytest.mark.parametrize("kind", ["Fatal", "", None, 2])
def test_an_unknown_kind_is_refused(kind: Any) -> None:
    with pytest.raises(ValueError, match="message type"):
        numbered(kind, 735, "In")


def test_too_few_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="mentions 2 things, 1"):
        numbered("ERROR", 732, "In")


@pytest.mark.parametrize("number", ["735", 735.0, True])
def test_a_number_is_an_integer(number: Any) -> None:
    with pytest.raises(TypeError):
        numbered("ERROR", number, "In")


class TestMessagesObject:
    def test_both_spellings_work(self) -> None:
        log = Log()
        messages = Messages(log)
        messages.addMessage("a")
        messages.AddWarningMessage("b")
        messages.addErrorMessage("c")
        messages.AddIDMessage("ERROR", 735, "In")
        assert log.entries == [
            (0, "a"),
            (1, "b"),
            (2, "c"),
            (2, "ERROR 000735: In: Value is required"),
        ]
        assert log.max_severity == 2
        assert log.text(1) == "b"

    @pytest.mark.parametrize("wrong", [None, 5, ValueError("x"), b"x"])
    def test_text_alone_is_taken(self, wrong: Any) -> None:
        with pytest.raises(TypeError):
            Messages(Log()).addMessage(wrong)

    @pytest.mark.parametrize("name", ["addWarning", "addError", "warn", "messages"])
    def test_has_nothing_else(self, name: str) -> None:
        with pytest.raises(AttributeError):
            getattr(Messages(Log()), name)

    def test_nothing_can_be_hung_on_it(self) -> None:
        with pytest.raises(AttributeError):
            Messages(Log()).note = 1


@pytest.mark.parametrize("wrong", [3, -1, "2"])
def test_severities_are_0_1_2(wrong: Any) -> None:
    with pytest.raises(ValueError, match="none of 0, 1, 2"):
        arcpy.GetMessages(wrong)
    with pytest.raises(ValueError, match="none of 0, 1, 2"):
        arcpy.SetSeverityLevel(wrong)
