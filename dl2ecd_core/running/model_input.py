"""What of a scene goes into a model, and how: its bands, and the scaling of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence, Tuple

from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import quoted
from ..scaling.steps import Scaling
from .bands import Wanted, chosen_bands
from .extras import RunningRefused
from .input_scaling import chosen_scaling
from .opening import OpenedModel
from .rasters import RasterReader
from .scene_middle import ends_of_middle
from .sessions import Session


@dataclass(frozen=True)
class InputOptions:
    """What a person asks for of a model's input; None and empty where the definition decides.

    Attributes
    ----------
    bands
        Of the scene, numbers from 1 or names.
    scale
        Steps of scaling, as texts.
    """

    bands: Optional[Wanted] = None
    scale: Sequence[str] = ()


def model_input(
    opened: OpenedModel,
    session: Session,
    reader: RasterReader,
    options: InputOptions,
    data_type: str,
) -> Tuple[Tuple[int, ...], Scaling, Tuple[Finding, ...]]:
    """The scene's bands in the model's order, counted from 0; their scaling; what to say of both.

    Parameters
    ----------
    data_type
        Of the model's input.

    Raises
    ------
    RunningRefused
        Where a band is not there, values are no real numbers, or nothing says how they are scaled.
    """
    if reader.data_type.startswith("complex"):
        raise RunningRefused([_complex(reader.name)])
    ecd = opened.ecd
    count = ecd.band_count or 0
    bands, findings = chosen_bands(
        ecd.document, count, reader.band_names, reader.name, asked=options.bands
    )
    scaling = chosen_scaling(
        ecd.document,
        ecd.definition,
        count,
        asked=options.scale,
        scene_type=reader.data_type,
        input_type=data_type,
        name=ecd.name,
        properties=session.properties,
        ends=lambda: ends_of_middle(reader, bands),
    )
    return bands, scaling, findings


def _complex(scene: str) -> Finding:
    return finding(
        "values-complex",
        f"The values of {quoted(scene, 400)} are complex numbers, which no model takes.",
        hint="Give a raster of what the model was trained with, such as their amplitude or "
        "intensity.",
        where=Place(file=scene),
    )
