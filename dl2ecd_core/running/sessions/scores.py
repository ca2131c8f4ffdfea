"""A session as a function from pixels to scores, whatever the order of its axes."""

from __future__ import annotations

from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, List, Optional, Sequence, Set, Tuple

from ...findings import Finding
from ...findings.rules import finding
from ...findings.wording import counted, quoted, shape_text
from ...models import Activation, Role, Tensor
from ..extras import RunningRefused
from . import Session

if TYPE_CHECKING:
    from . import Array

#: Of batches one runs on a card while the next is copied there; more are made ready meanwhile.
_TWO_AT_A_TIME = BoundedSemaphore(2)
#: Types of whole numbers that an input may have: pixel values go in as they are.
WHOLE_TYPES = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))


@dataclass(frozen=True)
class Scores:
    """Gives the scores of a tile, one layer for each class.

    Attributes
    ----------
    session
        What runs.
    inputs
        For each input of the session: its axes as letters, its type, and how many bands it takes.
    output
        Which of the session's outputs tells the classes, and its axes.
    tile
        Rows and columns of a tile; None where any size goes in.
    activation
        What was done last to the scores, where that is known.
    """

    session: Session
    inputs: Tuple[ImageInput, ...]
    output: int
    output_axes: str
    tile: Tuple[Optional[int], Optional[int]]
    activation: Optional[Activation] = None

    @property
    def bands(self) -> int:
        """How many bands a tile has."""
        return sum(entry.bands for entry in self.inputs)

    @property
    def data_type(self) -> str:
        """The type in which pixels go in."""
        return self.inputs[0].data_type

    @property
    def per_pixel(self) -> bool:
        """Whether the model takes a table with a row for each pixel and knows no neighbours."""
        return "H" not in self.inputs[0].axes

    def __call__(self, tile: Array) -> Array:
        """The scores ``(classes, rows, columns)`` of one tile ``(bands, rows, columns)``.

        An output without a class axis gives one layer of indices.

        Raises
        ------
        RunningRefused
            When the runtime can't, or what comes out has not the rank that the model states.
        """
        import numpy

        feeds: List[Array] = []
        first = 0
        for entry in self.inputs:
            one = arranged(tile[first : first + entry.bands], entry)
            # A batch of one size is filled with the same tile.
            feeds.append(one if self._stated == 1 else numpy.repeat(one, self._stated, 0))
            first += entry.bands
        result = self.session.run(feeds)[self.output]
        return self._layers(result, tile.shape[1:])

    @property
    def batch(self) -> int:
        """Tiles that are best run at once, as far as the model takes several."""
        if self.per_pixel:
            return 1
        sizes = self._batches()
        return self.session.batch if sizes == {None} else self._stated

    @property
    def threads(self) -> int:
        """Cores that one run takes."""
        return self.session.threads

    def _batches(self) -> Set[Optional[int]]:
        """How many tiles the inputs take, None for any number."""
        tensors = [tensor for tensor in self.session.inputs if tensor.role is Role.DATA]
        return {
            (tensor.shape or (1,))[0] if entry.axes.startswith("N") else 1
            for tensor, entry in zip(tensors, self.inputs)
        }

    @property
    def _stated(self) -> int:
        """How many tiles the model takes, no more and no less; 1 where any number goes in."""
        (first, *others) = self._batches()
        return 1 if first is None or others or self.per_pixel else first

    def of_tiles(self, tiles: Sequence[Array]) -> List[Array]:
        """The scores of several tiles of one size, in one run; in smaller ones if that fails."""
        import numpy

        feeds: List[Array] = []
        first = 0
        # What is missing of a batch of one size is made up for by the last tile.
        lacking = -len(tiles) % self._stated
        for entry in self.inputs:
            parts = [arranged(tile[first : first + entry.bands], entry) for tile in tiles]
            parts += parts[-1:] * lacking
            feeds.append(numpy.concatenate(parts))
            first += entry.bands
        try:
            with _TWO_AT_A_TIME:
                result = self.session.run(feeds)[self.output]
        except RunningRefused:
            if len(tiles) <= self._stated:
                raise
            # A graphics card may not have room for so many.
            half = len(tiles) // 2
            return [*self.of_tiles(tiles[:half]), *self.of_tiles(tiles[half:])]
        return [
            self._layers(result[place : place + 1], tile.shape[1:])
            for place, tile in enumerate(tiles)
        ]

    def _layers(self, result: Array, size: Tuple[int, ...]) -> Array:
        axes = self.output_axes
        if result.ndim == len(axes) - 1 and result.dtype.kind in "iu":
            # Of a file that does not say what comes out, scores are expected: these are classes.
            axes = axes.replace("C", "")
        if result.ndim != len(axes):
            raise RunningRefused([_other_rank(result.shape, axes)])
        if self.per_pixel:
            table = result.reshape(size[0], size[1], -1)
            return table.transpose(2, 0, 1)
        keep = [place for place, axis in enumerate(axes) if axis in "CHW"]
        index = tuple(slice(None) if place in keep else 0 for place in range(len(axes)))
        kept = result[index]
        order = [axes[place] for place in keep]
        for axis in "CHW":
            if axis not in order:
                kept, order = kept[..., None], [*order, axis]
        layers: Array = kept.transpose([order.index(axis) for axis in "CHW"])
        return layers


@dataclass(frozen=True)
class ImageInput:
    """An input that takes pixels: its axes (N, C, H, W), its type, and its share of the bands."""

    axes: str
    data_type: str
    bands: int


