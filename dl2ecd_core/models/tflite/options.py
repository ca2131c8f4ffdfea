"""The options of TensorFlow Lite's operators, under the names that TensorFlow has for them.

Field numbers follow the order of tensorflow/lite/schema/schema.fbs (version 3) in
https://github.com/tensorflow/tensorflow.
"""

from __future__ import annotations

from typing import Callable, Dict, Optional, Tuple, Union

from ...wire.flatbuffer import Table

#: Numbers of a list in options.
_MOST_NUMBERS = 64
_PADDINGS = {0: "SAME", 1: "VALID"}

_Option = Union[int, str, Tuple[int, ...]]


class Options(Dict[str, _Option]):
    """Options by name; what is absent, or of another kind, has the default."""

    def text(self, name: str, default: str = "") -> str:
        """A text, such as ``padding``."""
        value = self.get(name, default)
        return value if isinstance(value, str) else default

    def integer(self, name: str, default: int) -> int:
        """A whole number."""
        value = self.get(name, default)
        return value if isinstance(value, int) else default

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value."""
        return bool(self.get(name, default))

    def integers(self, name: str) -> Optional[Tuple[int, ...]]:
        """A list of whole numbers, None when it is absent."""
        value = self.get(name)
        return value if isinstance(value, tuple) else None


def _moved(table: Table, dilated: Optional[int] = None) -> Options:
    """Padding and strides; dilations where there are any."""
    options = Options(
        padding=_PADDINGS.get(table.integer(0, "b"), ""),
        strides=(1, table.integer(2), table.integer(1), 1),
    )
    if dilated is not None:
        width, height = (table.integer(dilated + place, default=1) for place in (0, 1))
        options["dilations"] = (1, height, width, 1)
    return options


def _convolution(table: Table) -> Options:
    return _moved(table, 4)


def _depthwise(table: Table) -> Options:
    return _moved(table, 5)


def _pooling(table: Table) -> Options:
    return Options(_moved(table), ksize=(1, table.integer(4), table.integer(3), 1))


def _whole_numbers(**fields: int) -> Callable[[Table], Options]:
    return lambda table: Options({name: table.integer(at) for name, at in fields.items()})


def _flags(**fields: int) -> Callable[[Table], Options]:
    return lambda table: Options({name: table.integer(at, "b") for name, at in fields.items()})


def _lists(**fields: int) -> Callable[[Table], Options]:
    return lambda table: Options(
        {name: tuple(table.integers(at, most=_MOST_NUMBERS)) for name, at in fields.items()}
    )


def _strided_slice(table: Table) -> Options:
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    options = Options({name: table.integer(at) for at, name in enumerate(masks)})
    options["offset"] = table.integer(5, "b")
    return options


#: By the operator's number.
_READERS: Dict[int, Callable[[Table], Options]] = {
    **dict.fromkeys((1, 12, 17), _pooling),  # AVERAGE_POOL_2D, L2_POOL_2D, MAX_POOL_2D
    **dict.fromkeys((5, 26), _whole_numbers(block_size=0)),  # DEPTH_TO_SPACE, SPACE_TO_DEPTH
    # MEAN, SUM, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_ANY, REDUCE_ALL
    **dict.fromkeys((40, 74, 81, 82, 89, 91, 140), _flags(keep_dims=0)),
    **dict.fromkeys((83, 88), _whole_numbers(axis=1)),  # PACK, UNPACK
    2: _whole_numbers(axis=0),  # CONCATENATION
    3: _convolution,  # CONV_2D
    4: _depthwise,  # DEPTHWISE_CONV_2D
    9: _flags(weights_format=1, keep_num_dims=2),  # FULLY_CONNECTED
    22: _lists(new_shape=0),  # RESHAPE
    23: _flags(align_corners=2, half_pixel_centers=3),  # RESIZE_BILINEAR
    36: _whole_numbers(axis=0, batch_dims=1),  # GATHER
    43: _lists(squeeze_dims=0),  # SQUEEZE
    45: _strided_slice,  # STRIDED_SLICE
    67: _moved,  # TRANSPOSE_CONV
    97: _flags(align_corners=0, half_pixel_centers=1),  # RESIZE_NEAREST_NEIGHBOR
    126: _flags(adj_x=0, adj_y=1),  # BATCH_MATMUL
}


def options_of(code: int, operator: Table) -> Options:
    """What an operator's own table says beside its inputs and outputs.

    Raises
    ------
    ModelFileError
        ``model-damaged`` where it leads outside the file.
    """
    read = _READERS.get(code)
    table = None if read is None else operator.table(4, "an operator's options")
    return Options() if read is None or table is None else read(table)
