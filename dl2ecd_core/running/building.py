"""From a definition and a scene to a classifier that fits both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, List, Mapping, Optional, Tuple

from ..exports.tensors import class_tensor, stored_tensors
from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import pixels_text
from ..fit.class_output import find_class_output
from .classifier import Classifier
from .extras import RunningRefused
from .inputs.model_input import InputOptions, model_input
from .opening import OpenedModel
from .probabilities import Kind, Probabilities, kind_of
from .purpose import check_no_detector
from .rasters.raster import RasterReader
from .sessions import Session
from .sessions.scores import Scores, scores_of
from .tiles.fitted import Fitted
from .tiles.fitting import fit_tiles, fitted_to, trial_tile
from .tiles.walking import Look, read_looks, told_looks
from .values import Values, values_of

if TYPE_CHECKING:
    from .sessions import Array

#: The probability from which on a pixel belongs to the second of two classes that one score parts.
THRESHOLD = 0.5


@dataclass(frozen=True)
class Options(InputOptions):
    """What a person asks for beside scene and model; None and empty where the definition decides.

    The package offers it as ``ClassifyOptions``.

    Attributes
    ----------
    bands
        Of the scene, in the model's order: numbers from 1 or names, as a list or as one text with
        commas (``"4,1,nir"``).
    scale
        Steps of scaling, as texts, done in their order: ``["scale 10000", "clip 0 1"]``; a single
        one may be a text alone (``"min-max 0 255"``), and ``"none"`` leaves values as they are.
    nodata
        The value for no data.
    threshold
        Of a single score, as a probability.

    Raises
    ------
    TypeError
        Where bands or scale are neither a text nor a list of what they hold.

    Examples
    --------
    >>> Options(bands="4,1,2", scale="scale 10000")
    Options(bands=[4, 1, 2], scale=('scale 10000',), nodata=None, threshold=None)
    """

    nodata: Optional[int] = None
    threshold: Optional[float] = None


def classifier_for(
    opened: OpenedModel,
    session: Session,
    reader: RasterReader,
    options: Options,
    fit: Callable[[Scores, Mapping[str, Look]], Fitted] = fit_tiles,
) -> Tuple[Classifier, Tuple[Finding, ...]]:
    """A classifier for a scene, and what the person must know about it.

    Parameters
    ----------
    fit
        What chooses the model's tiles: another where they are known already.

    Raises
    ------
    RunningRefused
        Where something is missing that nobody can guess.
    """
    check_no_detector(opened)
    scores = scores_for(opened, session, opened.ecd.band_count or 0)
    bands, scaling, said = model_input(opened, session, reader, options, scores.data_type)
    findings: List[Finding] = [*said]
    output = scores.session.outputs[scores.output]
    looks = read_looks(opened.primary, output.name) or told_looks(session, output.name)
    fitted = fit(scores, looks)
    fitted = fitted_to(fitted, reader.height, reader.width)
    example = fitted.scores(trial_tile(fitted))
    values, probabilities, said = _values(opened, scores, example, options)
    classifier = Classifier(fitted, bands, scaling, values, probabilities)
    blended = classifier.plan(reader.height, reader.width).blended
    findings += [*_said_of_tiles(fitted, opened, blended=blended), *said]
    return classifier, tuple(findings)


def scores_for(opened: OpenedModel, session: Session, bands: int) -> Scores:
    """The output that tells a definition's classes, as a function.

    Raises
    ------
    RunningRefused
        As :func:`~dl2ecd_core.running.sessions.scores.scores_of`.
    """
    ecd = opened.ecd
    output = find_class_output(opened.model, [item.value for item in ecd.classes])
    name = None if output is None else output.tensor.name
    if output is None:
        tensor = class_tensor(ecd, stored_tensors(ecd, "Outputs"))
        name = None if tensor is None else tensor.name
    indices = [item.index or 0 for item in ecd.classes]
    layers = max([*indices, ecd.background or 0]) + 1
    if output is not None and output.threshold:
        layers = 1
    return scores_of(session, bands, name, layers)


def _values(
    opened: OpenedModel, scores: Scores, example: Array, options: Options
) -> Tuple[Values, Probabilities, Tuple[Finding, ...]]:
    ecd = opened.ecd
    layers = int(example.shape[0])
    kind = kind_of(scores.activation, layers, example)
    threshold = score_threshold = None
    if options.threshold is not None and not 0 <= options.threshold <= 1:
        raise RunningRefused([_threshold_wrong(options.threshold, opened)])
    if layers == 1 and kind is not Kind.INDICES:
        threshold = THRESHOLD if options.threshold is None else options.threshold
        score_threshold = Probabilities(kind, 1).score_at(threshold)
    values, findings = values_of(
        ecd.classes,
        ecd.background,
        layers=layers,
        nodata=options.nodata,
        threshold=threshold,
        score_threshold=score_threshold,
    )
    if options.threshold is not None and threshold is None:
        findings = (*findings, _threshold_unused(opened, kind, layers))
    shares = len(values.by_index) if kind is Kind.INDICES else layers
    return values, Probabilities(kind, shares), findings


def _threshold_wrong(threshold: float, opened: OpenedModel) -> Finding:
    return finding(
        "threshold-wrong",
        f"The threshold is {threshold:g}, but probabilities go from 0 to 1.",
        hint="Give a probability, such as --threshold 0.5; also for a model whose scores are none, "
        "of which dl2ecd makes probabilities.",
        where=Place(file=opened.ecd.name),
    )


def _threshold_unused(opened: OpenedModel, kind: Kind, layers: int) -> Finding:
    gives = "classes and no scores" if kind is Kind.INDICES else f"{layers} scores for a pixel"
    wins = "" if kind is Kind.INDICES else ", of which the highest wins"
    return finding(
        "threshold-unused",
        f"The threshold has no effect: the model gives {gives}{wins}.",
        hint="Leave --threshold out; it is for models with a single score.",
        where=Place(file=opened.ecd.name),
    )


def _said_of_tiles(fitted: Fitted, opened: OpenedModel, *, blended: bool) -> List[Finding]:
    where = Place(file=opened.ecd.name)
    if blended and fitted.halo is not None:
        size = f"{fitted.rows.tile} x {fitted.columns.tile}"
        return [
            finding(
                "tiles-blended",
                f"The model looks {pixels_text(fitted.halo)} beyond each pixel and runs on tiles "
                f"of {size} pixels, of which no part is far enough from the border: tiles overlap "
                "by half, and their probabilities are averaged with more weight in the middle.",
                hint="Export the model with free rows and columns (in PyTorch dynamic_axes or "
                "dynamic_shapes of torch.onnx.export) if it can run on larger tiles: then no pixel "
                "depends on where tiles lie.",
                where=where,
            )
        ]
    if blended:
        return [
            finding(
                "tiles-blended",
                "The model looks at the whole tile, so its result depends on where tiles lie: "
                "tiles overlap by half, and their probabilities are averaged with more weight in "
                "the middle.",
                hint="Expect small differences to other programs, and to other sizes of tile.",
                where=where,
            )
        ]
    if not fitted.probed or not fitted.is_exact or fitted.halo is None:
        return []
    return [
        finding(
            "halo-probed",
            f"How far the model looks was found by trying: {pixels_text(fitted.halo)} beyond each "
            "pixel, so tiles overlap by that and no pixel depends on where tiles lie.",
            where=where,
        )
    ]


__all__ = ["Options", "classifier_for", "scores_for"]
