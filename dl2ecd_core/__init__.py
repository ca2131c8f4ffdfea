"""dl2ecd: a deep-learning model and its class information become an Esri classifier definition.

Every command has its function here, and everything that they raise on purpose is a `Dl2EcdError`
with all findings in it::

    from dl2ecd_core import Dl2EcdError, convert

    try:
        done = convert("landcover.model", "classes.json", "landcover.ecd")
    except Dl2EcdError as error:
        for finding in error.findings:
            print(finding)  # severity, rule, what is wrong, what to do, where
    else:
        print(done, "was written,", len(done.findings), "warnings")

The names are imported when first used: opening a dialog must not wait for them. ``classify`` and
``detect`` need the extras ``run`` and ``detect``, once they are called. What their commands take as
``--bands`` and ``--scale``, they take as options::

    classify("scene.tif", "a.ecd", "map.tif", options=ClassifyOptions(scale="scale 10000"))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Dict, List, Tuple

from .version import __version__

if TYPE_CHECKING:
    from .class_info import ClassInfo, read_class_info
    from .conversion import Conversion, convert
    from .definition import convert_definition
    from .ecd.class_information import class_information, write_class_information
    from .ecd.content import Ecd
    from .ecd.extraction import extract
    from .ecd.reader import read_ecd
    from .ecd.verification import verify_ecd
    from .examination import check_model
    from .exports import FORMATS as EXPORT_FORMATS
    from .exports import export
    from .findings import Finding, Place, Severity
    from .findings.errors import (
        Cancelled,
        ClassInfoError,
        ConversionRefused,
        Dl2EcdError,
        EcdFileError,
        ModelFileError,
    )
    from .fixing import Fixed, fixed, write_fixed
    from .legends import Legend, read_legend
    from .models import ModelDescription, inspect_model
    from .progress import Listener
    from .running.building import Options as ClassifyOptions
    from .running.classify import classify
    from .running.detect import DetectOptions, detect
    from .running.maps.report import Classification
    from .running.objects.report import Detection
    from .scripting import DeepLearningModelToEcd
    from .templates import Template, template, write_template

__all__ = [
    "EXPORT_FORMATS",
    "Cancelled",
    "ClassInfo",
    "ClassInfoError",
    "Classification",
    "ClassifyOptions",
    "Conversion",
    "ConversionRefused",
    "DeepLearningModelToEcd",
    "DetectOptions",
    "Detection",
    "Dl2EcdError",
    "Ecd",
    "EcdFileError",
    "Finding",
    "Fixed",
    "Legend",
    "Listener",
    "ModelDescription",
    "ModelFileError",
    "Place",
    "Severity",
    "Template",
    "__version__",
    "check_model",
    "class_information",
    "classify",
    "convert",
    "convert_definition",
    "detect",
    "export",
    "extract",
    "fixed",
    "inspect_model",
    "read_class_info",
    "read_ecd",
    "read_legend",
    "template",
    "verify_ecd",
    "write_class_information",
    "write_fixed",
    "write_template",
]

#: Where names live: those of the core, and those that need an extra.
_CORE: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ("class_info", ("ClassInfo", "read_class_info")),
    ("conversion", ("Conversion", "convert")),
    ("definition", ("convert_definition",)),
    ("ecd.class_information", ("class_information", "write_class_information")),
    ("ecd.content", ("Ecd",)),
    ("ecd.extraction", ("extract",)),
    ("ecd.reader", ("read_ecd",)),
    ("ecd.verification", ("verify_ecd",)),
    ("examination", ("check_model",)),
    ("exports", ("export",)),
    ("findings", ("Finding", "Place", "Severity")),
    (
        "findings.errors",
        (
            "Cancelled",
            "ClassInfoError",
            "ConversionRefused",
            "Dl2EcdError",
            "EcdFileError",
            "ModelFileError",
        ),
    ),
    ("fixing", ("Fixed", "fixed", "write_fixed")),
    ("legends", ("Legend", "read_legend")),
    ("models", ("ModelDescription", "inspect_model")),
    ("progress", ("Listener",)),
    ("scripting", ("DeepLearningModelToEcd",)),
    ("templates", ("Template", "template", "write_template")),
)
_EXTRAS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ("running.classify", ("classify",)),
    ("running.detect", ("DetectOptions", "detect")),
    ("running.objects.report", ("Detection",)),
    ("running.maps.report", ("Classification",)),
)
_HOMES: Dict[str, Tuple[str, str]] = {
    name: (module, name) for module, names in (*_CORE, *_EXTRAS) for name in names
}
_HOMES["EXPORT_FORMATS"] = ("exports", "FORMATS")
_HOMES["ClassifyOptions"] = ("running.building", "Options")


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    value: object = getattr(import_module(f".{module}", __name__), attribute)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted({*globals(), *_HOMES})
