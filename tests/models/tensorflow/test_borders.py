"""The border of a TensorFlow graph is the one that TensorFlow's own pixels show."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import pytest

from dl2ecd_core.models import inspect_model
from tests.conftest import FIXTURES
from tests.models.borders import borders_shown

#: A multiple of all periods that the graphs have.
PERIOD = 24
#: Nothing is told where the graph alone leaves it open.
NOT_TOLD = {
    # What is laid beside each other lies a pixel or more apart: in the middle of both, on average.
    "added, apart", "beside, a pixel apart", "beside, far apart",
    # No operation says which axes are rows and columns.
    "cropped",
    "every other and back",
}  # fmt: skip


def cases() -> Iterator[Tuple[str, Dict[str, Any]]]:
    for version in ("tf1", "tf2"):
        path = FIXTURES / "tensorflow" / "borders" / f"{version}.json.gz"
        for name, case in json.loads(gzip.decompress(path.read_bytes()))["cases"].items():
            yield f"{version}: {name}", case


CASES = dict(cases())


@pytest.mark.parametrize("name", CASES)
def test_a_border_is_what_pixels_of_tensorflow_show(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    path = tmp_path / "x.pb"
    path.write_bytes(base64.b64decode(case["graph"]))
    model = inspect_model(path)
    assert [list(output.shape or ()) for output in model.outputs] == [case["output"]]
    if name.partition(": ")[2] in NOT_TOLD:
        assert model.padding is None
    else:
        assert model.padding in borders_shown(case["looks"], case["size"], PERIOD)


def test_borders_of_every_width_are_among_them() -> None:
    shown = [borders_shown(case["looks"], case["size"], PERIOD) for case in CASES.values()]
    sure = [next(iter(borders)) for borders in shown if len(borders) == 1]
    assert len(sure) - sure.count(None) >= 50
    assert set(sure) >= {None, 1, 2, 3, 4, 5}
