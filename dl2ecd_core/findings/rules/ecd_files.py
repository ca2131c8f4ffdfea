"""Rules about .ecd files that are read."""

from __future__ import annotations

from typing import Tuple

from ..finding import Rule, Severity

_ERROR, _WARNING, _INFORMATION = Severity.ERROR, Severity.WARNING, Severity.INFORMATION

RULES: Tuple[Rule, ...] = (
    Rule("ecd-not-readable", _ERROR, "The file is JSON text of a size that a reader can take."),
    Rule("ecd-not-an-ecd", _ERROR, "The document bears the signature of a definition file."),
    Rule("ecd-newer-format", _ERROR, "The document is of a format that this version can read."),
    Rule("ecd-not-valid", _ERROR, "The document is as the format's schema says."),
    Rule("ecd-vocabularies-differ", _ERROR, "Root and definition say the same of the classes."),
    Rule("ecd-path-outside", _ERROR, "Files in the document stay inside the model's folder."),
    Rule("ecd-data-damaged", _ERROR, "Embedded bytes are canonical base64 of the stated size."),
    Rule("ecd-digest-differs", _ERROR, "A file's bytes have the stated SHA-256."),
    Rule("ecd-size-differs", _ERROR, "A referenced file has the stated size."),
    Rule("ecd-file-missing", _ERROR, "A referenced file lies where the document says."),
    Rule(
        "ecd-model-not-beside", _WARNING, "The file that Esri's readers open lies where it should."
    ),
    Rule("ecd-model-differs", _ERROR, "The model says what the document says of it."),
    Rule("ecd-classic", _INFORMATION, "The document is for a deep-learning model."),
)
