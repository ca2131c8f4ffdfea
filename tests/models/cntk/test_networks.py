"""CNTK's layers in ONNX's operators: what CNTK 2.7 computes."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Dict, List

import pytest

import dl2ecd_core
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation
from dl2ecd_core.models.network_file import write_network
from dl2ecd_core.models.networks import read_network
from tests.conftest import FIXTURES
from tests.models.cntk.writers import (
    Network,
    composite,
    dictionary,
    field,
    function,
    matrix,
    text,
    variable,
)

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")

FOLDER = FIXTURES / "cntk"
LAYERS = FOLDER / "layers"


def run(path: Path, folder: Path, given: Dict[str, Any]) -> List[Any]:
    """What the network computes once it is ONNX."""
    results: List[Any] = converted(path, folder).run(None, given)
    return results


def converted(path: Path, folder: Path) -> Any:
    """The network as ONNX Runtime holds it."""
    target = folder / "network.onnx"
    write_network(read_network(path), target)
    return onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(
    "path", sorted([*LAYERS.glob("*.model"), *LAYERS.glob("*.v1")]), ids=lambda path: path.name
)
def test_layers_compute_what_cntk_computes(path: Path, tmp_path: Path) -> None:
    arrays = np.load(path.with_suffix(".npz"))
    given = {name[3:]: arrays[name] for name in arrays.files if name.startswith("in_")}
    wanted = [arrays[f"out_{number}"] for number in range(len(arrays.files) - len(given))]
    found = run(path, tmp_path, given)
    assert len(found) == len(wanted)
    # v1 files list outputs by name, and drop no axes.
    v1 = path.suffix == ".v1"
    for number, expected in enumerate(wanted):
        tolerance = 5e-6 * max(1.0, np.abs(expected).max())
        candidates = found if v1 else [found[number]]
        alike = [one for one in candidates if one.size == expected.size]
        assert v1 or found[number].shape == expected.shape
        assert any(
            np.allclose(one.reshape(expected.shape), expected, rtol=0, atol=tolerance)
            for one in alike
        ), number


def test_the_land_cover_model_keeps_its_ends_and_its_border(tmp_path: Path) -> None:
    source = Path(dl2ecd_core.__file__).parent / "demo" / "landcover.model"
    target = tmp_path / "x.onnx"
    write_network(read_network(source), target)
    written = inspect_model(target)
    assert [tensor.name for tensor in written.inputs] == ["image"]
    assert written.inputs[0].shape == (None, 4, 64, 64)
    assert [tensor.name for tensor in written.outputs] == ["landcover"]
    assert written.padding == inspect_model(source).padding == 2
    assert written.outputs[0].activation is Activation.SOFTMAX


def test_what_is_put_back_has_the_size_of_the_image(tmp_path: Path) -> None:
    write_network(read_network(LAYERS / "put_back.model"), tmp_path / "x.onnx")
    assert inspect_model(tmp_path / "x.onnx").outputs[0].shape == (None, 2, 6, 8)


def test_zeros_around_an_image_are_not_taken_for_padding_of_a_pooling() -> None:
    # ONNX Runtime 1.18 and 1.19 do so where nothing stands in between.
    graph = read_network(LAYERS / "bordered.model").network.graph
    makers = {node.outputs[0]: node.op for node in graph.nodes}
    pools = [node for node in graph.nodes if node.op in ("MaxPool", "AveragePool")]
    assert [makers[node.inputs[0]] for node in pools] == ["Max", "Max"]
    assert "Pad" in makers.values()


def test_outputs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    write_network(read_network(LAYERS / "summed.v1"), tmp_path / "x.onnx")
    names = [tensor.name for tensor in inspect_model(tmp_path / "x.onnx").outputs]
    assert "_static_axes_subop" in names
    assert len(set(names)) == len(names) == 17


def test_a_network_without_outputs_is_refused(tmp_path: Path) -> None:
    network = Network(20)
    network.input("x", 3)
    path = tmp_path / "x.dnn"
    path.write_bytes(network.written())
    with pytest.raises(Dl2EcdError, match="has no outputs"):
        write_network(read_network(path), tmp_path / "x.onnx")


def test_losses_and_labels_are_left_out(tmp_path: Path) -> None:
    write_network(read_network(FOLDER / "with_losses.model"), tmp_path / "x.onnx")
    written = inspect_model(tmp_path / "x.onnx")
    assert [tensor.name for tensor in written.inputs] == ["v"]
    assert [tensor.name for tensor in written.outputs] == ["z"]


def test_values_behind_the_description_are_found(tmp_path: Path) -> None:
    # The layout of models over 2 GiB: arrays without their values, which follow in the order in
    # which they are named, each in its own type.
    scale, offset = np.arange(4, dtype="<f4"), np.arange(4, dtype="<f8") / 3

    def constant(uid: str, data_type: int) -> Dict[str, Any]:
        array = field(1, data_type) + field(2, 0) + field(3, field(1, b"\x04"))
        return variable(uid, 3, [4], value=array)

    root = composite(
        [
            variable("x", 0, [4], dynamic_axis=["batch"]),
            constant("s", 1),
            constant("strange", 99),
            constant("o", 2),
        ],
        [function("t", 21, ["x", "s"]), function("z", 19, ["t_Output_0", "o"])],
        "z",
    )
    described = dictionary(root)
    data = b"ktnc" + struct.pack("<I", len(described)) + described
    path = tmp_path / "huge.model"
    path.write_bytes(data + scale.tobytes() + bytes(4) + offset.tobytes())
    rows = np.ones((3, 4), np.float32)
    (found,) = run(path, tmp_path, {"x": rows})
    assert np.allclose(found, rows * scale + offset)


def test_other_widths_of_numbers_and_sequences_are_noted(tmp_path: Path) -> None:
    assert "16 bits" in "".join(read_network(FOLDER / "half.model").network.notes)
    assert "sequence" in "".join(read_network(FOLDER / "packed.model").network.notes)
    write_network(read_network(FOLDER / "half.model"), tmp_path / "x.onnx")
    assert inspect_model(tmp_path / "x.onnx").inputs[0].data_type == "float32"


def test_strides_that_cntk_forgets_are_kept_and_that_is_said() -> None:
    network = read_network(LAYERS / "strided.v1").network
    assert len([note for note in network.notes if "forgets the strides" in note]) == 4


def v1_matrix(*values: float) -> bytes:
    """A column of numbers."""
    zeros = matrix(len(values), 1)
    end = text("EMAT")
    data = struct.pack(f"<{len(values)}f", *values)
    return zeros[: -len(data) - len(end)] + data + end


def test_what_v1_computes_before_training_is_kept(tmp_path: Path) -> None:
    network = Network(20)
    network.input("x", 3)
    network.node("Mean", "mean", "x", body=b"\1" + v1_matrix(1, 2, 3))
    network.node("InvStdDev", "scale", "x", body=b"\1" + v1_matrix(0.5, 2, 4))
    network.node("PerDimMeanVarNormalization", "z", "x", "mean", "scale")
    path = tmp_path / "x.dnn"
    path.write_bytes(network.written(OutputNodes=["z"]))
    rows = np.arange(6, dtype="f4").reshape(2, 3)
    scale = np.float32([0.5, 2, 4])
    session = converted(path, tmp_path)
    found = dict(zip((one.name for one in session.get_outputs()), session.run(None, {"x": rows})))
    # CNTK makes up a name for it.
    assert np.allclose(found["z_Output_0"], (rows - np.float32([1, 2, 3])) * scale)
    assert np.allclose(found["mean"].ravel(), [1, 2, 3])


@pytest.mark.parametrize(("kind", "op"), [("Max", "MaxPool"), ("Average", "AveragePool")])
def test_poolings_before_version_5(kind: str, op: str, tmp_path: Path) -> None:
    network = Network(4)
    network.input("x", 6, 6, 2)
    body = struct.pack("<IIQQQ", 2, 1, 2, 2, 2)
    network.node(f"{kind}Pooling", "z", "x", body=body)
    path = tmp_path / "x.dnn"
    path.write_bytes(network.written(OutputNodes=["z"]))
    assert [node.op for node in read_network(path).network.graph.nodes] == [op]


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("double_recurrent.model", "PastValue"),
        ("stacked.model", "OptimizedRNNStack"),
        ("stacked.v1", "OptimizedRNNStack"),
        ("user_function.model", "another program's code"),
        ("drawn.model", "RandomSample"),
        ("sequences.model", "UnpackSequence"),
    ],
)
def test_what_can_not_be_said_is_refused_by_name(name: str, operation: str, tmp_path: Path) -> None:
    with pytest.raises(Dl2EcdError, match=operation):
        write_network(read_network(FOLDER / name), tmp_path / "x.onnx")
    assert not (tmp_path / "x.onnx").exists()
