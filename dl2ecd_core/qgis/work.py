"""What the algorithms do, said through Processing's feedback; nothing here needs QGIS."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from ..conversion import convert
from ..ecd.content import Ecd, EcdClass, Kind
from ..ecd.reader import read_ecd
from ..ecd.verification import verify_ecd
from ..exports import export, placed
from ..files.output import whole_file
from ..files.replacing import OutputKind, check_replaceable
from ..findings import errors_in
from ..findings.errors import Cancelled, Dl2EcdError
from ..findings.wording import pixels_text, printable
from ..fit.guesses import likely_bands, likely_classes
from ..json_text import read_json
from ..models import ModelDescription, inspect_model
from ..models.facts import facts_of, names_of
from ..pane.speech import CANCELLED, model_line, surprise
from ..running.building import Options
from ..running.classify import classify
from ..running.detect import detect
from ..running.inputs.bands import Wanted as Bands
from ..running.inputs.bands import bands_asked
from ..running.maps.report import Classification
from ..running.objects.detector import IOU, SCORE, DetectOptions
from ..running.objects.reading import AskedReading
from ..running.objects.report import Detection
from ..running.rasters.georeference import Extent
from ..running.rasters.layer_library import LayerLibrary
from ..running.rasters.raster_library import RasterLibrary
from .reporting import Failure, Feedback, FeedbackListener, failure, in_qgis
from .requirements import REINSTALL


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turn every way in which work ends early into a :class:`Failure` with a sentence.

    Parameters
    ----------
    doing
        What fails, as the start of a sentence, should nobody have expected it.
    """
    try:
        yield
    except Failure:
        raise
    except Cancelled as error:
        raise Failure(CANCELLED) from error
    except Dl2EcdError as error:
        raise failure(error.findings) from error
    except Exception as error:
        raise Failure(surprise(error, doing, REINSTALL)) from error


def convert_model(model: str, class_info: str, ecd: str, feedback: Feedback) -> None:
    """Convert as every door does.

    Raises
    ------
    Failure
        When there is no output; so of all functions here.
    """
    with told("The conversion"):
        conversion = convert(model, class_info, ecd, messages=FeedbackListener(feedback))
        # Whatever was converted has a model; the type alone leaves that open.
        if conversion.examination.model is not None:  # pragma: no branch
            feedback.pushInfo(model_line(conversion.examination.model))
        feedback.pushInfo(f"Written: {printable(ecd, 400)}")


def inspect(model: str, report: str, feedback: Feedback) -> Dict[str, object]:
    """Say what a model says about itself, and write it as JSON where a report is wanted.

    Returns
    -------
    dict
        FORMAT and FRAMEWORK, and BANDS and CLASSES where the model tells them.
    """
    with told("Inspecting the model"):
        description = inspect_model(model)
        for line in model_lines(description):
            feedback.pushInfo(line)
        listener = FeedbackListener(feedback)
        listener.all_found(description.findings)
        if report:
            _write_report(description, report)
            feedback.pushInfo(f"Written: {printable(report, 400)}")
        if errors_in(description.findings):
            raise failure(description.findings)
        known: Dict[str, object] = {
            "FORMAT": description.format,
            "FRAMEWORK": description.framework,
            "BANDS": likely_bands(description),
            "CLASSES": likely_classes(description),
        }
        return {key: value for key, value in known.items() if value is not None}


def model_lines(model: ModelDescription) -> List[str]:
    """All that is known of a model, a line each."""
    lines = [model_line(model)]
    lines += [f"{name}: {value}" for name, value in facts_of(model)]
    lines += [f"Class names in the {source}: {names}" for source, names in names_of(model)]
    lines += [f"Missing file: {printable(path, 400)}" for path in model.missing_files]
    return lines


def _is_report(path: Path) -> bool:
    value = read_json(path).value
    return isinstance(value, dict) and {"format", "framework", "findings"} <= set(value)


#: What inspecting writes.
REPORT = OutputKind("report on a model", (".json",), _is_report)


def _write_report(model: ModelDescription, report: str) -> None:
    check_replaceable(Path(report), REPORT, [part.location for part in model.files])
    with whole_file(report) as output:
        output.write(json.dumps(model.as_dict(), indent=2).encode("ascii") + b"\n")


def verify(ecd: str, feedback: Feedback) -> None:
    """Say whether an .ecd is still what it was made as."""
    with told("Verifying the classifier definition"):
        listener = FeedbackListener(feedback)
        content, findings = verify_ecd(ecd, listener)
        listener.all_found(findings)
        if errors_in(findings):
            raise failure(findings)
        if content is not None and content.kind is Kind.DEEP_LEARNING:
            feedback.pushInfo(f"{printable(ecd, 400)} is whole, and the model is what it says.")


def export_ecd(
    ecd: str, format_name: str, out: Optional[str], feedback: Feedback
) -> Tuple[Ecd, Optional[str]]:
    """Write an .ecd's content in another format, unless no file is wanted.

    Returns
    -------
    tuple
        What the .ecd says, for styling a layer; and the file that was written.
    """
    with told("The export"):
        content = read_ecd(ecd)
        listener = FeedbackListener(feedback)
        listener.all_found(content.findings)
        if not out:
            return content, None
        listener.all_found(export(content, format_name, out, listener))
        written = str(placed(format_name, Path(out)))
        feedback.pushInfo(f"Written: {printable(written, 400)}")
        return content, written


