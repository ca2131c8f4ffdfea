"""Counting weights: of files that name their layers, and of trees of variables."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Iterator

import pytest

from dl2ecd_core.models.keras.weights import LayerWeights, named_weights, variable_tree
from dl2ecd_core.wire.hdf5 import Hdf5File, Node
from dl2ecd_core.wire.source import ByteSource


@pytest.fixture
def odd(fixtures: Path, tmp_path: Path) -> Iterator[Hdf5File]:
    packed = (fixtures / "keras" / "odd.h5.gz").read_bytes()
    (tmp_path / "odd.h5").write_bytes(gzip.decompress(packed))
    with ByteSource(tmp_path / "odd.h5") as source:
        yield Hdf5File(source)


def member(file: Hdf5File, name: str) -> Node:
    node = file.root.child(name)
    assert node is not None
    return node


def test_layers_and_weights_that_are_not_there_leave_the_number_unknown(odd: Hdf5File) -> None:
    weights = named_weights(member(odd, "named"))
    assert weights is not None
    assert weights.total is None
    assert weights.layers == (LayerWeights("conv", (("kernel:0", (3, 3, 4, 8)),)),)


def test_a_group_without_names_names_no_weights(odd: Hdf5File) -> None:
    assert named_weights(member(odd, "tree")) is None


def test_variables_are_counted_once_without_the_state_of_training(odd: Hdf5File) -> None:
    odd.root = member(odd, "tree")
    weights = variable_tree(odd)
    assert weights is not None
    assert weights.layers == (LayerWeights("layers/dense", (("0", (4, 2)), ("1", (2,)))),)
    assert weights.total == 10


def test_a_kernel_that_is_saved_twice_leaves_the_number_unknown(odd: Hdf5File) -> None:
    odd.root = member(odd, "spectral")
    weights = variable_tree(odd)
    assert weights is not None
    assert {layer.path for layer in weights.layers} == {
        "layers/dense",
        "layers/spectral_normalization",
    }
    assert weights.total is None


def test_other_groups_are_no_tree_of_variables(odd: Hdf5File) -> None:
    assert variable_tree(odd) is None
