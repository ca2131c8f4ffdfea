"""Facts at a glance, how the definition is used, what was found, and where it all comes from."""

from __future__ import annotations

import json
from pathlib import PurePath, PureWindowsPath
from typing import Any, List, Optional, Tuple

from ...class_info.definitions import is_definition
from ...ecd.content import Ecd, Kind
from ...findings import Finding, in_order
from ...findings.wording import printable
from ...fit.framework_names import FRAMEWORKS
from ...version import __version__
from .elements import Child, foreign, section, tag
from .model import counted_large, padding_of
from .words import size_words

#: Root keys of the .emd vocabulary that people set, with what they mean.
_KEYS = {
    "Framework": "the framework that runs the model",
    "ModelType": "what the result is",
    "ModelConfiguration": "which of Esri\u2019s Python readers runs the model",
    "InferenceFunction": "the Python raster function that runs the model",
    "ModelFile": "where the model lies, seen from the definition",
    "ImageHeight": "rows of a tile",
    "ImageWidth": "columns of a tile",
    "ModelPadding": "pixels cropped on each side",
    "ExtractBands": "which bands of the raster are taken, counted from 0",
    "BatchSize": "tiles at once",
}
_LONGEST_VALUE = 300
_SEVERITIES = {"error": "Error", "warning": "Warning", "information": "Note"}


def base_name(path: str) -> str:
    """The last part of a path of any system."""
    return PureWindowsPath(PurePath(path).name).name or path


def facts(ecd: Ecd) -> Any:
    """The few numbers to know first."""
    height, width = ecd.document.get("ImageHeight"), ecd.document.get("ImageWidth")
    known: List[Tuple[str, Child]] = []
    framework = ecd.document.get("Framework") or ecd.classifier
    if isinstance(framework, str) and framework:
        known.append(("Framework" if ecd.model else "Classifier", foreign(framework)))
    known.append(("Classes", f"{len(ecd.classes):,}"))
    if ecd.band_count is not None:
        known.append(("Bands", f"{ecd.band_count:,}"))
    if isinstance(height, int) and isinstance(width, int):
        known.append(("Tile in pixels", f"{width:,} \u00d7 {height:,}"))
    if isinstance(ecd.model.get("Parameters"), int):
        known.append(("Weights", counted_large(ecd.model["Parameters"])))
    if ecd.files:
        known.append(("Model", size_words(sum(item.size for item in ecd.files))))
    return tag(
        "dl",
        *[tag("div", tag("dt", term), tag("dd", value)) for term, value in known],
        class_="facts",
    )


def usage(ecd: Ecd) -> Any:
    """How the definition can be used, as far as it says; None without a model."""
    if ecd.kind is not Kind.DEEP_LEARNING:
        return None
    rows = []
    for key, meaning in _KEYS.items():
        if key in ecd.document:
            value = ecd.document[key]
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            if len(text) > _LONGEST_VALUE:
                text = text[:_LONGEST_VALUE] + "\u2026"
            name = tag("th", tag("code", key), scope="row")
            rows.append(
                tag("tr", name, tag("td", foreign(text)), tag("td", meaning, class_="soft"))
            )
    head = tag("tr", *[tag("th", word, scope="col") for word in ("Key", "Value", "Meaning")])
    return section(
        "How it is used",
        "usage",
        tag("p", *_sentences(ecd)),
        tag("table", tag("thead", head), tag("tbody", *rows), class_="keys"),
    )


def _sentences(ecd: Ecd) -> List[Child]:
    configuration = ecd.document.get("ModelConfiguration")
    function = ecd.document.get("InferenceFunction")
    said: List[Child] = []
    if isinstance(function, str):
        said += ["ArcGIS runs it with the Python raster function ", foreign(function, "code"), ". "]
    elif isinstance(configuration, str):
        said += ["Its ModelConfiguration is ", foreign(configuration, "code"), ". "]
    elif configuration is None:
        said.append(
            "It names neither ModelConfiguration nor InferenceFunction: none of Esri\u2019s "
            "published readers runs this model as it is, but a Python raster function of your own "
            "can. "
        )
    package = _package(ecd.document.get("Framework"))
    if package is not None:
        said += ["To run the model, Python needs ", tag("code", package), ". "]
    if padding_of(ecd) is not None:
        said.append("Tiles must overlap, since the model crops the border of each.")
    return said