def style_file(content: Ecd, folder: Path) -> Path:
    """A QGIS style with the definition's names and colors, for a layer to load."""
    with told("Styling the layer"):
        target = folder / "classes.qml"
        export(content, "qml", target)
        return target


@dataclass(frozen=True)
class Wanted:
    """What a person asks for beside scene, definition and map; None and empty where they don't.

    Attributes
    ----------
    bands, scaling
        As typed.
    extent
        West, south, east and north in the scene's coordinate system.
    aoi
        A file of polygons.
    probabilities
        A second raster to write.
    """

    bands: str = ""
    scaling: str = ""
    extent: Optional[Extent] = None
    aoi: str = ""
    device: str = "cpu"
    nodata: Optional[int] = None
    threshold: Optional[float] = None
    probabilities: str = ""
    overwrite: bool = False


def classify_scene(
    scene: str,
    definition: str,
    raster: str,
    wanted: Wanted,
    feedback: Feedback,
    library: Optional[RasterLibrary] = None,
) -> Ecd:
    """Classify a raster.

    Returns
    -------
    Ecd
        The classes, for styling the map.
    """
    with told("The classification"):
        done = classify(
            scene,
            definition,
            raster,
            options=Options(
                _listed(wanted.bands), _steps(wanted.scaling), wanted.nodata, wanted.threshold
            ),
            probabilities=wanted.probabilities or None,
            extent=wanted.extent,
            aoi=wanted.aoi or None,
            device=wanted.device,
            overwrite=wanted.overwrite,
            messages=FeedbackListener(feedback),
            library=library,
        )
        for line in map_lines(done):
            feedback.pushInfo(line)
        classes = tuple(EcdClass(item.value, item.name, item.color) for item in done.classes)
        return Ecd(definition, Kind.DEEP_LEARNING, {}, None, classes)


def _listed(text: str) -> Optional[Bands]:
    """Names or numbers with commas; None where there are none."""
    return bands_asked(text) if text.strip() else None


def _steps(text: str) -> List[str]:
    return [step.strip() for step in text.split(";") if step.strip()]


@dataclass(frozen=True)
class WantedObjects:
    """What a person asks for beside scene, definition and layer; as :class:`Wanted`.

    Attributes
    ----------
    classes
        Names or values, as typed.
    reading
        What is said of the model's outputs.
    """

    bands: str = ""
    scaling: str = ""
    extent: Optional[Extent] = None
    aoi: str = ""
    device: str = "cpu"
    score: float = SCORE
    iou: float = IOU
    classes: str = ""
    overlap: Optional[int] = None
    reading: AskedReading = field(default_factory=AskedReading)
    overwrite: bool = False


def detect_scene(
    scene: str,
    definition: str,
    layer: str,
    wanted: WantedObjects,
    feedback: Feedback,
    library: Optional[RasterLibrary] = None,
    layers: Optional[LayerLibrary] = None,
) -> Path:
    """Find the objects of a raster.

    Returns
    -------
    Path
        The layer's style.
    """
    with told("Detecting objects"):
        done = detect(
            scene,
            definition,
            layer,
            options=DetectOptions(
                _listed(wanted.bands),
                _steps(wanted.scaling),
                wanted.score,
                wanted.iou,
                _listed(wanted.classes) or (),
                wanted.overlap,
                wanted.reading,
            ),
            extent=wanted.extent,
            aoi=wanted.aoi or None,
            device=wanted.device,
            overwrite=wanted.overwrite,
            messages=FeedbackListener(feedback),
            library=library,
            layers=layers,
        )
        for line in layer_lines(done):
            feedback.pushInfo(line)
        return Path(layer).with_suffix(".qml")


def layer_lines(done: Detection) -> List[str]:
    """What was written, and how many objects each class has."""
    lines = []
    for item in done.classes:
        span = "" if item.scores is None else f" ({item.scores[0]:.2f} to {item.scores[1]:.2f})"
        lines.append(f"{item.value}  {printable(item.name, 80)}: {item.objects:,}{span}")
    return [
        in_qgis(
            f"Run by {done.runtime}; {done.bands}; scaling: {done.scaling}; read as {done.reading}"
        ),
        *lines,
        f"Written: {printable(done.layer, 400)}",
    ]


def map_lines(done: Classification) -> List[str]:
    """What was written, and how much of it each class has."""
    total = max(done.pixels, 1)
    lines = [
        f"{item.value}  {printable(item.name, 80)}: {pixels_text(item.pixels)} "
        f"({item.pixels / total:.1%})"
        for item in done.classes
    ]
    if done.background is not None:
        lines.append(f"{done.background[0]}  background: {pixels_text(done.background[1])}")
    if done.nodata[1]:
        lines.append(f"{done.nodata[0]}  no data: {pixels_text(done.nodata[1])}")
    return [
        in_qgis(f"Run by {done.runtime}; {done.bands}; scaling: {done.scaling}"),
        *lines,
        f"Written: {printable(done.raster, 400)}",
    ]
