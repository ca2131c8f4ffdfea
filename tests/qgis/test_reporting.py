"""Findings, progress and Cancel through Processing's feedback."""

from __future__ import annotations

from dl2ecd_core.findings.rules import finding
from dl2ecd_core.qgis.reporting import FeedbackListener, failure
from tests.qgis.feedback import Recorded

ERROR = finding("model-empty", "The file is empty.")
WARNING = finding("class-name-blanks", "A name starts with a blank.", hint="Take it out.")
INFORMATION = finding("class-count-unknown", "The model does not tell.")


def test_warnings_first_each_once_and_no_errors() -> None:
    feedback = Recorded()
    listener = FeedbackListener(feedback)
    listener.all_found([INFORMATION, ERROR, WARNING, WARNING])
    listener.found(WARNING)
    assert feedback.said == [
        ("warning", "[class-name-blanks] A name starts with a blank. Take it out."),
        ("info", "[class-count-unknown] The model does not tell."),
    ]


def test_a_failure_has_the_errors_alone_a_line_each() -> None:
    other = finding("file-unreadable", "It can't be read.")
    found = failure([WARNING, ERROR, other, ERROR])
    assert str(found) == "[model-empty] The file is empty.\n[file-unreadable] It can't be read."


def test_progress_is_told_when_it_moves() -> None:
    feedback = Recorded()
    listener = FeedbackListener(feedback)
    for done in (0, 1, 2, 999, 1000, 5000):
        listener.progressed(done, 1000, "Writing")
    listener.progressed(0, 0, "Closing")
    assert feedback.positions == [0, 99, 100]
    assert feedback.texts("doing") == ["Writing", "Closing"]


def test_cancel_comes_back() -> None:
    assert not FeedbackListener(Recorded()).cancelled()
    assert FeedbackListener(Recorded(cancel_at=0)).cancelled()
