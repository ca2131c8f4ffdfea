"""Rules about writing the output."""

from __future__ import annotations

from typing import Tuple

from ..finding import Rule, Severity

_ERROR, _WARNING, _INFORMATION = Severity.ERROR, Severity.WARNING, Severity.INFORMATION

RULES: Tuple[Rule, ...] = (
    Rule("output-is-folder", _ERROR, "The output is a file, not a folder."),
    Rule("output-is-input", _ERROR, "The output is none of the files that are read."),
    Rule("output-named-twice", _ERROR, "Each output has a place of its own, on every system."),
    Rule("output-ending", _ERROR, "The output's name ends as its kind of file does."),
    Rule("output-ending-added", _INFORMATION, "The output's name has its kind's ending already."),
    Rule("output-is-another-file", _ERROR, "What is replaced is an earlier output of the kind."),
    Rule("cancelled", _ERROR, "The work was not stopped before it was done."),
    Rule("output-folder-missing", _ERROR, "The folder of the output exists."),
    Rule("output-exists", _ERROR, "Commands that never overwrite find no file in their way."),
    Rule("output-not-writable", _ERROR, "The output's folder may be written to."),
    Rule("output-disk-full", _ERROR, "There is room for the output."),
    Rule("model-file-name", _ERROR, "The names of the model's files are possible everywhere."),
    Rule("internal-error", _ERROR, "Nothing happened that the program did not expect."),
    Rule("storage-unknown", _ERROR, "The model's storage is 'embedded' or 'referenced'."),
    Rule("embedding-large", _WARNING, "The embedded model is small enough for Esri's readers."),
)
