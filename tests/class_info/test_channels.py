"""Red, Green and Blue given one by one: what is said of a part that has no number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import List, Optional

import pytest

from dl2ecd_core.class_info import examine_class_info
from tests.documents import document


@pytest.mark.parametrize(
    ("channels", "wrong"),
    [([None, 5, 6], ["Red"]), ([1, None, None], ["Green", "Blue"]), ([None] * 3, None)],
)
def test_the_hint_for_null_leads_to_a_document_that_is_right(
    tmp_path: Path, channels: List[Optional[int]], wrong: Optional[List[str]]
) -> None:
    names = ["Red", "Green", "Blue"]
    one = {"Value": 0, "Name": "a", **dict(zip(names, channels))}
    path = tmp_path / "classes.json"
    path.write_text(json.dumps(document(Classes=[one, {"Value": 1, "Name": "b"}])))
    said = examine_class_info(path).findings
    errors = [item for item in said if item.rule == "class-info-wrong-type"]
    assert [item.message for item in errors] == [
        f"Class 1 ('a'): {name} should be a whole number, not null." for name in wrong or names
    ]
    assert {item.hint for item in errors} == {
        "Give a number, or leave out all of Red, Green and Blue to get a color from the palette."
    }
    # What the hint says is no error any more.
    left_out = {key: value for key, value in one.items() if key not in names}
    path.write_text(json.dumps(document(Classes=[left_out, {"Value": 1, "Name": "b"}])))
    assert {item.rule for item in examine_class_info(path).findings} == {"class-color-from-palette"}
