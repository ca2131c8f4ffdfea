"""Which scaling a definition asks for, from whichever vocabulary says it.

In this order: what the person gives; ``InputScaling`` in the definition; arcgis.learn's
``NormalizationStats``; Deepness's standardization in the model; an exporter that always scales
alike and signs its models; ``DataRange`` for scenes of 8 bits; a model that takes whole numbers
takes them as they are, where its type holds all that the scene's can hold. If nothing says it,
nobody can know.
"""

from __future__ import annotations

from typing import Any, Callable, List, Mapping, Optional, Sequence, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...scaling.standardization import standardization_in
from ...scaling.statistics import SCALING, statistics_scaling
from ...scaling.steps import Scaling, Step, WrongScaling, parse_step, read_steps
from ..extras import RunningRefused
from ..sessions.scores import WHOLE_TYPES
from .scene_middle import likely_steps

#: Signs its exports in their metadata. Its models take values from 0 to 1:
#: https://docs.ultralytics.com/guides/preprocessing_annotated_data/ .
_ULTRALYTICS = "Ultralytics"

#: Where steps are from that the person gives.
ASKED = "--scale"


def chosen_scaling(
    document: Mapping[str, Any],
    definition: Mapping[str, Any],
    bands: int,
    *,
    asked: Sequence[str],
    scene_type: str,
    input_type: str,
    name: str,
    properties: Mapping[str, str] = {},
    ends: Callable[[], Optional[Tuple[float, float]]] = lambda: None,
    told: Optional[str] = None,
) -> Scaling:
    """The scaling for a scene.

    Parameters
    ----------
    document, definition
        Root and ``Definitions[0]`` of the .ecd.
    bands
        How many bands the model takes.
    asked
        Steps that the person gives, as texts.
    scene_type, input_type
        Types of the scene's pixels and of the model's input.
    name
        The definition's path, for messages.
    properties
        What the model file says of itself.
    ends
        Looks at the scene's lowest and highest value, where nothing is said.
    told
        A candidate that the scene's file names, where nothing is said.

    Raises
    ------
    RunningRefused
        ``scaling-wrong`` where what is said can't be used, ``scaling-unknown`` where nothing is
        said; with the candidates.
    """
    if asked:
        return Scaling(_asked(asked, bands), ASKED)
    for holder in (definition, document):
        if SCALING not in holder:
            continue
        try:
            steps = read_steps(holder[SCALING], bands)
        except WrongScaling as error:
            raise _wrong(f"{SCALING} of the definition", error, name) from error
        return Scaling(steps, str(definition.get(f"{SCALING}Source", SCALING)))
    found = statistics_scaling(document, bands) or _carried(properties, bands, name)
    if found is not None:
        return found
    if scene_type == "uint8" and properties.get("author") == _ULTRALYTICS:
        return Scaling(_onto(0, 255, 0, 1), "the exporter's own, for a scene of 8 bits")
    low_high = _data_range(document)
    if low_high is not None and scene_type == "uint8":
        return Scaling(_onto(0, 255, *low_high), "DataRange, for a scene of 8 bits")
    if _holds(input_type, scene_type):
        return Scaling((), f"the model takes {input_type}")
    raise RunningRefused([_unknown(low_high, scene_type, input_type, name, ends(), told)])


def _holds(input_type: str, scene_type: str) -> bool:
    """Whether a model takes whole numbers, and its type holds every value of a scene's."""
    import numpy

    return input_type in WHOLE_TYPES and numpy.can_cast(scene_type, input_type)


def _asked(texts: Sequence[str], bands: int) -> Tuple[Step, ...]:
    steps: List[Step] = []
    for text in texts:
        try:
            steps += parse_step(text, bands)
        except WrongScaling as error:
            raise _wrong(f"--scale '{text}'", error, None) from error
    return tuple(steps)


def _wrong(what: str, error: WrongScaling, name: Optional[str]) -> RunningRefused:
    return RunningRefused(
        [
            finding(
                "scaling-wrong",
                f"{what} can't be used: {error}.",
                hint="For example --scale 'min-max 0 255', or several --scale, done in their "
                "order.",
                where=Place(file=name),
            )
        ]
    )


def _onto(low: float, high: float, target_low: float, target_high: float) -> Tuple[Step, ...]:
    """The steps that map one range onto another."""
    if (low, high) == (target_low, target_high):
        return ()
    steps = [Step("min-max", (float(low), float(high)))]
    if target_high - target_low != 1:
        steps.append(Step("scale", (1 / (target_high - target_low),)))
    if target_low:
        steps.append(Step("offset", (-target_low,)))
    return tuple(steps)


def _data_range(document: Mapping[str, Any]) -> Optional[Tuple[float, float]]:
    value = document.get("DataRange")
    if (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in value)
        and value[0] < value[1]
    ):
        return float(value[0]), float(value[1])
    return None


def _carried(properties: Mapping[str, str], bands: int, name: str) -> Optional[Scaling]:
    """What the model carries of it."""
    found = standardization_in(properties)
    if found is None:
        return None
    try:
        return found.scaling(bands)
    except WrongScaling as error:
        raise _wrong("The model's standardization", error, name) from error


def _unknown(
    data_range: Optional[Tuple[float, float]],
    scene_type: str,
    input_type: str,
    name: str,
    ends: Optional[Tuple[float, float]],
    told: Optional[str],
) -> Finding:
    candidates = [
        *filter(None, [told]),
        *(_onto_whole(scene_type, input_type) or likely_steps(ends, scene_type)),
    ]
    seen = (
        ""
        if ends is None
        else f"The values in the middle of the scene go from {ends[0]:g} to {ends[1]:g}. "
    )
    onto = (
        ""
        if data_range is None
        else f" DataRange names what they become ({data_range[0]:g} to {data_range[1]:g}), not "
        f"what they are in a scene of {scene_type}."
    )
    types = (
        f" The model takes {input_type}, which does not hold all values of {scene_type}."
        if input_type in WHOLE_TYPES
        else ""
    )
    return finding(
        "scaling-unknown",
        "Nothing says how the scene's values become what the model takes, and a wrong scaling "
        f"gives a wrong map that looks like a map.{onto}{types}",
        hint=f"Ask whoever trained the model, and give --scale. {seen}Likely are "
        f"{', '.join(candidates[:-1])} or {candidates[-1]}.",
        where=Place(file=name),
    )


def _onto_whole(scene_type: str, input_type: str) -> List[str]:
    """Candidates where a model takes whole numbers of a type too small for the scene's."""
    if input_type not in WHOLE_TYPES:
        return []
    likely = ["'scale 257' (the range of 16 bits onto that of 8)"]
    return [
        *(likely if (scene_type, input_type) == ("uint16", "uint8") else []),
        "'offset LOWEST' with 'scale' after it, as the bands' statistics say",
        f"'none' (values as they are; those beyond {input_type} become its lowest or highest)",
    ]
