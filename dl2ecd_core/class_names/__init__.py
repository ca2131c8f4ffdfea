"""Names of classes in texts, whoever wrote them: JSON, YAML, Python's way to print, lines, commas.

Pure functions on texts and on what JSON and YAML make of them, for legends and for what models
carry alike. What is no list of classes gives None; numbers that a text states are never changed.
"""

from __future__ import annotations

from .lines import classes_in_lines
from .named import Form, NamedClass, NamedClasses
from .structures import classes_of
from .texts import LONGEST_TEXT, classes_in, comma_names, python_classes
from .yaml_text import YamlKeyTwice, YamlMissing, YamlUnreadable, classes_in_yaml, load_yaml

__all__ = [
    "LONGEST_TEXT",
    "Form",
    "NamedClass",
    "NamedClasses",
    "YamlKeyTwice",
    "YamlMissing",
    "YamlUnreadable",
    "classes_in",
    "classes_in_lines",
    "classes_in_yaml",
    "classes_of",
    "comma_names",
    "load_yaml",
    "python_classes",
]