def arranged(pixels: Array, entry: ImageInput) -> Array:
    """Pixels ``(bands, rows, columns)`` in the order of an input's axes."""
    import numpy

    array = pixels.astype(entry.data_type, copy=False)
    if "H" not in entry.axes:
        return numpy.ascontiguousarray(array.reshape(entry.bands, -1).T)
    order = [letter for letter in entry.axes if letter in "CHW"]
    if "C" not in order:
        array = array[0]
        order_from = "HW"
    else:
        order_from = "CHW"
    array = array.transpose([order_from.index(letter) for letter in order])
    for place, letter in enumerate(entry.axes):
        if letter not in "CHW":
            array = numpy.expand_dims(array, place)
    return numpy.ascontiguousarray(array)


def scores_of(session: Session, bands: int, output_name: Optional[str], channels: int) -> Scores:
    """How to get scores from a session.

    Parameters
    ----------
    bands
        How many bands the definition says the model takes.
    output_name
        The output that tells the classes; None where the definition leaves that open.
    channels
        How many layers of scores there should be; 1 for a single channel or for indices.

    Raises
    ------
    RunningRefused
        ``model-input-unknown`` or ``model-output-unknown`` where it is not plain what goes in or
        comes out.
    """
    data = [tensor for tensor in session.inputs if tensor.role is Role.DATA]
    inputs = tuple(
        image_input(tensor, bands if len(data) == 1 else tensor.size_of("C")) for tensor in data
    )
    if not inputs or sum(entry.bands for entry in inputs) != bands:
        taken = sum(entry.bands for entry in inputs)
        raise RunningRefused(
            [
                finding(
                    "model-input-unknown",
                    f"The model has {counted(len(inputs), 'input')} for {counted(taken, 'band')} "
                    f"together, the definition speaks of {counted(bands, 'band')}.",
                    hint="Convert the model anew with the right NumberRasterBands.",
                )
            ]
        )
    place = _output_place(session.outputs, output_name)
    output = session.outputs[place]
    axes = _output_axes(output, channels, per_pixel="H" not in inputs[0].axes)
    first = data[0]
    letters = inputs[0].axes
    tile = tuple(
        (first.shape or ())[letters.index(axis)] if axis in letters else None for axis in "HW"
    )
    return Scores(session, inputs, place, axes, (tile[0], tile[1]), output.activation)


def image_input(tensor: Tensor, bands: Optional[int]) -> ImageInput:
    """How an input takes so many bands; None where the model is to tell how many.

    Raises
    ------
    RunningRefused
        ``model-input-unknown``.
    """
    shape, axes = tensor.shape, tensor.axes or ""
    if shape is None or bands is None:
        raise RunningRefused([_unknown_input(tensor)])
    if "C" not in axes or ("H" in axes) != ("W" in axes) or ("H" not in axes and len(shape) > 2):
        axes = _guessed_axes(tensor, bands)
    known = dict(zip(axes, shape)).get("C", bands)
    if "C" in axes and known not in (None, bands):
        raise RunningRefused([_unknown_input(tensor)])
    return ImageInput(axes, tensor.data_type or "float32", bands)


def _guessed_axes(tensor: Tensor, bands: int) -> str:
    """Axes by the sizes alone, where they leave no choice."""
    shape = tensor.shape or ()
    if tensor.axes is not None and "H" in tensor.axes and bands == 1:
        return tensor.axes
    rank = len(shape)
    fitting = {
        axes
        for axes in ("NCHW", "NHWC", "CHW", "HWC", "NC")
        if len(axes) == rank
        and shape[axes.index("C")] in (bands, None)
        and all(one in ("?", other) for one, other in zip(tensor.axes or "", axes))
    }
    certain = {axes for axes in fitting if shape[axes.index("C")] == bands} or fitting
    if len(certain) != 1:
        raise RunningRefused([_unknown_input(tensor)])
    return certain.pop()


def _unknown_input(tensor: Tensor) -> Finding:
    return finding(
        "model-input-unknown",
        f"Which axes of the input {quoted(tensor.name)} ({shape_text(tensor.shape)}) are bands, "
        "rows and columns can't be told.",
        hint="Export the model again with an input whose shape is stated.",
    )


def _output_place(outputs: Sequence[Tensor], name: Optional[str]) -> int:
    for place, tensor in enumerate(outputs):
        if name is not None and tensor.name == name:
            return place
    if len(outputs) == 1:
        return 0
    raise RunningRefused(
        [
            finding(
                "model-output-unknown",
                f"Which of the model's {counted(len(outputs), 'output')} tells the classes can't "
                "be told.",
                hint="Export the model again with the one output that does.",
            )
        ]
    )


def _output_axes(output: Tensor, channels: int, *, per_pixel: bool) -> str:
    axes = output.axes or ""
    if per_pixel or "?" not in axes or {"H", "W"} <= set(axes):
        return axes
    rank = len(axes)
    shape = output.shape or ()
    fitting = [
        letters
        for letters in ("NCHW", "NHWC", "CHW", "HWC", "NHW", "HW", "NC", "C")
        if len(letters) == rank
        and ("C" not in letters or shape[letters.index("C")] in (channels, None))
    ]
    certain = [
        letters for letters in fitting if "C" in letters and shape[letters.index("C")] == channels
    ] or fitting
    if len(certain) != 1:
        raise RunningRefused(
            [
                finding(
                    "model-output-unknown",
                    f"Which axes of the output {quoted(output.name)} ({shape_text(output.shape)}) "
                    "are classes, rows and columns can't be told.",
                    hint="Export the model again with an output whose shape is stated.",
                )
            ]
        )
    return certain[0]


def _other_rank(shape: Tuple[int, ...], axes: str) -> Finding:
    return finding(
        "model-run-failed",
        f"The model gave a result of {shape_text(shape)}, where {counted(len(axes), 'dimension')} "
        "were expected.",
        hint="Export the model again with an output whose shape is stated.",
    )
