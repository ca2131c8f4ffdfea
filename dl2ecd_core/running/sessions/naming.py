"""Which described input or output a runtime speaks of: each writes names in its own way."""

from __future__ import annotations

from typing import Collection, List, Optional, Sequence, Tuple

from ...models import Tensor
from ...models.description import Dims


def matched(
    names: Sequence[Collection[str]], described: Sequence[Tensor]
) -> Tuple[Optional[Tensor], ...]:
    """The description of each of a runtime's inputs or outputs, None where there is none.

    Parameters
    ----------
    names
        The names that the runtime has for each.
    described
        What the model file says of them.
    """
    by_name = {_plain(tensor.name): tensor for tensor in described if tensor.name is not None}
    found: List[Optional[Tensor]] = []
    for several in names:
        plain = [_plain(name) for name in several]
        found.append(next((by_name[name] for name in plain if name in by_name), None))
    if not any(found) and len(names) == len(described):
        # Frameworks that make up names on loading keep the order.
        return tuple(described)
    return tuple(found)


def _plain(name: Optional[str]) -> str:
    """A name without what TensorFlow adds: the output's number, the signature's name."""
    text = name or ""
    for prefix in ("serving_default_", "serve_", "x/"):
        text = text[len(prefix) :] if text.startswith(prefix) else text
    return text[:-2] if text.endswith(":0") else text


def tensor_of(name: str, shape: Dims, data_type: Optional[str], known: Optional[Tensor]) -> Tensor:
    """An input or output as the runtime has it, with what is known of its axes and meaning."""
    if known is None or known.axes is None or len(known.axes) != len(shape):
        return Tensor(name, shape, "?" * len(shape), data_type)
    return Tensor(
        name,
        shape,
        known.axes,
        data_type,
        known.evidence,
        activation=known.activation,
        class_count=known.class_count,
        content=known.content,
    )