def _package(framework: object) -> Optional[str]:
    for entry in FRAMEWORKS:
        if framework in (entry.name, entry.reader_name):
            return entry.package
    return None


def findings_section(findings: Tuple[Finding, ...]) -> Any:
    """What was found, in plain words."""
    if not findings:
        return section("Findings", "findings", tag("p", "Nothing was found that needs attention."))
    return section("Findings", "findings", tag("ul", *map(_finding, in_order(findings))))


def _finding(item: Finding) -> Any:
    where = item.where
    message = item.message
    place: List[Child] = [tag("code", item.rule)]
    if where.file is not None:
        # The page may be published: folders of this machine are nobody's business.
        name = base_name(where.file)
        message = message.replace(printable(where.file, 400), printable(name, 400))
        place += [" \u00b7 ", foreign(name)]
        if where.line is not None:
            place.append(f", line {where.line}")
    if where.path is not None:
        place += [" \u00b7 ", foreign(where.path, "code")]
    if where.tensor is not None:
        place += [" \u00b7 tensor ", foreign(where.tensor)]
    return tag(
        "li",
        tag("span", _SEVERITIES[item.severity.value], class_="badge"),
        tag("p", message),
        tag("p", item.hint) if item.hint else None,
        tag("p", *place, class_="where"),
        class_=item.severity.value,
    )


def provenance(ecd: Ecd) -> Any:
    """Files with their sizes and digests, the format, and what wrote the definition."""
    said: List[Tuple[str, Child]] = [("Definition", foreign(base_name(ecd.name)))]
    for term, value in (
        ("Model format", ecd.model.get("Format")),
        ("Framework version", ecd.model.get("FrameworkVersion")),
        ("Classifier", ecd.classifier),
    ):
        if isinstance(value, str) and value:
            said.append((term, foreign(value)))
    source = ecd.document.get("ExtraInfo")
    if isinstance(source, dict):
        made = "an Esri model definition (.emd)" if is_definition(source) else "class information"
        said.append(("Made from", made + (" and a model" if ecd.files else "")))
    if ecd.files:
        inside = ecd.storage == "embedded"
        said.append(("Model bytes", "inside the definition" if inside else "in files of their own"))
    generator = ecd.document.get("Generator")
    if isinstance(generator, dict):
        words = " ".join(str(generator[key]) for key in ("Name", "Version") if key in generator)
        said.append(("Written by", foreign(words)))
    files = [_file(item.path, item.size, item.sha256) for item in ecd.files]
    return section(
        "Where it comes from",
        "provenance",
        _pairs(said),
        tag("ul", *files, class_="cards files") if files else None,
    )


def _pairs(said: List[Tuple[str, Child]]) -> Any:
    parts: List[Any] = []
    for term, value in said:
        parts += [tag("dt", term), tag("dd", value)]
    return tag("dl", *parts, class_="pairs")


def _file(path: str, size: int, digest: Optional[str]) -> Any:
    sizes = f"{size_words(size)} ({size:,} bytes)" if size >= 1000 else size_words(size)
    told: List[Tuple[str, Child]] = [("Size", sizes)]
    if digest is not None:
        told.append(("SHA-256", foreign(digest, "code")))
    return tag("li", tag("h3", foreign(path)), _pairs(told))


def footer() -> Any:
    """What made the page."""
    words = f"Made by dl2ecd {__version__}. This page loads nothing and runs nothing."
    return tag("footer", tag("p", words))
