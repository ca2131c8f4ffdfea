"""Classes in YAML: YOLO's data.yaml and whatever else lists names or objects."""

from __future__ import annotations

from ..class_names import YamlKeyTwice, YamlMissing, YamlUnreadable, load_yaml
from ..class_names.yaml_text import looks_like_yaml
from ..findings.wording import REMOVE_ONE, quoted
from .candidate import Candidate
from .entries import Entries
from .json_documents import entries_in


def recognises(candidate: Candidate) -> bool:
    """Whether the first line is one of YAML's."""
    return looks_like_yaml(candidate.start) and candidate.start.lstrip()[:1] not in ("[", "{")


def read(candidate: Candidate) -> Entries:
    """The classes of a YAML document.

    Raises
    ------
    Dl2EcdError
        ``legend-damaged`` when it is no YAML after all, or PyYAML is missing.
    """
    try:
        root = load_yaml(candidate.text)
    except YamlMissing as error:
        raise candidate.unknown(
            f"{quoted(candidate.name, 400)} is YAML, and the Python package PyYAML, which reads "
            "it, is not installed here.",
            "Install it (pip install PyYAML), or write the names into a text file, one a line.",
        ) from error
    except YamlKeyTwice as error:
        raise candidate.damaged(error.message, REMOVE_ONE, line=error.line) from error
    except YamlUnreadable as error:
        raise candidate.damaged(
            f"{quoted(candidate.name, 400)} looks like YAML, but can't be read as such: "
            f"{error.reason}.",
            "Correct the line, or give another kind of file.",
            line=error.line,
        ) from error
    return entries_in(candidate, root, "YAML")
