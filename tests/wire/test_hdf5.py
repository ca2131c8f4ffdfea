"""The HDF5 walker: what it finds in files, old and new, and what it does with damaged ones."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.wire.hdf5 import Hdf5File, Node, is_hdf5
from dl2ecd_core.wire.hdf5.frame import MOST_PIECES, MOST_TEXT, Frame
from dl2ecd_core.wire.source import ByteSource


@pytest.fixture
def newest(fixtures: Path) -> Iterator[Hdf5File]:
    """Superblock 3, everything in heaps and version 2 trees."""
    with ByteSource(fixtures / "keras" / "newest.h5") as source:
        yield Hdf5File(source)


@pytest.fixture
def oldest(fixtures: Path) -> Iterator[Hdf5File]:
    """Superblock 0 behind a user block, symbol tables."""
    with ByteSource(fixtures / "keras" / "oldest.h5") as source:
        yield Hdf5File(source)


def all_nodes(file: Hdf5File) -> List[Tuple[str, Node]]:
    """Every object once, whatever circles the groups make."""
    waiting, seen, found = [("", file.root)], set(), []
    while waiting:
        path, node = waiting.pop()
        if node.address in seen:
            continue
        seen.add(node.address)
        found.append((path, node))
        waiting += [(f"{path}/{name}", member) for name, member in node.children()]
    return found


def test_both_generations_are_recognised(newest: Hdf5File, oldest: Hdf5File) -> None:
    assert (newest.superblock_version, oldest.superblock_version) == (3, 0)
    assert is_hdf5(newest.frame.source)
    assert oldest.frame.base == 512


def test_texts_of_every_kind(newest: Hdf5File) -> None:
    texts = {name: item.texts() for name, item in newest.root.attributes().items()}
    assert texts == {
        "title": ("Flächen",),
        "names": ("one", "", "three"),
        "fixed": ("ab", "c"),
        "nothing": (),
        "number": None,
    }


def test_dense_attributes_and_links(newest: Hdf5File) -> None:
    many = newest.root.child("many")
    assert many is not None
    assert set(many.links()) == {f"group_{number}" for number in range(12)}
    texts = {name: item.texts() for name, item in many.attributes().items()}
    assert texts.pop("long") == ("abcdefgh",) * 600
    assert texts == {f"attribute_{number}": ("x" * number,) for number in range(12)}


def test_shapes_and_types_of_datasets(newest: Hdf5File) -> None:
    found = {
        name: (node.shape, node.type.name)
        for name, node in newest.root.children()
        if node.is_dataset and node.type is not None
    }
    assert found == {
        "half": ((2, 0, 3), "float16"),
        "packed": ((9, 7), "float32"),
        "flag": ((), "bool"),
    }


def test_soft_links_are_not_followed(newest: Hdf5File) -> None:
    assert newest.root.child("soft") is None
    assert newest.root.child("many/group_3") is not None
    assert newest.root.child("many/nothing") is None


def test_a_group_that_holds_the_root_again_ends(oldest: Hdf5File) -> None:
    paths = {path for path, _ in all_nodes(oldest)}
    assert "/a/b/set_11" in paths
    assert len(paths) == 3 + 12


def test_a_file_cut_short_says_how_much_is_missing(fixtures: Path, tmp_path: Path) -> None:
    whole = (fixtures / "keras" / "newest.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[:-1])
    with ByteSource(tmp_path / "cut.h5") as source, pytest.raises(ModelFileError) as refused:
        Hdf5File(source)
    assert str(len(whole)) in str(refused.value)
    assert refused.value.finding.rule == "model-damaged"


@pytest.mark.parametrize("name", ["newest.h5", "oldest.h5", "long_names.h5"])
def test_changed_bytes_raise_nothing_but_model_file_errors(
    fixtures: Path, tmp_path: Path, name: str
) -> None:
    whole = (fixtures / "keras" / name).read_bytes()
    chance = random.Random(name)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 2, 8])):
            place = chance.randrange(len(data) - 8)
            wide = chance.choice([0, 1, 1 << 31, (1 << 64) - 1, len(data), place])
            data[place : place + chance.choice([1, 8])] = wide.to_bytes(8, "little")
        (tmp_path / "changed.h5").write_bytes(data)
        with ByteSource(tmp_path / "changed.h5") as source:
            try:
                for _, node in all_nodes(Hdf5File(source)):
                    assert node.shape is None or len(node.shape) <= 32
                    for attribute in node.attributes().values():
                        attribute.texts()
            except ModelFileError as error:
                assert error.finding.rule.startswith("model-")


def test_lists_of_names_that_never_end_are_refused(fixtures: Path) -> None:
    # All names of a group may point at one long text: what they add up to is limited.
    with ByteSource(fixtures / "keras" / "newest.h5") as source:
        frame = Frame(source, 0, 8, 8)
        with pytest.raises(ModelFileError, match="model-too-complex"):
            frame.spend(MOST_PIECES + 1)
        with pytest.raises(ModelFileError, match="model-too-complex"):
            frame.spend_text(MOST_TEXT + 1)


@pytest.mark.parametrize("form", ["earliest", "v108", "latest"])
def test_agrees_with_h5py(tmp_path: Path, form: str) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "many.h5"
    with h5py.File(path, "w", libver=form) as file:
        for number in range(300):
            name = f"layer_with_a_long_name_{number}/kernel:0"
            file.create_dataset(name, shape=(number + 1, 2), dtype="f4")
            file.attrs[f"text {number}"] = "t" * number
        file.attrs["long"] = "l" * 200_000
        names = list(file)
        shapes = {f"/{name}/kernel:0": file[name]["kernel:0"].shape for name in names}
        texts = dict(file.attrs)
    with ByteSource(path) as source:
        ours = Hdf5File(source)
        found = {path: node.shape for path, node in all_nodes(ours) if node.is_dataset}
        said = {name: item.text() for name, item in ours.root.attributes().items()}
    assert found == shapes
    assert said == texts
