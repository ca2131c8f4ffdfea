"""Rules about model definitions (.emd, .dlpk), exports, and legends that are read."""

from __future__ import annotations

from typing import Tuple

from ..finding import Rule, Severity

_ERROR, _WARNING, _INFORMATION = Severity.ERROR, Severity.WARNING, Severity.INFORMATION

RULES: Tuple[Rule, ...] = (
    Rule("definition-not-found", _ERROR, "The document is a model definition."),
    Rule("definition-not-single", _ERROR, "A package holds exactly one model definition (.emd)."),
    Rule("definition-no-model", _ERROR, "The definition names its model, in its own folder."),
    Rule(
        "package-reader-left-out", _WARNING, "A package brings no Python that an .ecd leaves out."
    ),
    Rule("package-file-left-out", _INFORMATION, "A package holds its model and nothing else."),
    Rule("definition-not-referenced", _ERROR, "A model inside a package is embedded."),
    Rule("export-not-possible", _ERROR, "The .ecd holds what the export needs."),
    Rule("export-incomplete", _WARNING, "The export is complete without additions by hand."),
    Rule("export-adjusted", _INFORMATION, "The export's format can hold all that is known."),
    Rule("legend-not-recognised", _ERROR, "A legend is of a known kind and lists classes."),
    Rule("legend-damaged", _ERROR, "A legend keeps to the rules of its kind."),
    Rule("legend-count-differs", _WARNING, "A legend has as many classes as the model."),
    Rule("legend-entry-skipped", _WARNING, "Each entry of a legend has one value of its own."),
    Rule("legend-encoding", _WARNING, "A legend's text says its encoding, or is UTF-8."),
    Rule("legend-color-unread", _WARNING, "A legend's colors are in a form that is read."),
    Rule("legend-columns-guessed", _WARNING, "The columns of a table say what they hold."),
    Rule("legend-values-counted", _INFORMATION, "A legend gives each class its value."),
    Rule("legend-read-beside", _INFORMATION, "A raster holds its classes itself."),
    Rule("legend-completed", _INFORMATION, "A legend gives each class a name and a color."),
)
