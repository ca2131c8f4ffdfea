"""Settings of older and rarer files in ONNX's operators, and what pixels look at."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.models.keras.config import read_layer, read_network
from dl2ecd_core.models.keras.lowering import Generation, lowered
from dl2ecd_core.models.keras.lowering.roles import roles_of
from dl2ecd_core.models.keras.lowering.shelves import Home, ListShelf, Weight, tree_of
from dl2ecd_core.models.networks import read_network as network_at
from dl2ecd_core.network.lowering import Network
from dl2ecd_core.network.onnx_file import refusals, write_onnx
from dl2ecd_core.network.weights import Literal
from tests.models.keras.test_lowering import FOLDER
from tests.models.keras.test_not_lowered import IMAGE, ROW, network_of, reason

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")


def computed(network: Network, folder: Path, *images: Any) -> Any:
    """What comes out of a network once it is ONNX."""
    assert refusals(network.graph) == ()
    write_onnx(network.graph, folder / "x.onnx")
    session = onnxruntime.InferenceSession(
        str(folder / "x.onnx"), providers=["CPUExecutionProvider"]
    )
    names = [one.name for one in session.get_inputs()]
    (result,) = session.run(None, dict(zip(names, images)))
    return result


def noise(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype("f4")


@pytest.mark.parametrize(
    ("settings", "formula"),
    [
        ({"mode": "sum"}, lambda a, b: a + b),
        ({"mode": "mul"}, lambda a, b: a * b),
        ({"mode": "max"}, np.maximum),
        ({"mode": "ave"}, lambda a, b: (a + b) / 2),
        (
            {"mode": "concat", "concat_axis": 3},
            lambda a, b: np.concatenate([a, b], axis=3),
        ),
    ],
)
def test_keras_1_had_one_layer_that_merges(
    settings: Dict[str, Any], formula: Any, tmp_path: Path
) -> None:
    one, other = noise(2, 8, 9, 4), noise(2, 8, 9, 4) + 1
    network = network_of("Merge", settings, shapes=(IMAGE, IMAGE), version="")
    found = computed(network, tmp_path, one, other)
    assert np.allclose(found, formula(one, other), atol=1e-6)


def test_keras_1_with_channels_in_front_kept_kernels_as_onnx_does(
    tmp_path: Path,
) -> None:
    config = {
        "nb_filter": 2,
        "nb_row": 1,
        "nb_col": 1,
        "dim_ordering": "th",
        "bias": False,
    }
    network = network_of("Convolution2D", config, version="", weights=[(2, 8, 1, 1)])
    assert network.values["it"].shape == (None, 2, 9, 4)
    assert [node.op for node in network.graph.nodes] == ["Conv"]


def test_flattening_puts_the_channels_behind_all_the_same(tmp_path: Path) -> None:
    network = network_of("Flatten", {"data_format": "channels_first"})
    image = noise(2, 8, 9, 4)
    found = computed(network, tmp_path, image)
    assert (found == image.transpose(0, 2, 3, 1).reshape(2, -1)).all()


@pytest.mark.parametrize(("shape", "after"), [((None,), (None, 1)), (ROW, ROW)])
def test_rows_are_flat_already(shape: Tuple[Any, ...], after: Tuple[Any, ...]) -> None:
    assert network_of("Flatten", {}, shapes=(shape,)).values["it"].shape == after


def test_one_tensor_joined_stays_what_it_is() -> None:
    network = network_of("Concatenate", {"axis": -1})
    assert [node.op for node in network.graph.nodes] == ["Identity"]


def test_numbers_come_wrapped_too(tmp_path: Path) -> None:
    image = noise(2, 8, 9, 4)
    for wrapped in ({"type": "ndarray", "value": 0.5}, {"config": {"value": 0.5}}):
        found = computed(network_of("LeakyReLU", {"alpha": wrapped}), tmp_path, image)
        assert np.allclose(found, np.where(image > 0, image, image / 2), atol=1e-6)
        found = computed(network_of("Rescaling", {"scale": wrapped}), tmp_path, image)
        assert np.allclose(found, image / 2, atol=1e-6)


def test_values_below_a_threshold_vanish(tmp_path: Path) -> None:
    image = noise(2, 8, 9, 4)
    found = computed(network_of("ThresholdedReLU", {"theta": 0.5}), tmp_path, image)
    assert (found == np.where(image > 0.5, image, 0)).all()
    soft = network_of("Softmax", {"axis": [-1]})
    assert [node.op for node in soft.graph.nodes] == ["Softmax"]


def test_whole_numbers_become_floats_where_a_layer_scales_them(tmp_path: Path) -> None:
    scale = {
        "name": "s",
        "scale": 0.5,
        "batch_input_shape": [None, 3],
        "dtype": "uint8",
    }
    model = {
        "class_name": "Sequential",
        "config": [{"class_name": "Rescaling", "config": scale}],
    }
    read = read_layer(model)
    network = None if read is None else read_network(read)
    assert network is not None
    made = lowered(network, ListShelf({}), Generation("2.9.0"))
    found = computed(made, tmp_path, np.array([[1, 2, 255]], "u1"))
    assert found.tolist() == [[0.5, 1.0, 127.5]]


def test_keras_inside_tensorflow_counted_pixels_from_their_centres(
    tmp_path: Path,
) -> None:
    config = {"size": 2, "interpolation": "bilinear"}
    told = {
        version: network_of("UpSampling2D", config, version=version).graph.nodes[1]
        for version in ("2.2.4", "2.2.4-tf", "2.4.0", "3.0.0")
    }
    found = {
        version: node.attributes.text("coordinate_transformation_mode")
        for version, node in told.items()
    }
    assert found.pop("2.2.4") == "asymmetric"
    assert set(found.values()) == {"half_pixel"}


def test_operations_of_keras_3_keep_to_an_image_too() -> None:
    told = {"version": "3.1.0", "module": "keras.src.ops.numpy"}
    assert "not of size 1" in reason("Squeeze", {"axis": 1}, **told)
    assert "number of images" in reason("Reshape", {"newshape": [72, -1, 4]}, **told)
    assert "number of axes" in reason("Add", {}, shapes=(IMAGE, ROW), **told)


def body(*layers: Dict[str, Any], **config: Any) -> Dict[str, Any]:
    return {
        "class_name": "Sequential",
        "config": {"name": "body", "layers": list(layers), **config},
    }


def dense(name: str, **config: Any) -> Dict[str, Any]:
    settings = {"name": name, "units": 2, "use_bias": False, **config}
    return {"class_name": "Dense", "config": settings}


def matrix(factor: float) -> Weight:
    return Weight((2, 2), Literal((np.eye(2) * factor).astype("<f4").tobytes()))


def nested(inner: Dict[str, Any], weights: List[Weight]) -> Network:
    """A network in a sequence, and the weights that the file lists for it."""
    model = body(inner, build_input_shape=[None, 2])
    model["config"]["layers"][0]["config"]["batch_input_shape"] = [None, 2]
    read = read_layer(model)
    network = None if read is None else read_network(read)
    assert network is not None
    return lowered(network, ListShelf({"body": weights}), Generation("2.4.0"))


def test_nested_networks_list_what_training_changes_first(tmp_path: Path) -> None:
    fixed = {
        "class_name": "TimeDistributed",
        "config": {"name": "f", "layer": dense("g")},
    }
    inner = body(body(dense("a", trainable=False)), dense("b"))
    inner["config"]["layers"][0]["config"]["name"] = "deeper"
    # "b" is trained and comes first; its values are cut at 0.
    inner["config"]["layers"][1]["config"]["activation"] = "relu"
    network = nested(inner, [matrix(-1), matrix(3)])
    found = computed(network, tmp_path, np.array([[1, -2]], "f4"))
    assert found.tolist() == [[0, 6]]
    more = nested(body(dense("b"), fixed), [matrix(1), matrix(2)])
    assert "where its weights lie" not in refusals(more.graph)[0].message


@pytest.mark.parametrize(
    "inner",
    [
        body(dense("a"), {"class_name": "Wavelet", "config": {"name": "w"}}),
        body(dense("a"), {"class_name": "TimeDistributed", "config": {"name": "t"}}),
        body(dense("a"), body({"class_name": "Wavelet", "config": {"name": "w"}})),
        body(dense("a"), dense("b"), dense("c")),
    ],
)
def test_weights_of_a_nested_network_that_do_not_add_up_are_not_guessed(
    inner: Dict[str, Any],
) -> None:
    found = refusals(nested(inner, [matrix(1), matrix(2)]).graph)
    assert "where its weights lie" in found[0].message


def test_groups_of_classes_are_counted_whatever_their_numbers() -> None:
    read = read_layer(body(dense("one"), dense("two"), build_input_shape=[None, 2]))
    network = None if read is None else read_network(read)
    assert network is not None
    # Keras 2.12 counted each layer twice.
    for container in ("layers", "_layer_checkpoint_dependencies"):
        groups: Dict[str, Any] = {
            f"{container}/dense_2": None,
            f"{container}/dense": None,
        }
        shelf = tree_of(Home(Path("x")), groups, "", network)
        assert shelf.names == {"one": "dense", "two": "dense_2"}
    assert tree_of(Home(Path("x")), {"layers/dense": None}, "", network).names == {}  # type: ignore[dict-item]


def test_given_statistics_are_no_weights() -> None:
    layer = read_layer({"class_name": "Normalization", "config": {"mean": [1.0]}})
    assert layer is not None
    assert roles_of(layer) == ()


def test_packed_archives_are_read_as_others(tmp_path: Path) -> None:
    packed = tmp_path / "packed.keras"
    with (
        zipfile.ZipFile(FOLDER / "unet_keras3.keras") as before,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            after.writestr(name, before.read(name))
    image = noise(1, 16, 16, 4)
    one = computed(network_at(packed).network, tmp_path, image)
    other = computed(network_at(FOLDER / "unet_keras3.keras").network, tmp_path, image)
    assert (one == other).all()


def test_what_pixels_look_at_is_known_through_the_lowering(tmp_path: Path) -> None:
    network = network_at(FOLDER / "unet_keras2.h5").network
    rows = network.values["classes"].axes[1].footprint
    assert network.letters == {"image": "NHWC"}
    assert network.values["classes"].letters == "NHWC"
    assert rows is not None
    # Two poolings by 2.
    assert rows.alignment == 4
    image = noise(1, 16, 16, 4)
    before = computed(network, tmp_path, image)
    for place in (0, 5, 10):
        other = image.copy()
        other[:, place] += 10
        changed = np.abs(computed(network, tmp_path, other) - before).max(axis=(0, 2, 3)) > 1e-6
        for row in np.flatnonzero(changed):
            looked = rows.looks_at(int(row))
            assert looked is not None
            assert looked[0] <= place <= looked[1]


def test_padding_that_depends_on_a_free_size_leaves_open_what_pixels_look_at() -> None:
    network = network_at(FOLDER / "free_keras2.h5").network
    assert network.letters == {"image": "NHWC"}
    assert [axis.footprint for axis in network.values["fine"].axes] == [None] * 4
    assert network.left_out == ("coarse",)


def test_images_stay_channels_first_inside() -> None:
    network = network_at(FOLDER / "unet_keras2.h5").network
    turned = [
        node
        for node in network.graph.nodes
        if node.op == "Transpose" and node.inputs[0] not in network.graph.initializers
    ]
    assert [node.inputs[0] for node in turned[:1]] == ["image"]
    assert [node.outputs[0] for node in turned[1:]] == ["classes"]


def test_files_that_say_no_network_or_hold_no_weights_are_refused(tmp_path: Path) -> None:
    bare = tmp_path / "bare.keras"
    with (
        zipfile.ZipFile(FOLDER / "unet_keras3.keras") as before,
        zipfile.ZipFile(bare, "w") as after,
    ):
        for name in ("config.json", "metadata.json"):
            after.writestr(name, before.read(name))
    for path in (bare, FOLDER.parent / "landcover_k3.weights.h5"):
        with pytest.raises(ConversionRefused) as caught:
            network_at(path)
        (found,) = caught.value.findings
        assert found.rule == "network-format-not-convertible"
        assert "load_weights" in (found.hint or "")


def test_a_layer_whose_weights_are_not_where_the_file_says_is_refused(tmp_path: Path) -> None:
    lost = tmp_path / "lost.h5"
    data = (FOLDER / "unet_keras2.h5").read_bytes()
    # The group's name in the heap of names; the list of layers keeps it.
    lost.write_bytes(data.replace(b"classes\0", b"clauses\0"))
    (found,) = refusals(network_at(lost).network.graph)
    assert "where its weights lie" in found.message
