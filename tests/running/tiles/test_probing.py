"""What trying finds out about networks whose reach and stride are known."""

from __future__ import annotations

from fractions import Fraction
from typing import Callable, List, Tuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.running.tiles.planning import spans
from dl2ecd_core.running.tiles.probing import probe

Net = Callable[[np.ndarray], np.ndarray]

#: Layers of a network along rows and columns: what each does to a layer of pixels.
Layer = Tuple[str, int]


def windows(pixels: np.ndarray, kernel: int) -> np.ndarray:
    """Weighted sums of neighbourhoods without padding."""
    size = (pixels.shape[0] - kernel + 1, pixels.shape[1] - kernel + 1)
    total = np.zeros(size)
    for row in range(kernel):
        for column in range(kernel):
            weight = 1.0 + row * 0.37 + column * 0.11
            total += weight * pixels[row : row + size[0], column : column + size[1]]
    return total


def network(layers: List[Layer]) -> Net:
    """A network of same and valid convolutions, poolings and enlargements."""

    def run(tile: np.ndarray) -> np.ndarray:
        pixels = tile.sum(axis=0, dtype="float64")
        for kind, size in layers:
            if kind == "same":
                pixels = windows(np.pad(pixels, size // 2), size)
            elif kind == "valid":
                pixels = windows(pixels, size)
            elif kind == "crop":
                pixels = pixels[size:-size, size:-size]
            elif kind == "pool":
                rows, columns = (length // size * size for length in pixels.shape)
                cut = pixels[:rows, :columns]
                pixels = cut.reshape(rows // size, size, columns // size, size).max((1, 3))
            else:
                pixels = pixels.repeat(size, 0).repeat(size, 1)
        return pixels[None]

    return run


def example(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(3).random((2, height, width))


@pytest.mark.parametrize(
    ("layers", "scale", "start", "stride", "least"),
    [
        ([("same", 1)], 1, 0, 1, 0),
        ([("same", 3)], 1, 0, 1, 1),
        ([("same", 3), ("same", 5)], 1, 0, 1, 3),
        ([("valid", 5)], 1, 2, 1, 2),
        ([("pool", 2), ("up", 2)], 1, 0, 2, 0),
        ([("same", 3), ("pool", 4), ("same", 3), ("up", 4)], 1, 0, 4, 8),
        ([("pool", 3), ("up", 3), ("same", 3)], 1, 0, 3, 1),
        ([("same", 3), ("pool", 4)], 4, 0, 4, 1),
        ([("up", 2)], Fraction(1, 2), 0, 1, 0),
    ],
)
def test_known_networks(
    layers: List[Layer], scale: Fraction, start: int, stride: int, least: int
) -> None:
    found = probe(network(layers), example(96, 72), (None, None))
    for placement in (found.rows, found.columns):
        assert (placement.scale, placement.start, placement.stride) == (scale, start, stride)
        # As far as it looks across the border of a tile.
        assert placement.reach is not None
        assert placement.reach[0] == least
        assert placement.reach[1] - least in ((0,) if scale >= 1 else (0, 1))


def test_a_network_that_subtracts_the_mean_sees_the_whole_tile() -> None:
    inner = network([("same", 3)])
    found = probe(lambda tile: inner(tile) - tile.mean(), example(64, 64), (None, None))
    assert found.rows.reach is found.columns.reach is None
    assert found.rows.scale == 1


@pytest.mark.parametrize(
    ("layers", "scale", "start"), [([("valid", 3), ("crop", 15)], 1, 16), ([("pool", 2)], 2, 0)]
)
def test_where_a_smaller_result_lies_shows_also_when_all_is_seen(
    layers: List[Layer], scale: int, start: int
) -> None:
    """Half as many pixels: cropped, or half as fine."""
    inner = network(layers)
    found = probe(lambda tile: inner(tile) - tile.mean(), example(64, 64), (None, None))
    assert (found.rows.scale, found.rows.start) == (scale, start)


@pytest.mark.parametrize(
    ("layer", "scale"),
    [(("pool", 2), Fraction(2)), (("crop", 8), Fraction(1)), (("repeat", 2), Fraction(1, 2))],
)
@pytest.mark.parametrize("seed", range(12))
def test_how_wide_a_result_pixel_is_shows_whatever_the_tile_shows(
    layer: Layer, scale: Fraction, seed: int
) -> None:
    """In a small tile of patches, some of which change more than others."""
    random = np.random.default_rng(seed)
    patches = random.normal(0, 0.5, (2, 2, 2)).repeat(16, 1).repeat(16, 2)
    tile = patches + random.random((2, 32, 32))
    found = probe(network([layer]), tile, (None, None))
    assert (found.rows.scale, found.columns.scale) == (scale, scale)


def test_one_result_for_a_tile() -> None:
    found = probe(lambda tile: tile.mean((1, 2), keepdims=True), example(32, 48), (None, None))
    assert (found.rows.scale, found.columns.scale) == (32, 48)
    assert found.rows.step == 1


layer = st.one_of(
    st.tuples(st.just("same"), st.sampled_from([1, 3, 5])),
    st.tuples(st.just("valid"), st.sampled_from([3, 5])),
)


@given(st.lists(layer, max_size=3), st.sampled_from([1, 2, 4]), st.integers(30, 150), st.data())
def test_what_was_found_makes_tiles_that_join_without_a_seam(
    layers: List[Layer], halved: int, size: int, data: st.DataObject
) -> None:
    """The law: side by side, tiles are one pass over the whole scene, to the last bit."""
    middle = data.draw(st.integers(0, len(layers)))
    same = [(kind if halved == 1 else "same", kernel) for kind, kernel in layers]
    inside = [("pool", halved), *same[middle:], ("up", halved)] if halved > 1 else same[middle:]
    net = network([*same[:middle], *inside])
    placement = probe(net, example(64, 64), (None, None)).rows
    if not placement.step:
        return
    scene = np.random.default_rng(size).random((2, size, 64))
    lead, needed = placement.lead, placement.needed(size)
    rows = np.clip(np.arange(-lead, needed - lead), 0, size - 1)
    whole = net(scene[:, rows])[0, : placement.result_size(size)]
    for span in spans(placement, size):
        rows = np.clip(np.arange(span.origin, span.origin + span.size), 0, size - 1)
        tile = net(scene[:, rows])[0, span.skip : span.skip + span.kept]
        assert np.array_equal(tile, whole[span.first : span.end])


def test_what_is_rarely_seen_is_found_by_many_lines_at_once() -> None:
    """A branch of a network that wakes up at a few pixels only, as behind a ReLU."""

    def run(tile: np.ndarray) -> np.ndarray:
        fine = tile.sum(0)
        loud = np.where(fine > 5.6, fine, 0)
        far = np.pad(loud, 5)
        return (fine + far[10:, 5:-5] + far[5:-5, :-10])[None]

    found = probe(run, np.random.default_rng(3).normal(1, 0.8, (2, 256, 320)), (None, None))
    assert (found.rows.reach, found.columns.reach) == ((0, 5), (5, 0))
