"""A model's network as an ONNX file, read back before it takes its place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Callable, List, Mapping, Optional, Sequence, Tuple

from ..files.output import check_no_input, whole_file
from ..files.output_set import check_free, check_inside, output_set
from ..files.scratch_beside import scratch_beside
from ..files.stamps import check_unchanged
from ..findings.errors import ConversionRefused, ModelFileError
from ..findings.rules import finding
from ..findings.wording import counted, pixels_text, quoted, shape_text
from ..network.onnx_file import write_onnx
from ..network.weights import PIECE
from ..wire.source import ByteSource
from .description import Content, Dims, ModelDescription, Role, Tensor
from .inspection import inspect_model
from .network_ends import told_apart
from .networks import ModelNetwork
from .onnx.rewriting import with_metadata

Advance = Callable[[int], None]
# Deflate makes nothing smaller than a 1032nd of it: what is larger was never in the files.
_MOST_TIMES = 1100
_ALWAYS_TAKEN = 64 << 20


def write_network(
    model: ModelNetwork,
    target: Path,
    *,
    metadata: Optional[Mapping[str, str]] = None,
    external: bool = False,
    overwrite: bool = False,
    verify: Callable[[Path], None] = lambda path: None,
    advance: Advance = lambda count: None,
) -> Tuple[Path, ...]:
    """Write a model's network as ONNX; what is ONNX already keeps its bytes.

    Parameters
    ----------
    metadata
        Metadata properties, which take the place of those with the same keys.
    external
        Put weights into a file beside the target.
    overwrite
        Let files be replaced that lie beside the target and belong to it.
    verify
        Told where the file lies before it takes its place; what it raises keeps it from there.

    Returns
    -------
    tuple of Path
        What was written, the target first.

    Raises
    ------
    ConversionRefused
        When the network can't be said in ONNX (``network-operation-unknown`` ...), the model's
        files changed meanwhile, those that are written can't be, or what was written differs from
        the model (``network-written-wrong``); nothing is left behind.
    ModelFileError
        When the model can't be read; ``model-too-complex`` where its weights would be far larger
        than its files.
    """
    _check_size(model)
    folder = target.parent
    with scratch_beside(target) as scratch, output_set(folder) as outputs:
        if model.is_onnx:
            written = _copied(model, scratch / target.name, metadata or {}, advance)
        else:
            written = write_onnx(
                model.network.graph,
                scratch / target.name,
                metadata=metadata,
                external=external,
                advance=advance,
            )
        check_unchanged(model.stamps)
        _check(model, inspect_model(scratch / target.name), target)
        verify(scratch / target.name)
        places = [folder / path.relative_to(scratch) for path in written]
        sources = [part.location for part in model.description.files]
        for place in places[1:]:
            check_inside(folder, place)
            check_no_input(place, sources)
            check_free(place, overwrite=overwrite)
        for path, place in zip(written, places):
            outputs.adopt(path, place)
    return tuple(places)


def _copied(
    model: ModelNetwork, target: Path, metadata: Mapping[str, str], advance: Advance
) -> Tuple[Path, ...]:
    """An ONNX file with other metadata, and the files that its weights lie in."""
    primary, *companions = model.description.files
    with ByteSource(primary.location) as source, whole_file(target) as output:
        for piece in with_metadata(source, metadata):
            output.write(piece)
            advance(len(piece))
    written = [target]
    for part in companions:
        place = target.parent.joinpath(*part.path.split("/"))
        place.parent.mkdir(parents=True, exist_ok=True)
        with ByteSource(part.location) as source, whole_file(place) as output:
            for start in range(0, source.size, PIECE):
                piece = source.read_up_to(start, PIECE)
                output.write(piece)
                advance(len(piece))
        written.append(place)
    return tuple(written)


def _check_size(model: ModelNetwork) -> None:
    """Refuse weights that a few bytes claim again and again, before any of them is written."""
    if model.is_onnx:
        return
    weights = model.network.graph.initializers.values()
    total = sum(one.content.size for one in weights if one.content is not None)
    files = sum(part.size for part in model.description.files)
    if total > _ALWAYS_TAKEN + _MOST_TIMES * files:
        raise ModelFileError(
            "model-too-complex",
            f"The weights would take {counted(total, 'byte')}, but the model's files have {files}.",
            file=model.description.primary.path,
        )


def _check(model: ModelNetwork, found: ModelDescription, target: Path) -> None:
    """Compare what our own reader finds in the file with what the model says of itself."""
    told = model.description
    wrong: List[str] = []
    # Where there is nothing but losses, these are what comes out.
    data = tuple(tensor for tensor in told.outputs if tensor.role is Role.DATA)
    outputs = data or told.outputs
    inputs = told.inputs
    if not model.is_onnx:
        inputs, outputs = _told_apart(inputs, outputs)
    for what, before, after in (
        ("input", inputs, found.inputs),
        ("output", outputs, found.outputs),
    ):
        wanted = [one for one in before if one.name not in model.network.left_out]
        names = [tensor.name for tensor in after]
        if what == "input" and not model.is_onnx:
            wanted = [tensor for tensor in wanted if tensor.name in (None, *names)]
        # Formats without names get them here.
        if len(wanted) != len(names) or any(
            tensor.name not in (None, name) for tensor, name in zip(wanted, names)
        ):
            wrong.append(f"its {what}s have other names")
            continue
        for one, other in zip(wanted, after):
            wrong += _differences(what, _with_batch(one, other), other)
    if told.padding is not None and found.padding is not None and told.padding != found.padding:
        wrong.append(f"it crops {pixels_text(found.padding)} where {told.padding} were told")
    if wrong:
        raise ConversionRefused(
            [
                finding(
                    "network-written-wrong",
                    f"The network written to {quoted(target.name)} is not the model's: "
                    f"{'; '.join(wrong)}.",
                    hint="This should not happen: please report it with the model. Nothing was "
                    "written.",
                )
            ]
        )


def _told_apart(
    inputs: Tuple[Tensor, ...], outputs: Sequence[Tensor]
) -> Tuple[Tuple[Tensor, ...], Tuple[Tensor, ...]]:
    """Inputs and outputs under the names that they get where several have the same."""
    every = (*inputs, *outputs)
    names = told_apart([tensor.name for tensor in every])
    named = tuple(replace(tensor, name=name) for tensor, name in zip(every, names))
    return named[: len(inputs)], named[len(inputs) :]


def _with_batch(one: Tensor, other: Tensor) -> Tensor:
    """A tensor of a format that does not count the axis of the batch, with that axis in front."""
    if one.shape is None or other.shape is None or "N" in (one.axes or ""):
        return one
    if len(other.shape) != len(one.shape) + 1 or other.shape[0] is not None:
        return one
    axes = None if one.axes is None else "N" + one.axes
    return replace(one, shape=(None, *one.shape), axes=axes)


def _differences(what: str, one: Tensor, other: Tensor) -> List[str]:
    """How a tensor differs from what it was; what either does not know differs from nothing."""
    found: List[str] = []
    name = quoted(one.name)
    if not _agree(one.shape, other.shape):
        found.append(f"its {what} {name} is {shape_text(other.shape)}, not {shape_text(one.shape)}")
    elif one.axes and other.axes and not _letters_agree(one.axes, other.axes):
        found.append(f"its {what} {name} has the axes {other.axes}, not {one.axes}")
    # A detector's classes are not told by the sizes of its outputs.
    told = one.class_count is not None and one.content is not Content.RAW_DETECTOR_HEAD
    if told and one.class_count != other.class_count:
        found.append(f"its {what} {name} tells {other.class_count} classes apart")
    if None not in (one.activation, other.activation) and one.activation != other.activation:
        found.append(f"what its {what} {name} means is another")
    return found


def _agree(one: Optional[Dims], other: Optional[Dims]) -> bool:
    if one is None or other is None:
        return True
    # The number of images is left open.
    pairs = list(zip(one, other))[1:]
    return len(one) == len(other) and all(a == b or None in (a, b) for a, b in pairs)


def _letters_agree(one: str, other: str) -> bool:
    return all(a == b or "?" in (a, b) for a, b in zip(one, other))
