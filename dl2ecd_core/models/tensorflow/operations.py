"""Shape rules of TensorFlow's operations, by name; the table that the walk looks into.

What each operation does: https://www.tensorflow.org/api_docs/python/tf/raw_ops. Where the sizes
are not all known, a rule keeps as much of the shape as TensorFlow's own shape functions do.
"""

from __future__ import annotations

from typing import Callable, Dict, Optional, Sequence

from ..description import Dims
from .known import Operation
from .operations_arrays import RULES as ARRAYS
from .operations_images import RULES as IMAGES
from .operations_math import RULES as MATH
from .operations_pieces import RULES as PIECES
from .operations_state import RULES as STATE
from .operations_windows import RULES as WINDOWS

Rule = Callable[[Operation], Sequence[Optional[Dims]]]

RULES: Dict[str, Rule] = {**ARRAYS, **IMAGES, **MATH, **PIECES, **STATE, **WINDOWS}
