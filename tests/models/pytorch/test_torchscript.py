"""TorchScript: what its code declares, and what else lies in the archive."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Dict, List, Optional

import pytest

from dl2ecd_core.models import ModelDescription, inspect_model
from tests.conftest import FIXTURES

SCRIPTED = FIXTURES / "pytorch" / "unet_scripted.pt"
CODE = "code/__torch__/networks.py"


def entries() -> Dict[str, bytes]:
    """The entries of a scripted network, by the names inside its folder."""
    with zipfile.ZipFile(SCRIPTED) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def described(folder: Path, content: Dict[str, bytes]) -> ModelDescription:
    path = folder / "x.pt"
    with zipfile.ZipFile(path, "w") as writer:
        for name, data in content.items():
            writer.writestr(f"x/{name}", data)
    return inspect_model(path)


def with_forward(folder: Path, arguments: str, result: str = "Tensor") -> ModelDescription:
    """The network with another signature."""
    content = entries()
    old = b"forward(self: __torch__.networks.UNet,\n    image: Tensor) -> Tensor:"
    assert old in content[CODE]
    new = f"forward(self: __torch__.networks.UNet{arguments}) -> {result}:".encode()
    content[CODE] = content[CODE].replace(old, new)
    return described(folder, content)


def rules(model: ModelDescription) -> List[str]:
    return [item.rule for item in model.findings]


def test_two_inputs_are_named_and_their_shapes_left_open(tmp_path: Path) -> None:
    model = with_forward(tmp_path, ",\n    image: Tensor,\n    radar: Tensor")
    assert [(one.name, one.shape) for one in model.inputs] == [("image", None), ("radar", None)]
    assert "model-shape-unknown" in rules(model)


@pytest.mark.parametrize(
    "arguments", [",\n    images: List[Tensor]", ",\n    image: Tensor,\n    scale: float=0.5"]
)
def test_inputs_that_are_no_tensors_leave_the_names_open(tmp_path: Path, arguments: str) -> None:
    (image,) = with_forward(tmp_path, arguments).inputs
    assert (image.name, image.shape) == (None, (None, 4, None, None))


def test_several_results_are_not_taken_for_one(tmp_path: Path) -> None:
    model = with_forward(tmp_path, ",\n    image: Tensor", "Tuple[Tensor, Tensor]")
    assert (model.inputs[0].name, model.outputs) == ("image", ())


def test_code_too_long_to_read_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.models.pytorch.torchscript._LONGEST_CODE", 1000)
    (image,) = inspect_model(SCRIPTED).inputs
    assert (image.name, image.shape) == (None, (None, 4, None, None))
    monkeypatch.undo()
    monkeypatch.setattr("dl2ecd_core.models.pytorch.torchscript._MOST_CODE", 1000)
    assert inspect_model(SCRIPTED).inputs[0].name is None


def test_more_parts_than_any_network_has_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.models.pytorch.torchscript._MOST_ATTRIBUTES", 20)
    model = inspect_model(SCRIPTED)
    assert (model.parameters, model.outputs) == (None, ())
    (item,) = [one for one in model.findings if one.rule == "model-shape-unknown"]
    assert "not clear which of the values" in item.message


def test_byte_code_alone_makes_no_network_of_its_own(tmp_path: Path) -> None:
    # torch.load asks for constants.pkl only: without it, it unpickles what a name says.
    content = {name: data for name, data in entries().items() if name != "constants.pkl"}
    content["bytecode.pkl"] = b"\x80\x02)."
    model = described(tmp_path, content)
    assert model.format == "pytorch-zip"
    assert "pickle-unlisted-globals" in rules(model)
    content["Constants.pkl"] = content["other/constants.pkl"] = b"\x80\x02)."
    assert described(tmp_path, content).format == "pytorch-zip"


def test_what_only_looks_like_a_name_of_the_loader_is_named(tmp_path: Path) -> None:
    for module, name in (("torch.jit._pickle", "__loader__.set_data"), ("__torch__", "os.system")):
        evil = b"\x80\x04c" + module.encode() + b"\n" + name.encode() + b"\n)R."
        model = described(tmp_path, {**entries(), "constants.pkl": evil})
        (item,) = [one for one in model.findings if one.rule == "pickle-unlisted-globals"]
        assert f"'{module}.{name}'" in item.message


def test_what_the_constants_import_is_told(tmp_path: Path) -> None:
    evil = b"\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R."
    model = described(tmp_path, {**entries(), "constants.pkl": evil})
    assert "pickle-runs-code" in rules(model)


def test_custom_classes_are_reported(tmp_path: Path) -> None:
    content = entries()
    content[CODE] = content[CODE].replace(
        b"  training : bool", b"  index : __torch__.torch.classes.rtree.Index\n  training : bool", 1
    )
    (item,) = [
        one for one in described(tmp_path, content).findings if one.rule == "model-runs-own-code"
    ]
    assert "calls 'rtree.Index', which" in item.message


def test_paths_are_looked_for_in_the_first_short_entries_only(tmp_path: Path) -> None:
    told, plain = b"/home/ann/net.py", b"nothing"
    few = {f"code/{number}.debug_pkl": plain for number in range(15)}
    assert "model-local-paths" in rules(
        described(tmp_path, {**entries(), **few, "code/last.debug_pkl": told})
    )
    many = {**few, "code/15.debug_pkl": plain, "code/last.debug_pkl": told}
    assert "model-local-paths" not in rules(described(tmp_path, {**entries(), **many}))
    long = {"code/long.debug_pkl": told + bytes(256 * 1024)}
    assert "model-local-paths" not in rules(described(tmp_path, {**entries(), **long}))


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("classes.json", b'["water", "forest"]', ("water", "forest")),
        ("config.json", b'{"names": ["water", "forest"]}', ("water", "forest")),
        ("labels.txt", b"\xef\xbb\xbfwater\n\n  forest \n", ("water", "forest")),
        # Names of something else, a table, no text, none at all, too long a text, a folder.
        ("authors.json", b'["Ann", "Bob"]', None),
        ("readme.txt", b"water\nforest", None),
        ("labels.txt", b"0: water\n1: forest", ("water", "forest")),
        ("labels.txt", b"\xff\xfe\x00", None),
        ("labels.txt", b"", None),
        ("labels.txt", b" \n ", None),
        ("labels.txt", b"water\n" * 50_000, None),
        ("labels/", b"", None),
    ],
)
def test_class_names_are_taken_from_files_named_for_them(
    tmp_path: Path, name: str, text: bytes, names: Optional[List[str]]
) -> None:
    found = described(tmp_path, {**entries(), f"extra/{name}": text}).class_names
    assert [(one.names, one.source) for one in found] == (
        [] if names is None else [(names, f"extra file '{name}'")]
    )


def test_class_names_with_a_wrong_checksum_are_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    described(tmp_path, {**entries(), "extra/labels.txt": b"water\nforest"})
    path.write_bytes(path.read_bytes().replace(b"water\nforest", b"wafer\nforest"))
    assert inspect_model(path).class_names == ()
