"""Darknet's network configuration (.cfg): sections with options, one per layer.

As ``read_cfg`` in src/parser.c of https://github.com/pjreddie/darknet reads it: blanks don't
count, lines that begin with ``#`` or ``;`` are comments, the first of two equal options wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Tuple

from ...findings.errors import ModelFileError
from ...network.names import operators
from ...wire.source import ByteSource

LARGEST_CONFIG = 4 * 1024 * 1024
MOST_LAYERS = 5000
MOST_OPTIONS = 200_000
_NUMBER = re.compile(r"[+-]?\d{1,9}")
_FRACTION = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,2})?")


@dataclass
class Section:
    """One ``[section]``."""

    kind: str
    options: Dict[str, str] = field(default_factory=dict)

    def whole(self, key: str, default: int) -> int:
        """A whole number, read from the start of the value as C's ``atoi`` does."""
        match = _NUMBER.match(self.options.get(key, ""))
        return int(match.group()) if match else default

    def number(self, key: str, default: float) -> float:
        """A number, read from the start of the value as C's ``atof`` does."""
        match = _FRACTION.match(self.options.get(key, ""))
        return float(match.group()) if match else default

    def text(self, key: str, default: str) -> str:
        """A word, in small letters."""
        return self.options.get(key, default).lower()

    def has(self, key: str) -> bool:
        """Whether an option is set to anything but 0."""
        return key in self.options and self.options[key] != "0"

    def wholes(self, key: str) -> Tuple[int, ...]:
        """Numbers separated by commas."""
        found: List[int] = []
        for part in self.options.get(key, "").split(",")[:MOST_LAYERS]:
            match = _NUMBER.match(part)
            if match:
                found.append(int(match.group()))
        return tuple(found)

    def numbers(self, key: str) -> Tuple[float, ...]:
        """Numbers separated by commas, with or without decimals."""
        parts = self.options.get(key, "").split(",")[:MOST_LAYERS]
        matches = (_FRACTION.match(part.strip()) for part in parts)
        return tuple(float(match.group()) for match in matches if match)


def read_config(source: ByteSource) -> Tuple[Section, ...]:
    """All sections; the first is ``[net]``.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when it is no configuration, ``model-too-complex`` beyond the limits.
    """
    if source.size > LARGEST_CONFIG:
        raise _too_complex(source, f"{source.size} bytes", LARGEST_CONFIG)
    text = source.read(0, source.size, "the configuration").decode("utf-8-sig", "replace")
    sections: List[Section] = []
    options = 0
    for line in re.split(r"[\r\n]+", text):
        content = re.sub(r"[ \t]+", "", line)
        if not content or content[0] in "#;\0":
            continue
        if content[0] == "[":
            sections.append(Section(content.strip("[]").lower()[:64]))
            if len(sections) > MOST_LAYERS:
                raise _too_complex(source, "more layers than usual", MOST_LAYERS)
            continue
        key, equals, value = content.partition("=")
        options += 1
        if options > MOST_OPTIONS:
            raise _too_complex(source, "more options than usual", MOST_OPTIONS)
        if equals and sections:
            sections[-1].options.setdefault(key, value)
    if not sections or sections[0].kind not in ("net", "network"):
        raise source.damaged(
            0,
            f"'{source.name}' is not a Darknet configuration: it does not begin with [net].",
            hint="Put the .cfg that the weights were trained with beside them.",
        )
    return tuple(sections)


def is_config(source: ByteSource) -> bool:
    """Whether a file looks like a configuration: [net] first, a known layer after it."""
    text = source.read_up_to(0, 65536)
    if b"\0" in text:
        return False
    kinds = [
        kind.decode("ascii", "replace").lower()
        for kind in re.findall(rb"^[ \t]*\[([\w ]{1,40})\]", text, re.MULTILINE)
    ]
    return len(kinds) > 1 and kinds[0] in ("net", "network") and kinds[1] in _FIRST_LAYERS


# What a network may begin with; other files with a [net] section go on differently.
_FIRST_LAYERS = operators(
    "convolutional conv connected conn crop maxpool max local dropout rnn gru lstm crnn reorg "
    "avgpool avg batchnorm deconvolutional"
)


def _too_complex(source: ByteSource, what: str, most: int) -> ModelFileError:
    return ModelFileError(
        "model-too-complex",
        f"The configuration '{source.name}' has {what}; at most {most} are read.",
        file=source.name,
    )


def text_lines(source: ByteSource, most_bytes: int) -> Optional[List[str]]:
    """The lines of a short text file without empty ones at its end; None when it is too long."""
    if source.size > most_bytes:
        return None
    text = source.read(0, source.size).decode("utf-8-sig", "replace")
    lines = [line.rstrip("\r") for line in text.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines
