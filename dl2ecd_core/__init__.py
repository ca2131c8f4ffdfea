"""dl2ecd: a deep-learning model and its class information become an Esri classifier definition.

The names below are imported when first used: opening a dialog must not wait for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, List

from .version import __version__

if TYPE_CHECKING:
    from .class_info import read_class_info
    from .conversion import convert
    from .examination import check_model
    from .models import inspect_model
    from .scripting import DeepLearningModelToEcd

__all__ = [
    "DeepLearningModelToEcd",
    "__version__",
    "check_model",
    "convert",
    "inspect_model",
    "read_class_info",
]

_HOMES = {
    "DeepLearningModelToEcd": "scripting",
    "check_model": "examination",
    "convert": "conversion",
    "inspect_model": "models",
    "read_class_info": "class_info",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__})
