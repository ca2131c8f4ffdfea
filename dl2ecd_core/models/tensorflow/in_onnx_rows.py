"""Images whose pixels are laid out as rows of a matrix, and back: so dense layers are written."""

from __future__ import annotations

from typing import Optional, Tuple

from ...network.following import NotFollowedError
from ..description import Dims
from .in_onnx_task import Task


def are_laid_out(task: Task) -> bool:
    """Whether a reshape makes a row of each pixel's channels, and of nothing else."""
    image = task.value(0)
    target = _target(task)
    if target is None or image.shape is None or len(target) != 2 or len(image.shape) < 3:
        return False
    # Where no pixels are followed, nothing is lost.
    followed = any(axis.footprint is not None for axis in image.axes[1:-1])
    return followed and target[-1] is not None and target[-1] == image.shape[-1]


def stay(task: Task) -> bool:
    """Whether rows stay rows behind a reshape; else they are the image again.

    Raises
    ------
    NotFollowedError
        When they become anything else.
    """
    target, image = _target(task), task.following.shape(task.input(0))
    if not target or target[-1] is None or target[-1] != image[-1]:
        raise NotFollowedError
    if len(target) == 2:
        return True
    if len(target) != len(image) or not _same(target, image):
        raise NotFollowedError
    return False


def _same(target: Tuple[Optional[int], ...], image: Dims) -> bool:
    """Whether sizes are the image's; one of them may be what is left, or the number of images."""
    unlike = [at for at, (one, size) in enumerate(zip(target, image)) if one != size or one is None]
    return not unlike or (len(unlike) == 1 and target[unlike[0]] in (-1, image[unlike[0]]))


def _target(task: Task) -> Optional[Tuple[Optional[int], ...]]:
    """The sizes asked for, as far as they are known."""
    if len(task.inputs) > 1:
        return task.value(1).integers()
    return tuple(task.options.integers("new_shape") or ())
