"""What both raster functions have in common: a model that is opened once, and how it is scaled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Dict, Generic, List, Optional, Sequence, Tuple, TypeVar

from ..ecd.content import Ecd
from ..findings.errors import Dl2EcdError
from ..running.inputs.input_scaling import chosen_scaling
from ..running.opening import OpenedModel
from ..running.sessions import Session
from ..scaling.steps import Scaling
from . import contract
from .opening import RasterFunctionError, opened_with, said_in_arcgis

Made = TypeVar("Made")

NO_MODEL = "No model is open: give the path of an .ecd, .emd or .dlpk as the model."


@dataclass(frozen=True)
class Opened(Generic[Made]):
    """A definition with its session and what was made of both.

    Attributes
    ----------
    bands, input_type
        How many bands the model takes, and as what.
    """

    ecd: Ecd
    session: Session
    made: Made
    bands: int
    input_type: str

    def scaling(self, data_type: str, asked: Sequence[str]) -> Scaling:
        """The scaling for pixels of this type.

        Raises
        ------
        RunningRefused
            Where nothing says it.
        """
        return chosen_scaling(
            self.ecd.document,
            self.ecd.definition,
            self.bands,
            asked=asked,
            scene_type=data_type,
            input_type=self.input_type,
            name=self.ecd.name,
            properties=self.session.properties,
        )

    @property
    def scaling_is_known(self) -> bool:
        """Whether the scaling is known for pixels of any type."""
        try:
            self.scaling("float64", ())
        except Dl2EcdError:
            return False
        return True


class ModelFunction(ABC, Generic[Made]):
    """A raster function with a model.

    As a deep learning function it is given its model by :meth:`initialize`, as a raster function
    with the other parameters.
    """

    #: The command that does the same in a terminal, for models that don't run in ArcGIS.
    _instead = ""

    def __init__(self) -> None:
        self._opened: Optional[Opened[Made]] = None
        self._model: object = None
        self._device: object = None
        self._asked: List[str] = []

    def initialize(self, **kwargs: Any) -> None:
        """Open the model; without one, there is nothing to do yet."""
        if kwargs.get("model"):
            self._open(kwargs)

    @abstractmethod
    def _make(self, opened: OpenedModel, session: Session) -> Tuple[Made, int, str]:
        """What is made while the model's files are there, bands and type of the model's input."""

    def _open(self, given: Dict[str, Any]) -> Opened[Made]:
        """What is open, or what these parameters name."""
        model = given.get("model", self._model)
        if self._opened is None or model != self._model:
            if not model:
                raise RasterFunctionError(NO_MODEL)
            self._device = given.get("device", self._device)
            with said_in_arcgis(self._instead):
                ecd, session, made = opened_with(model, self._device, self._make)
            self._model, self._opened = model, Opened(ecd, session, *made)
        return self._opened

    def _configured(self, scalars: Dict[str, Any]) -> Tuple[Opened[Made], int, Dict[str, Any]]:
        """What is open, how many tiles go together, and what is alike in all configurations."""
        opened = self._open(scalars)
        document = opened.ecd.document
        self._asked = [one for one in str(scalars.get("scaling") or "").split(";") if one.strip()]
        batch = int(document.get("BatchSize", scalars.get("batch_size") or 1))
        alike = {
            "extractBands": tuple(document.get("ExtractBands", range(opened.bands))),
            "fixedTileSize": 0,
            "inheritProperties": contract.INHERITED,
            "inputMask": True,
        }
        return opened, batch, alike

    def _listed(self, *names: str) -> List[Dict[str, Any]]:
        """Parameters of these names, then those that a definition leaves open."""
        document = {} if self._opened is None else self._opened.ecd.document
        more = [] if "BatchSize" in document else ["batch_size"]
        if self._opened is None or not self._opened.scaling_is_known:
            more.append("scaling")
        return contract.parameters("raster", "model", "device", *names, *more)
