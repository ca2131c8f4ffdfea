"""Every operation by itself: shapes and types are what onnxruntime computes, or left open."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Tuple

import pytest

from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Evidence, Tensor
from tests.conftest import FIXTURES

HERE = FIXTURES / "onnx" / "operators"
EXPECTED: Dict[str, Dict[str, Any]] = json.loads((HERE / "expected.json").read_text())
CASES = [(file, name) for file, told in EXPECTED.items() for name in told]
#: Sizes that come out of a run and that the graph alone does not tell, or that are not worked out.
LEFT_OPEN: Dict[str, Optional[Tuple[Optional[int], ...]]] = {
    # The rank of what goes in is not known.
    "MatMul of any rank": None,
    "Einsum of any rank": None,
    "RNN of any": None,
    "RNN any state": None,
    "Concat with any rank": None,
    "Tile of any rank": None,
    "Conv of any rank": None,
    "Conv same with any kernel": None,
    "ConvTranspose of any rank": None,
    "GlobalMaxPool of any rank": None,
    "Resize of any rank": None,
    "DepthToSpace of any rank": None,
    "GridSample of any rank": None,
    "CenterCropPad of any rank": None,
    # The axes or sizes are known only when the model runs.
    "ReduceMean any axes": None,
    "TopK of some": (None, None),
    "some places": (None, None),
    "Squeeze some": None,
    "Squeeze all of free sizes": None,
    "Slice from the first axis": (None, 4, 8, 8),
    "Slice of the last": (None, 4, None, None),
    "Slice on any axis": (None, None, None),
    "Expand at run time": None,
    "Pad at run time": (None, None, None, None),
    "Pad any axes": (None, None, None),
    "Resize of a crop to sizes": (None, None, None, None),
    "CenterCropPad any": (None, None, None),
    "Concat with any number": (None, None),
    "NonZero": (3, None),
    # Not worked out: rare.
    "Einsum implicit": None,
    "Einsum with dots": None,
    "Resize in proportion": (None, 4, None, None),
    "Mod of sizes": (None, None),
    "Cast through truth": (None, None),
    "ReduceMax of numbers": (None,),
    "ReduceSumSquare of none": (None, None),
    "Where of numbers": (None, None),
    "Where of one number": (None, None),
    "Scatter into numbers": (None, None),
    "QLinearAveragePool with channels last": None,
    "pooled with channels last": None,
}


@pytest.fixture(scope="module")
def found() -> Dict[Tuple[str, str], Tensor]:
    """All outputs of the graphs by file and name."""
    return {
        (file, tensor.name or ""): tensor
        for file in EXPECTED
        for tensor in inspect_model(HERE / file).outputs
    }


@pytest.mark.parametrize(("file", "name"), CASES, ids=[f"{f[:-5]}-{n}" for f, n in CASES])
def test_an_operation_gives_what_it_gives_when_it_runs(
    found: Dict[Tuple[str, str], Tensor], file: str, name: str
) -> None:
    tensor, told = found[file, name], EXPECTED[file][name]
    mine: Optional[List[Optional[int]]] = None if tensor.shape is None else list(tensor.shape)
    if name in LEFT_OPEN:
        left = LEFT_OPEN[name]
        assert mine == (None if left is None else list(left)) != told["shape"]
        assert left is None or all(size in (None, ran) for size, ran in zip(left, told["shape"]))
    else:
        assert mine == told["shape"]
    if "(" in told["type"]:
        assert tensor.data_type == "sequence(map(string, float32))"
    else:
        assert tensor.data_type == told["type"]
        assert tensor.evidence is (None if mine is None else Evidence.INFERRED)


def test_what_is_left_open_is_in_the_graphs() -> None:
    assert set(LEFT_OPEN) <= {name for _, name in CASES}


@pytest.mark.parametrize(
    ("name", "axes"),
    [
        ("Conv", "NCHW"),
        ("ConvTranspose groups", "NCHW"),
        ("DepthToSpace", "NCHW"),
        ("GridSample", "NCHW"),
        ("BatchNormalization of rows", "NC"),
        ("Gemm", "NC"),
        ("MatMul", "NC"),
        ("Squeeze", "NC"),
        ("Flatten of pooled", "NC"),
        ("Softmax", "?C??"),
        ("Add of any rank", None),
    ],
)
def test_operations_tell_what_axes_mean(
    found: Dict[Tuple[str, str], Tensor], name: str, axes: Optional[str]
) -> None:
    assert found["standard.onnx", name].axes == axes
