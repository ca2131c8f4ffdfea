"""What is decided alike for classifiers and detectors when a package is made."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ...findings import Finding, Place
from ...findings.errors import Dl2EcdError
from ...findings.rules import finding
from ...findings.wording import quoted
from ...running.inputs.input_scaling import chosen_scaling
from ...running.opening import OpenedModel
from ...running.sessions.onnx_session import OnnxSession
from ...scaling.steps import Scaling
from .. import contract


class Decided(NamedTuple):
    """What a package needs beside its network.

    Attributes
    ----------
    name
        The class, and the file's name without its ending.
    told
        What stands in the definition.
    network
        The network's file with sizes that are free, where the engine runs it so; else None.
    ways
        Of a detector, how its outputs are read and what shape objects have, as
        :func:`~.packing.packed` wants them.
    """

    name: str
    told: Dict[str, Any]
    network: Optional[bytes]
    findings: Tuple[Finding, ...]
    ways: Tuple[str, ...] = ()


def listed_parameters(names: List[str], scaling: Mapping[str, str]) -> List[Dict[str, Any]]:
    more = [] if "any" in scaling else ["scaling"]
    return contract.parameters("raster", "model", "device", *names, *more)


def scaling_texts(opened: OpenedModel, session: OnnxSession, input_type: str) -> Dict[str, str]:
    """The steps for pixels of any type and for bytes, as far as they are known, as texts."""
    ecd = opened.ecd
    found: Dict[str, str] = {}
    for key, scene_type in (("any", "float64"), ("uint8", "uint8")):
        try:
            scaling = chosen_scaling(
                ecd.document,
                ecd.definition,
                ecd.band_count or 0,
                asked=(),
                scene_type=scene_type,
                input_type=input_type,
                name=ecd.name,
                properties=session.properties,
            )
        except Dl2EcdError as error:
            if error.findings[0].rule != "scaling-unknown":
                raise
        else:
            found[key] = _text(scaling)
    return found


def _text(scaling: Scaling) -> str:
    """Steps as people write them, to the last digit."""
    steps = [
        " ".join([step.kind, *(_number(value) for value in step.values)]) for step in scaling.steps
    ]
    return "; ".join(steps) or "none"


def _number(value: object) -> str:
    return ",".join(map(repr, value if isinstance(value, tuple) else (value,)))


def said_of_scaling(scaling: Mapping[str, str], opened: OpenedModel) -> List[Finding]:
    if "any" in scaling:
        return []
    types = "types other than bytes" if scaling else "the raster"
    return [
        finding(
            "scaling-left-open",
            f"Nothing in {quoted(opened.ecd.name, 400)} says how the values of {types} become what "
            "the model takes: ArcGIS will ask for it (Scaling), as dl2ecd classify does (--scale).",
            hint="Ask whoever trained the model, and put InputScaling into the class information.",
            where=Place(file=opened.ecd.name),
        )
    ]
