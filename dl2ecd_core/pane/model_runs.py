"""The tools that run a definition on a raster: what the toolbox hands them to.

What running needs is an extra that ArcGIS Pro does not bring; without it the tools say so.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import dataclass, replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from ..findings import Finding, Severity
from ..findings.errors import Dl2EcdError
from ..findings.wording import counted
from . import dialog
from .arcgis import Arcpy, Messages, Parameter, text_of
from .execution import PaneListener, said_done, watched
from .preview import Known, examiner
from .proposal import proposed_beside
from .speech import NOT_YET_CHECKED, sentence, surprise

if TYPE_CHECKING:
    from ..running.maps.report import Classification
    from ..running.objects.report import Detection

#: Where the parameters lie that both tools have.
RASTER, MODEL, OUTPUT, BANDS, SCALING = range(5)


@dataclass(frozen=True)
class Tool:
    """A tool that runs a definition.

    Attributes
    ----------
    needs
        The modules that it imports, with the names under which they are installed.
    extras
        What brings them.
    endings
        Of its output; the first is proposed.
    added
        To the raster's name, for the proposal.
    doing
        What it does, as the beginning of a sentence.
    """

    needs: Tuple[Tuple[str, str], ...]
    extras: str
    endings: Tuple[str, ...]
    added: str
    doing: str


_RUN = (("numpy", "numpy"), ("onnxruntime", "onnxruntime"), ("rasterio", "rasterio"))
_DETECT = (*_RUN, ("shapely", "shapely"), ("pyogrio", "pyogrio"))
CLASSIFY = Tool(_RUN, "run", (".tif", ".tiff"), "_classified", "Classifying")
DETECT = Tool(_DETECT, "run,detect", (".gpkg", ".geojson"), "_objects", "Detecting")


#: The command line's options, which findings name, by the tools' labels.
_LABELS = {
    "bands": "Bands",
    "scale": "Scaling",
    "nodata": "Value For No Data",
    "threshold": "Threshold",
    "score": "Lowest Score",
    "overlap": "Overlap",
}
_OPTION = re.compile(rf"--({'|'.join(_LABELS)})\b")


def in_pane(finding: Finding) -> str:
    """A finding with the labels of the pane in place of the command line's options.

    Examples
    --------
    >>> from dl2ecd_core.findings.rules import finding
    >>> in_pane(finding("scaling-unknown", "Nothing says it.", hint="Give --scale."))
    '[scaling-unknown] Nothing says it. Give Scaling.'
    """
    if finding.rule == "model-is-program":
        hint = (
            "Such models run in a terminal alone, if you know where they come from: dl2ecd "
            "classify --trust-model. Or export it to ONNX where it was made."
        )
        finding = replace(finding, hint=hint)
    return _with_labels(sentence(finding))


def _with_labels(text: str) -> str:
    return _OPTION.sub(lambda found: _LABELS[found.group(1)], text)


def missing(tool: Tool) -> Optional[str]:
    """What keeps a tool from running, and how to mend it; None when nothing does."""
    absent = [name for module, name in tool.needs if not _is_there(module)]
    if not absent:
        return None
    return (
        f"{tool.doing} needs {', '.join(absent)}, which ArcGIS Pro does not bring: "
        f"{'it is' if len(absent) == 1 else 'they are'} missing from {sys.prefix}. Clone the "
        f"environment (Project > Package Manager), then in its command prompt: "
        f"pip install {' '.join(absent)} (the extra [{tool.extras}] of dl2ecd). Restart ArcGIS Pro."
    )


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def update_run_parameters(tool: Tool, parameters: Sequence[Parameter]) -> None:
    """Propose the output's name from the raster's, as long as the person has set none."""
    try:
        raster, model, output = parameters[:3]
        ending = f"{tool.added}{tool.endings[0]}"
        dialog.propose(raster, model, output, proposed_beside(text_of(raster), ending))
    except Exception:
        # A proposal is a convenience: without it the person types a name.
        return


def update_run_messages(tool: Tool, parameters: Sequence[Parameter]) -> None:
    """Show beside the parameters what is wrong, as far as it is known by now."""
    lacking = missing(tool)
    if lacking is not None:
        parameters[RASTER].setErrorMessage(lacking)
        return
    try:
        raster = _shown(parameters[RASTER], "raster", _read_raster)
        model = _shown(parameters[MODEL], "definition", _read_definition)
        _show_output(tool, parameters[OUTPUT])
        _show_bands(parameters[BANDS], raster, model)
        _show_scaling(parameters[SCALING], model)
    except Exception as error:
        dialog.say(parameters[RASTER], Severity.WARNING, _surprise(tool, error))


def run_model(
    tool: Tool, arcpy: Arcpy, parameters: Sequence[Parameter], messages: Messages
) -> bool:
    """Run the definition on the raster, and say all that there is to say.

    Returns
    -------
    bool
        False when there is no output; the reason has been said.
    """
    lacking = missing(tool)
    if lacking is not None:
        messages.addErrorMessage(lacking)
        return False

    def work() -> bool:
        function = _classified if tool is CLASSIFY else _detected
        report = said_done(
            arcpy, parameters, messages, parameters[OUTPUT],
            lambda listener, overwrite: function(parameters, listener, overwrite), in_pane,
        )  # fmt: skip
        if report is None:
            return False
        for line in _lines(report):
            messages.addMessage(line)
        return True

    return watched(arcpy, messages, work, "Opening the model", lambda error: _surprise(tool, error))


def _surprise(tool: Tool, error: BaseException) -> str:
    return surprise(error, tool.doing, f"Install it with: pip install 'dl2ecd[{tool.extras}]'")


def _asked(parameters: Sequence[Parameter]) -> Dict[str, Any]:
    """What both tools are asked for beside their files."""
    from ..running.inputs.bands import bands_asked

    bands, scaling = text_of(parameters[BANDS]), text_of(parameters[SCALING])
    return {"bands": bands_asked(bands) if bands else None, "scale": _steps(scaling)}


def _steps(text: str) -> List[str]:
    return [step.strip() for step in text.split(";") if step.strip()]


def _number(parameter: Parameter) -> Optional[float]:
    text = text_of(parameter)
    return float(text) if text else None


def _classified(
    parameters: Sequence[Parameter], listener: PaneListener, overwrite: bool
) -> Classification:
    from ..running.building import Options
    from ..running.classify import classify

    nodata, threshold = map(_number, parameters[5:7])
    options = Options(
        **_asked(parameters), nodata=None if nodata is None else int(nodata), threshold=threshold
    )
    paths = map(text_of, parameters[:3])
    return classify(*paths, options=options, overwrite=overwrite, messages=listener)


def _detected(
    parameters: Sequence[Parameter], listener: PaneListener, overwrite: bool
) -> Detection:
    from ..running.detect import DetectOptions, detect

    score, overlap = map(_number, parameters[5:7])
    asked: Dict[str, Any] = {} if score is None else {"score": score}
    options = DetectOptions(
        **_asked(parameters), **asked, overlap=None if overlap is None else int(overlap)
    )
    paths = map(text_of, parameters[:3])
    return detect(*paths, options=options, overwrite=overwrite, messages=listener)


def _lines(report: Union[Classification, Detection]) -> List[str]:
    """What a run did, for its record."""
    told = report.as_dict()
    lines = [
        _with_labels(
            f"Run by {report.runtime}; {report.bands}; pixel values scaled: {report.scaling}."
        )
    ]
    for item in told["classes"]:
        found = (
            counted(item["objects"], "object")
            if "objects" in item
            else counted(item["pixels"], "pixel")
        )
        lines.append(f"{item['value']} {item['name']}: {found}")
    return [*lines, f"Written: {report}"]


def _shown(
    parameter: Parameter, kind: str, read: Callable[[str], Known[object]]
) -> Optional[object]:
    """What a file is, with its findings shown beside the parameter; None where not known yet."""
    path = dialog.readable(parameter)
    if not path:
        return None
    known = examiner.look(kind, path, read)
    dialog.show(parameter, known, [], "" if known else NOT_YET_CHECKED)
    return None if known is None else known.subject


def _read_raster(path: str) -> Known[object]:
    from ..running.rasters.rasterio_library import RasterioLibrary
    from ..running.rasters.scene import opened_scene

    try:
        with opened_scene(path, RasterioLibrary()) as scene:
            return Known(tuple(scene.band_names))
    except Dl2EcdError as error:
        return Known(None, error.findings)
    except Exception as error:
        return Known(surprise=surprise(error, "Reading the raster"))


def _read_definition(path: str) -> Known[object]:
    from ..running.opening import described

    try:
        ecd = described(path)
    except Dl2EcdError as error:
        return Known(None, error.findings)
    except Exception as error:
        return Known(surprise=surprise(error, "Reading the definition"))
    return Known(ecd, tuple(ecd.findings))


def _show_output(tool: Tool, parameter: Parameter) -> None:
    path = text_of(parameter)
    pure = PureWindowsPath(path) if PureWindowsPath(path).drive else PurePosixPath(path)
    if path and pure.suffix.lower() not in tool.endings:
        example = f"{pure.stem or 'result'}{tool.endings[0]}"
        dialog.say(
            parameter,
            Severity.ERROR,
            f"The output's name must end in {' or '.join(tool.endings)}, for example '{example}'.",
        )


def _show_bands(parameter: Parameter, names: Optional[Any], ecd: Optional[Any]) -> None:
    from ..running.inputs.bands import bands_asked, chosen_bands

    if names is None or ecd is None or ecd.band_count is None:
        return
    text = text_of(parameter)
    try:
        chosen_bands(
            ecd.document, ecd.band_count, names, "the raster",
            asked=bands_asked(text) if text else None,
        )  # fmt: skip
    except Dl2EcdError as error:
        dialog.say(parameter, Severity.ERROR, "\n".join(map(in_pane, error.findings)))


def _show_scaling(parameter: Parameter, ecd: Optional[Any]) -> None:
    from ..scaling.steps import WrongScaling, parse_step

    bands = 0 if ecd is None else ecd.band_count or 0
    for step in _steps(text_of(parameter)) if bands else ():
        try:
            parse_step(step, bands)
        except WrongScaling as error:
            dialog.say(parameter, Severity.ERROR, f"'{step}' can't be used: {error}.")
