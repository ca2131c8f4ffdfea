"""The environment settings that a tool may meet, and the way a running tool is cancelled."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Dict, List, Tuple

from ._errors import NotPlayedAttribute

_TEXT = (str, type(None))
#: Settings with the types they take. Those about rasters, extents and maps are kept for tools that
#: look at them; nothing here works by them.
_SETTINGS: Dict[str, Tuple[type, ...]] = {
    "addOutputsToMap": (bool,),
    "autoCancelling": (bool,),
    "overwriteOutput": (bool,),
    **dict.fromkeys(("workspace", "scratchWorkspace"), _TEXT),
    **dict.fromkeys(("extent", "mask", "snapRaster", "outputCoordinateSystem"), _TEXT),
    **dict.fromkeys(("parallelProcessingFactor", "geographicTransformations"), _TEXT),
    **dict.fromkeys(("compression", "nodata", "pyramid", "rasterStatistics"), _TEXT),
    "cellSize": (str, int, float, type(None)),
}
_DEFAULTS: Dict[str, object] = {
    **dict.fromkeys(_SETTINGS),
    "addOutputsToMap": True,
    "autoCancelling": True,
    "overwriteOutput": False,
}
_READ_ONLY = ("isCancelled", "scratchFolder", "scratchGDB")


class Stopped(BaseException):
    """Stops a tool that left ``autoCancelling`` on: not an Exception, so nothing handles it."""


class GPEnvironment:
    """``arcpy.env``: only what is listed here exists, and types are checked."""

    def __init__(self) -> None:
        vars(self).update(_DEFAULTS, _cancel=False)

    @property
    def isCancelled(self) -> bool:
        """Whether the person asked to stop; for tools that switched ``autoCancelling`` off."""
        self._checkpoint()
        return self._is_cancelled()

    @property
    def scratchFolder(self) -> str:
        """A folder for what is not kept, made when it is asked for."""
        above = vars(self)["scratchWorkspace"] or tempfile.gettempdir()
        folder = Path(above, "scratch")
        folder.mkdir(exist_ok=True)
        return str(folder)

    def __getattr__(self, name: str) -> Any:
        raise NotPlayedAttribute(f"The environment setting '{name}'")

    def __setattr__(self, name: str, value: object) -> None:
        if name in _READ_ONLY:
            raise NameError(
                f"The attribute '{name}' is not supported on this instance of GPEnvironment."
            )
        if name not in _SETTINGS:
            raise NotPlayedAttribute(f"The environment setting '{name}'")
        kinds = _SETTINGS[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            names = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
            raise ValueError(f"Environment <{name}> takes {names}: {value!r}")
        vars(self)[name] = value

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"Environment <{name}> can't be deleted")

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __setitem__(self, name: str, value: object) -> None:
        setattr(self, name, value)

    def keys(self) -> List[str]:
        """The names of the settings."""
        return sorted(_SETTINGS)

    def _cancelled(self, wanted: bool) -> None:
        """Ask the running tool to stop, or forget that it was asked."""
        vars(self)["_cancel"] = wanted

    def _is_cancelled(self) -> bool:
        """Whether the running tool was asked to stop."""
        return bool(vars(self)["_cancel"])

    def _checkpoint(self) -> None:
        """Where ArcGIS may end a tool: every call into arcpy, as long as autoCancelling is on."""
        if self._is_cancelled() and vars(self)["autoCancelling"]:
            raise Stopped


env = GPEnvironment()


class EnvManager:
    """``with arcpy.EnvManager(workspace="c:/data"):`` settings for as long as the block lasts."""

    def __init__(self, **settings: object) -> None:
        self._settings = settings
        self._before: Dict[str, object] = {}

    def __enter__(self) -> EnvManager:
        for name, value in self._settings.items():
            self._before[name] = env[name]
            env[name] = value
        return self

    def __exit__(self, *error: object) -> None:
        for name, value in self._before.items():
            env[name] = value


def ClearEnvironment(environment_name: str) -> None:
    """Give a setting its default again."""
    env[environment_name] = _DEFAULTS.get(environment_name)


def ResetEnvironments() -> None:
    """Give every setting its default again."""
    for name, value in _DEFAULTS.items():
        env[name] = value


def ListEnvironments() -> List[str]:
    """The names of the settings that are played here."""
    return env.keys()
