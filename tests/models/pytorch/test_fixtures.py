"""Files that PyTorch wrote: what is read agrees with what PyTorch itself says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from dl2ecd_core.models import Activation, Evidence, ModelDescription, inspect_model
from tests.conftest import FIXTURES
from tests.models.damage import EXHAUSTIVE, assert_survives_damage


def truths() -> List[Tuple[Path, Dict[str, Any]]]:
    found: List[Tuple[Path, Dict[str, Any]]] = []
    for folder in (FIXTURES / "pytorch", FIXTURES / "safetensors"):
        expected = json.loads((folder / "expected.json").read_text())
        found += [(folder / name, fact) for name, fact in expected.items()]
    return found


TRUTHS = truths()
UNCLEAR = {"two_heads.pth", "two_streams.pth", "head_first.pth", "flax.safetensors"}


def rules(description: ModelDescription) -> List[str]:
    return [item.rule for item in description.findings]


@pytest.mark.parametrize(("path", "fact"), TRUTHS, ids=[path.name for path, _ in TRUTHS])
def test_format_and_parameters_are_right(path: Path, fact: Dict[str, Any]) -> None:
    description = inspect_model(path)
    assert description.format == fact["format"]
    assert description.parameters == fact["parameters"]
    assert [list(item.names) for item in description.class_names] == (
        [fact["names"]] if "names" in fact else []
    )


@pytest.mark.parametrize(("path", "fact"), TRUTHS, ids=[path.name for path, _ in TRUTHS])
def test_bands_and_classes_are_right_or_unknown(path: Path, fact: Dict[str, Any]) -> None:
    description = inspect_model(path)
    if path.name not in UNCLEAR:
        assert description.inputs
        assert description.outputs
    for tensors, sides in ((description.inputs, "inputs"), (description.outputs, "outputs")):
        if any(tensor.shape for tensor in tensors):
            assert len(tensors) == len(fact[sides])
        for tensor, shape in zip(tensors, fact.get(sides, [])):
            if tensor.shape is not None:
                assert len(tensor.shape) == len(shape)
                assert list(tensor.shape[1:2]) == shape[1:2]
                assert all(size in (None, real) for size, real in zip(tensor.shape[1:], shape[1:]))


@pytest.mark.parametrize("name", ["two_heads.pth", "two_streams.pth", "head_first.pth"])
def test_what_weights_do_not_tell_is_said_once(name: str) -> None:
    description = inspect_model(FIXTURES / "pytorch" / name)
    assert rules(description).count("model-shape-unknown") == 1


def test_an_exported_program_declares_names_shapes_and_the_last_operation() -> None:
    description = inspect_model(FIXTURES / "pytorch" / "softmax_exported.pt2")
    (image,), (softmax,) = description.inputs, description.outputs
    assert (image.name, image.shape, image.axes) == ("image", (None, 4, 16, 16), "NCHW")
    assert (image.data_type, image.evidence) == ("float32", Evidence.DECLARED)
    assert (softmax.name, softmax.shape) == ("softmax", (None, 3, 16, 16))
    assert softmax.activation is Activation.SOFTMAX
    assert "model-local-paths" in rules(description)


@pytest.mark.parametrize("name", ["unet_scripted.pt", "unet_traced.pt"])
def test_torchscript_declares_the_name_of_its_input(name: str) -> None:
    (image,) = inspect_model(FIXTURES / "pytorch" / name).inputs
    assert (image.name, image.shape) == ("image", (None, 4, None, None))
    assert image.evidence is Evidence.INFERRED


def test_a_whole_module_names_the_classes_it_needs() -> None:
    description = inspect_model(FIXTURES / "pytorch" / "unet_module.pt")
    (item,) = [item for item in description.findings if item.rule == "pickle-unlisted-globals"]
    assert "'networks.UNet'" in item.message


def test_a_state_dict_imports_known_names_only() -> None:
    description = inspect_model(FIXTURES / "pytorch" / "unet_state_dict.pth")
    assert rules(description) == ["pickle-known-globals"]


DAMAGED = [
    "pytorch/unet_state_dict.pth",
    "pytorch/unet_legacy.pth",
    "safetensors/unet.safetensors",
    # These are slow to read under the eyes of tracemalloc.
    *(["pytorch/unet_scripted.pt", "pytorch/softmax_exported.pt2"] if EXHAUSTIVE else []),
]


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_errors_or_still_described(name: str, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    path = alone / Path(name).name
    path.write_bytes((FIXTURES / name).read_bytes())
    assert_survives_damage(path, tmp_path)
