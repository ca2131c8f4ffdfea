"""The environment settings that a tool may meet, and the way a running tool is cancelled."""

from __future__ import annotations

from typing import Dict

_SETTINGS: Dict[str, type] = {"autoCancelling": bool, "overwriteOutput": bool}
_READ_ONLY = ("isCancelled",)


class Stopped(BaseException):
    """Stops a tool that left ``autoCancelling`` on: not an Exception, so nothing handles it."""


class GPEnvironment:
    """``arcpy.env``: only what is listed here exists, and types are checked."""

    def __init__(self) -> None:
        vars(self).update(autoCancelling=True, overwriteOutput=False, _cancel=False)

    @property
    def isCancelled(self) -> bool:
        """Whether the person asked to stop; for tools that switched ``autoCancelling`` off."""
        self._checkpoint()
        return self._is_cancelled()

    def __getattr__(self, name: str) -> bool:
        raise AttributeError(f"Environment <{name}> not found")

    def __setattr__(self, name: str, value: object) -> None:
        if name in _READ_ONLY:
            raise NameError(
                f"The attribute '{name}' is not supported on this instance of GPEnvironment."
            )
        if name not in _SETTINGS:
            raise AttributeError(f"Environment <{name}> not found")
        if not isinstance(value, _SETTINGS[name]):
            raise ValueError(f"Environment <{name}> takes {_SETTINGS[name].__name__}: {value!r}")
        vars(self)[name] = value

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"Environment <{name}> can't be deleted")

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
