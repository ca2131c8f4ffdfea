"""Tensors, storages and state dicts in PyTorch's pickles."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.pytorch.names import class_names_in
from dl2ecd_core.models.pytorch.state_dict import (
    find_weights,
    module_weights,
    without_wrapping,
)
from dl2ecd_core.models.pytorch.weights import (
    Storage,
    Weight,
    element_type,
    sizes_of,
    storage_of,
    storages_in,
    tensor_of,
)
from dl2ecd_core.wire.pickle import walk_pickle
from dl2ecd_core.wire.pickle_values import (
    Global,
    Made,
    Persistent,
    PickledDict,
    Unordered,
)
from dl2ecd_core.wire.source import ByteSource
from dl2ecd_core.wire.zip import open_archive
from tests.conftest import FIXTURES

FOLDER = FIXTURES / "pytorch"
RARE: Dict[str, Dict[str, Dict[str, Any]]] = json.loads((FOLDER / "rare.json").read_text())


def weights_in(name: str) -> Dict[str, Weight]:
    with ByteSource(FOLDER / name) as source:
        if name.endswith(".pt"):
            walk = walk_pickle(open_archive(source).source("rare_module/data.pkl"))
        else:
            end = 0
            for _ in range(4):
                walk = walk_pickle(source, end)
                end = walk.end
    found = find_weights(walk.value)
    assert found is not None
    assert found.whole_module is name.endswith(".pt")
    return {weight.name: weight for weight in found.weights}


@pytest.mark.parametrize("name", sorted(RARE))
def test_all_ways_to_write_tensors_are_read(name: str) -> None:
    weights = weights_in(name)
    assert list(weights) == list(RARE[name])
    for told, weight in zip(RARE[name].values(), weights.values()):
        assert list(weight.shape) == told["shape"], weight.name
        # The values' type is not looked for inside sparse tensors.
        if weight.name not in ("coordinates", "rows", "columns"):
            assert weight.data_type == told["type"], weight.name


def test_a_module_tells_layers_and_groups_and_keeps_no_transient_buffers() -> None:
    weights = weights_in("rare_module.pt")
    assert (weights["body.weight"].layer, weights["body.weight"].groups) == ("Conv2d", 2)
    assert weights["mean"].groups is None
    assert "grid" not in weights
    model = inspect_model(FOLDER / "rare_module.pt")
    assert [one.size_of("C") for one in (*model.inputs, *model.outputs)] == [4, 3]


def named(path: str) -> Global:
    module, _, name = path.rpartition(".")
    return Global(module, name)


def made(path: str, *args: object) -> Made:
    return Made(named(path), args)


def storage(
    key: object = "0", elements: object = 6, kind: str = "torch.FloatStorage"
) -> Persistent:
    return Persistent(("storage", named(kind), key, "cpu", elements))


def rebuilt(*shape: int) -> Made:
    """A tensor as PyTorch writes it."""
    return made("torch._utils._rebuild_tensor_v2", storage(), 0, shape, (1,), False, None)


def entries(**values: object) -> PickledDict:
    result = PickledDict()
    result.text.update(values)
    return result


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (rebuilt(2, 3), (2, 3)),
        (made("torch._utils._rebuild_device_tensor_from_cpu_tensor", rebuilt(4), 0, 1, 2), (4,)),
        (made("torch._tensor._rebuild_from_type", 0, 1, rebuilt(5), 2), (5,)),
        # Too few arguments, or none at all.
        (made("torch._utils._rebuild_tensor_v2", storage(), 0), None),
        (made("torch._utils._rebuild_parameter"), None),
        (made("torch._utils._rebuild_sparse_tensor", 0, 5), None),
        (made("torch._utils._rebuild_sparse_tensor", 0, (None, True)), None),
        (Made(named("torch._utils._rebuild_tensor_v2"), [1, 2, 3, 4]), None),
        # Made by something else.
        (made("numpy.ndarray", (2,)), None),
        (Made(rebuilt(1), (1,)), None),
        (7, None),
    ],
)
def test_only_what_would_become_a_tensor_is_one(
    value: object, shape: Optional[Tuple[int, ...]]
) -> None:
    told = tensor_of(value)
    assert (None if told is None else told[0]) == shape


def test_wrappings_without_end_are_no_tensor() -> None:
    value: object = rebuilt(2)
    for _ in range(3):
        value = made("torch._utils._rebuild_parameter", value)
    assert tensor_of(value) == ((2,), "float32")
    assert tensor_of(made("torch._utils._rebuild_parameter", value)) is None


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [
        ((2, 3), (2, 3)),
        ([2], (2,)),
        (made("torch.Size", [4, 5]), (4, 5)),
        (made("torch.Size"), None),
        (Made(named("torch.Size"), 5), None),
        ((2, True), None),
        ((2, -1), None),
        ((1 << 62,), None),
        ((2, "3"), None),
        ((1,) * 65, None),
        (6, None),
    ],
)
def test_sizes_are_whole_numbers(shape: object, sizes: Optional[Tuple[int, ...]]) -> None:
    assert sizes_of(shape) == sizes


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (named("torch.FloatStorage"), "float32"),
        (named("torch.cuda.BFloat16Storage"), "bfloat16"),
        (named("torch.storage.UntypedStorage"), None),
        (named("torch.int16"), "int16"),
        (named("numpy.int16"), None),
        ("torch.int16", None),
    ],
)
def test_element_types_go_by_the_storages_name(value: object, name: Optional[str]) -> None:
    assert element_type(value) == name


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (storage("7", 6), Storage("7", "float32", 6)),
        # Older files have numbers as keys.
        (storage(7, 6), Storage("7", "float32", 6)),
        (storage(True, 6), None),
        (storage("7", -6), None),
        (storage("7", "6"), None),
        (Persistent(("module", 1, 2, 3, 4)), None),
        (Persistent(("storage", 1)), None),
        (Persistent("storage"), None),
        ("storage", None),
    ],
)
def test_storages_are_told_by_their_persistent_id(value: object, told: Optional[Storage]) -> None:
    assert storage_of(value) == told


def test_storages_are_found_wherever_they_are_kept() -> None:
    inside = entries(a=storage("1"))
    inside.put(2, storage("2"))
    inside.put(storage("3"), 0)
    holder = made("net.Net", storage("4"))
    holder.state, holder.items, holder.entries = (storage("5"),), [storage("6")], inside
    circle: List[object] = [holder, Unordered([storage("7")])]
    circle.append(circle)
    assert sorted(storages_in(circle)) == ["1", "2", "3", "4", "5", "6", "7"]


def names(value: object) -> Optional[List[str]]:
    found = find_weights(value)
    return None if found is None else [weight.name for weight in found.weights]


STATE = entries(a=rebuilt(2), b=rebuilt(3))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (STATE, ["a", "b"]),
        (entries(net=STATE, epoch=3, loss=0.5), ["a", "b"]),
        # The usual key holds something else.
        (entries(model="unet", trained=STATE, epoch=3), ["a", "b"]),
        (entries(trained=STATE, other=STATE, epoch=3), None),
        (entries(trained=STATE, optimizer=STATE, epoch=3), ["a", "b"]),
        (entries(x=entries(x=entries(x=STATE))), ["a", "b"]),
        (entries(x=entries(x=entries(x=entries(x=STATE)))), None),
        (made("collections.OrderedDict", [("a", rebuilt(2)), ["b", rebuilt(3)]]), ["a", "b"]),
        (made("collections.OrderedDict", [("a", rebuilt(2)), (1, 2), "b", (3,)]), ["a"]),
        (made("collections.OrderedDict"), None),
        ([STATE], None),
        (rebuilt(2), None),
    ],
)
def test_the_weights_in_a_checkpoint_are_found_or_not_guessed(
    value: object, found: Optional[List[str]]
) -> None:
    assert names(value) == found


def module(path: str = "net.Net", **parts: object) -> Made:
    result = made(path)
    state = {"_parameters": entries(), "_buffers": entries(), "_modules": entries(), **parts}
    result.state = entries(**state)
    return result


def test_transient_buffers_are_left_out_however_their_set_is_written() -> None:
    buffers = entries(kept=rebuilt(1), grid=rebuilt(2))
    for transient in (Unordered(["grid", 5]), made("builtins.set", ["grid"]), ["grid"]):
        root = module(_buffers=buffers, _non_persistent_buffers_set=transient)
        assert names(root) == ["kept"]
    for other in (made("builtins.set"), "grid", None):
        root = module(_buffers=buffers, _non_persistent_buffers_set=other)
        assert names(root) == ["kept", "grid"]


def test_modules_deep_inside_modules_are_given_up() -> None:
    root = module(_parameters=entries(a=rebuilt(1)))
    for _ in range(400):
        root = module(_modules=entries(deep=root))
    assert module_weights(root) is None
    assert find_weights(root) is None


def test_values_that_are_no_modules_have_no_weights_inside() -> None:
    root = module(_modules=entries(a="text", b=None, c=module(_parameters=entries(w=rebuilt(1)))))
    assert names(root) == ["c.w"]


def unwrapped(*given: str) -> List[str]:
    weights = tuple(Weight(name, (1,)) for name in given)
    return [weight.name for weight in without_wrapping(weights)]


def test_wrappings_of_names_are_taken_off() -> None:
    assert unwrapped("module.a", "module.b") == ["a", "b"]
    assert unwrapped("module.model._orig_mod.a") == ["a"]
    assert unwrapped("module.model.net._orig_mod.a") == ["_orig_mod.a"]
    assert unwrapped("model.a", "loss.b", "metrics.c") == ["a"]
    assert unwrapped("model.a", "head.b") == ["model.a", "head.b"]
    assert unwrapped() == []


def by_number(*pairs: Tuple[object, object]) -> PickledDict:
    result = PickledDict()
    for key, value in pairs:
        result.put(key, value)
    return result


def ordered(**values: object) -> Made:
    result = made("collections.OrderedDict")
    result.entries = entries(**values)
    return result


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (["water", "forest"], ("water", "forest")),
        (("water", "forest"), ("water", "forest")),
        (entries(water=0, forest=1), ("water", "forest")),
        (entries(forest=1, water=0), ("water", "forest")),
        (ordered(water=0, forest=1), ("water", "forest")),
        (entries(**{"0": "water", "1": "forest"}), ("water", "forest")),
        (by_number((0, "water"), (1, "forest")), ("water", "forest")),
        (by_number((1, "forest"), (0, "water")), ("water", "forest")),
        (by_number((0, "water"), (True, "forest")), None),
        (by_number((0, "water"), ("1", "forest")), ("water", "forest")),
        (by_number((0, "water"), (None, "forest")), None),
        (made("collections.OrderedDict"), None),
        (entries(), None),
        ([1, 2], None),
        ("water", None),
        (None, None),
    ],
)
def test_class_names_are_found_in_all_forms(
    value: object, found: Optional[Tuple[str, ...]]
) -> None:
    told, _ = class_names_in(entries(classes=value))
    assert [one.names for one in told] == ([] if found is None else [found])


def test_class_names_are_looked_for_where_training_scripts_keep_them() -> None:
    namespace = made("argparse.Namespace")
    namespace.state = entries(class_names=["c", "d"])
    network = module(classes=["e", "f"])
    value = entries(
        classes=["a", "b"], labels=["a", "b"], args=namespace, config=entries(), meta=5,
        model=network,
    )  # fmt: skip
    assert [(one.names, one.source) for one in class_names_in(value)[0]] == [
        (("a", "b"), "checkpoint entry 'classes'"),
        (("c", "d"), "checkpoint entry 'args', 'class_names'"),
        (("e", "f"), "attribute of 'model', 'classes'"),
    ]
    assert [one.names for one in class_names_in(network)[0]] == [("e", "f")]
    assert class_names_in([1, 2]) == ((), ())


def test_class_names_where_mmengine_keeps_them() -> None:
    facts = entries(CLASSES=("a", "b"), dataset_meta=entries(classes=("c", "d"), palette=[[1, 2]]))
    told, about = class_names_in(entries(meta=facts, message_hub=entries(), state_dict=entries()))
    assert [(one.names, one.source) for one in told] == [
        (("a", "b"), "checkpoint entry 'meta', 'CLASSES'"),
        (("c", "d"), "checkpoint entry 'meta', 'dataset_meta', 'classes'"),
    ]
    assert about == ()


def test_class_names_nested_without_end_are_left() -> None:
    facts = entries(classes=["deep"])
    for _ in range(6):
        facts = entries(meta=facts)
    assert class_names_in(facts) == ((), ())


@pytest.mark.parametrize("value", [["a", 1], [["a", "b"]], [[[["a"]]], "b"], {1: "a"}])
def test_class_names_in_other_forms_are_said(value: object) -> None:
    if isinstance(value, dict):
        value = by_number((made("numpy.int64"), "a"))
    (item,) = class_names_in(entries(class_names=value))[1]
    assert item.rule == "class-names-unreadable"
    assert "checkpoint entry 'class_names'" in item.message


def legacy(folder: Path, *pickles: bytes) -> Path:
    """A file of the older layout: its first three pickles, then others."""
    start = (FOLDER / "unet_legacy.pth").read_bytes()[:137]
    path = folder / "x.pth"
    path.write_bytes(start + b"".join(pickles))
    return path


def test_an_older_file_that_can_not_be_followed_is_described_as_far_as_it_goes(
    tmp_path: Path,
) -> None:
    # The name of what it imports is worked out on loading.
    model = inspect_model(legacy(tmp_path, b"\x80\x04NN\x93."))
    assert (model.format, model.parameters) == ("pytorch-legacy", None)
    rules = [item.rule for item in model.findings]
    assert rules == ["pickle-not-analysed", "model-shape-unknown"]


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (pickle.dumps({"0": 1}, 2), "list of storages is no list"),
        (b"\x80\x02](", "list of storages is broken"),
    ],
)
def test_an_older_file_with_an_odd_list_of_storages_is_damaged(
    tmp_path: Path, keys: bytes, why: str
) -> None:
    with pytest.raises(ModelFileError, match=why):
        inspect_model(legacy(tmp_path, pickle.dumps({"a": 1}, 2), keys))


def test_storages_of_an_older_file_have_to_fit(tmp_path: Path) -> None:
    whole = (FOLDER / "unet_legacy.pth").read_bytes()
    path = tmp_path / "x.pth"
    path.write_bytes(whole[:-1])
    with pytest.raises(ModelFileError, match="ends inside storage"):
        inspect_model(path)
    named_ = pickle.dumps(["nobody"], 2)
    model = inspect_model(legacy(tmp_path, pickle.dumps({"a": 1}, 2), named_, bytes(8)))
    assert model.parameters is None
    (item,) = [one for one in model.findings if one.rule == "pickle-not-analysed"]
    assert "does not say where the numbers of its tensors end" in item.message


def test_a_storage_of_another_size_than_its_tensors_is_damage(tmp_path: Path) -> None:
    data = bytearray((FOLDER / "unet_legacy.pth").read_bytes())
    end = 0
    with ByteSource(FOLDER / "unet_legacy.pth") as source:
        for _ in range(5):
            end = walk_pickle(source, end).end
    data[end] += 1
    path = tmp_path / "x.pth"
    path.write_bytes(bytes(data))
    with pytest.raises(ModelFileError, match=r"has \d+ elements instead of \d+"):
        inspect_model(path)


def test_a_pickle_too_long_for_its_checksum_is_walked_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.pth"
    data = (FOLDER / "unet_state_dict.pth").read_bytes()
    assert data.count(b"enc1.0.weight") == 1
    path.write_bytes(data.replace(b"enc1.0.weight", b"ENC1.0.weight"))
    with pytest.raises(ModelFileError, match="checksum"):
        inspect_model(path)
    monkeypatch.setattr("dl2ecd_core.models.pytorch.zip_archive.LONGEST_UNPACKED", 100)
    assert inspect_model(path).parameters == 1598


def test_an_archive_that_can_not_be_opened_is_no_pytorch_file(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    path.write_bytes((FOLDER / "unet_state_dict.pth").read_bytes()[:-30])
    with pytest.raises(ModelFileError, match="no end record"):
        inspect_model(path)
