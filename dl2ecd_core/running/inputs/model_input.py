"""What of a scene goes into a model, and how: its bands, and the scaling of their values."""

from __future__ import annotations

from collections.abc import Sequence as AnySequence
from dataclasses import dataclass
from typing import Dict, Optional, Sequence, Tuple, Type, TypeVar

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import quoted
from ...scaling.steps import Scaling
from ..extras import RunningRefused
from ..opening import OpenedModel
from ..rasters.raster import RasterReader
from ..sessions import Session
from .band_units import likely_of_units
from .bands import Wanted, bands_asked, chosen_bands
from .input_scaling import chosen_scaling
from .scene_middle import ends_of_middle

#: Under which names the package offers classes whose own are shorter.
PUBLIC_NAMES: Dict[str, str] = {"Options": "ClassifyOptions"}


@dataclass(frozen=True)
class InputOptions:
    """What a person asks for of a model's input; None and empty where the definition decides.

    Attributes
    ----------
    bands
        Of the scene, in the model's order: numbers from 1 or names, as a list or as one text with
        commas (``"4,1,nir"``).
    scale
        Steps of scaling, as texts, done in their order: ``["scale 10000", "clip 0 1"]``; a single
        one may be a text alone (``"min-max 0 255"``), and ``"none"`` leaves values as they are.
    """

    bands: Optional[Wanted] = None
    scale: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Take one text for what it is, where a list is wanted.

        Raises
        ------
        TypeError
            Where bands or steps are neither a text nor a list of what they hold.
        """
        if isinstance(self.bands, str):
            object.__setattr__(self, "bands", bands_asked(self.bands))
        elif self.bands is not None and not _is_list_of(self.bands, (int, str)):
            raise TypeError(
                "bands is a list of numbers from 1 and names, such as [4, 1, 'nir'], or one text "
                f"with commas, not {self.bands!r}."
            )
        if isinstance(self.scale, str):
            object.__setattr__(self, "scale", (self.scale,))
        elif not _is_list_of(self.scale, (str,)):
            raise TypeError(
                "scale is a list of steps as texts, such as ['scale 10000'], or one of them, not "
                f"{self.scale!r}."
            )


def _is_list_of(value: object, kinds: Tuple[type, ...]) -> bool:
    return isinstance(value, AnySequence) and all(
        isinstance(one, kinds) and not isinstance(one, bool) for one in value
    )


_Options = TypeVar("_Options", bound=InputOptions)


def checked_options(options: Optional[_Options], wanted: Type[_Options], caller: str) -> _Options:
    """The options that a person gives, or those that decide nothing.

    Parameters
    ----------
    wanted
        Of which class they are to be.
    caller
        The function's name.

    Raises
    ------
    TypeError
        Where they are something else.
    """
    if options is None:
        return wanted()
    if isinstance(options, wanted):
        return options
    name = PUBLIC_NAMES.get(wanted.__name__, wanted.__name__)
    given = PUBLIC_NAMES.get(type(options).__name__, type(options).__name__)
    raise TypeError(
        f"options of {caller} are {name}, such as options={name}(bands=[4, 1, 2, 3], "
        f"scale=['scale 10000']), not {given}."
    )


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
        told=likely_of_units(reader, bands),
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
