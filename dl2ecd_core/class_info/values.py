"""What is wrong with a value, in words: the schema says where, this says what and what to do."""

from __future__ import annotations

import difflib
import json
import re
from functools import lru_cache
from typing import Any, List, NamedTuple, Optional, Tuple

from ..color_text import channels_of
from ..findings.wording import counted, printable, quoted
from ..json_text import UNREADABLE
from ..scaling.steps import STEPS
from .keys import CHANNELS, Key, Kind


class Complaint(NamedTuple):
    """Rule, sentence (without its subject) and hint."""

    rule: str
    says: str
    hint: str


_PLACEHOLDER = re.compile(r"\s*e\.?\s?g\.?(?:[\s,:]|\Z)", re.IGNORECASE)
_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*\Z")
_LONGEST = 48


def whole_number(value: object) -> Optional[int]:
    """The integer that a value is: 4 and 4.0 (as JSON Schema has it), but not true or "4"."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


def quoted_number(value: object) -> Optional[int]:
    """The whole number that a text is, quotes apart; None for anything else."""
    return int(value) if isinstance(value, str) and _NUMBER.match(value) else None


def is_placeholder(value: object) -> bool:
    """Whether a value is an example that nobody replaced, such as "e.g. CNTK"."""
    return isinstance(value, str) and _PLACEHOLDER.match(value) is not None


def shown(value: object) -> str:
    """A value as its document has it, cut short."""
    if isinstance(value, str):
        return f"the text {quoted(value, _LONGEST)}"
    if value is UNREADABLE:
        return "a value that can't be read"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return json.dumps(value) if _is_small(value) else "a huge number"
    if isinstance(value, dict):
        return f"an object with {counted(len(value), 'key')}"
    items: Any = value  # JSON has nothing else
    if len(items) <= 6 and all(_is_short(item) for item in items):
        return printable(json.dumps(items, ensure_ascii=False), 2 * _LONGEST)
    return f"a list of {counted(len(items), 'item')}"


def _is_small(value: object) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and -(10**18) < value < 10**18
    )


def _is_short(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= 20
    return value is None or isinstance(value, bool) or _is_small(value)


def complaint(key: Key, value: object) -> Complaint:
    """Why a value can't be that of a key; the sentence follows the key's name.

    Of a color of three whole numbers only :func:`out_of_range` can tell.
    """
    if is_placeholder(value):
        return Complaint(
            "class-info-placeholder",
            f"still holds the placeholder {quoted(str(value), _LONGEST)}.",
            f"Put the real value there. {_example(key)}".rstrip(),
        )
    if key.kind is Kind.INTEGER:
        return _about_integer(key, value)
    if key.kind is Kind.COLOR:
        return _about_color(key, value)
    if key.kind is Kind.TEXT:
        return _about_text(key, value)
    if key.kind is Kind.CLASSES and value == []:
        return Complaint(
            "class-info-no-classes",
            "is empty: there is no class.",
            f"List each class of the model, in the order of its outputs. {_example(key)}",
        )
    if key.kind is Kind.CLASSES and isinstance(value, dict):
        return Complaint(
            "class-info-wrong-type",
            f"should be {key.kind.value} in square brackets, not {shown(value)}.",
            _example(key),
        )
    if key.kind is Kind.SCALING and isinstance(value, list):
        return _about_steps(key, value)
    return _wrong_type(key, value)


def _example(key: Key) -> str:
    if key.example is None:
        return ""
    return f'Example: "{key.name}": {json.dumps(key.example)}'


def _wrong_type(key: Key, value: object, hint: str = "") -> Complaint:
    if not hint and value is None and not key.required:
        hint = "Leave the key out if there is nothing to say."
        if key in CHANNELS:
            # Without the other two it would only be the next error.
            hint = (
                "Give a number, or leave out all of Red, Green and Blue to get a color from the "
                "palette."
            )
    return Complaint(
        "class-info-wrong-type",
        f"should be {key.kind.value}, not {shown(value)}.",
        hint or _example(key),
    )


def _about_integer(key: Key, value: object) -> Complaint:
    number = whole_number(value)
    if number is None:
        plain = quoted_number(value)
        if plain is not None:
            return _wrong_type(key, value, f"Remove the quotes: {plain}")
        return _wrong_type(key, value)
    if key.constant is not None:
        return Complaint(
            "class-info-wrong-value",
            f"is {shown(number)}; only {key.constant} is known.",
            f'Write "{key.name}": {key.constant}',
        )
    if key.name == "Value":
        return Complaint(
            "class-value-out-of-range",
            f"is {shown(number)}, which no raster can hold.",
            f"Class values lie between {key.minimum:,} and {key.maximum:,}; "
            "best between 0 and 255.",
        )
    if key.minimum is not None and number < key.minimum:
        limit = f"must be at least {key.minimum}"
    else:
        limit = f"must be at most {key.maximum:,}"
    return Complaint("class-info-wrong-value", f"{limit}, but is {shown(number)}.", _example(key))


def _about_text(key: Key, value: object) -> Complaint:
    if not isinstance(value, str):
        # Where only some texts have a meaning, a number in quotes would be none of them.
        quotable = not key.choices and whole_number(value) is not None
        return _wrong_type(key, value, f'Put it in quotes: "{value}"' if quotable else "")
    if key.closed and value.strip():
        return Complaint(
            "class-info-wrong-value",
            f"is {quoted(value, _LONGEST)}; it can only be {_alternatives(key)}.",
            did_you_mean(value, key.choices),
        )
    rule = "class-name-empty" if key.name == "Name" else "class-info-wrong-value"
    return Complaint(rule, "is empty.", _example(key))


def _alternatives(key: Key) -> str:
    return " or ".join(f"'{choice}'" for choice in key.choices)


def _about_color(key: Key, value: object) -> Complaint:
    if isinstance(value, str):
        channels = channels_of(value)
        return _wrong_type(key, value, f"In numbers it is {channels}." if channels else "")
    if not isinstance(value, list):
        return _wrong_type(key, value)
    if len(value) != 3:
        hint = "Leave out the fourth, transparency." if len(value) == 4 else _example(key)
        return Complaint(
            "class-info-wrong-type",
            f"has {counted(len(value), 'number')} instead of three, red, green and blue.",
            hint,
        )
    return _wrong_type(key, value, _from_fractions(value))


def out_of_range(value: object) -> Complaint:
    """The complaint about a channel that is not 0 to 255."""
    return Complaint(
        "class-color-out-of-range",
        f"is {shown(value)}, but red, green and blue go from 0 to 255.",
        "Correct the number, or leave the color out to get one from the palette.",
    )


def _about_steps(key: Key, steps: List[object]) -> Complaint:
    """What is wrong with the first step that the schema does not take."""
    about = ((number, _about_step(step)) for number, step in enumerate(steps, 1))
    number, (says, hint) = next((number, wrong) for number, wrong in about if wrong is not None)
    return Complaint(
        "class-info-wrong-value",
        f"can't be used: step {number} {says}.",
        f"{hint} {_example(key)}".lstrip(),
    )


def _about_step(step: object) -> Optional[Tuple[str, str]]:
    if not isinstance(step, dict):
        return f"is {shown(step)}, not an object with a type and its numbers", ""
    kinds = f"Types are {', '.join(STEPS)}."
    if "type" not in step:
        return "has no type", kinds
    kind = step["type"]
    if not isinstance(kind, str) or kind not in STEPS:
        question = did_you_mean(kind, tuple(STEPS)) if isinstance(kind, str) else ""
        said = quoted(kind, _LONGEST) if isinstance(kind, str) else shown(kind)
        return f"is of the type {said}, which is not known", f"{question} {kinds}".lstrip()
    for name in STEPS[kind]:
        if name not in step:
            return f"of the type '{kind}' has no {name}", f"It takes {' and '.join(STEPS[kind])}."
        given = step[name]
        if not all(map(_is_number, given if isinstance(given, list) and given else [given])):
            return f"has {name} {shown(given)}", "Give a number, or a list with one for each band."
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _from_fractions(channels: List[object]) -> str:
    """What a color of fractions or quoted numbers would be."""
    parts = [part for part in channels if isinstance(part, (int, float)) and 0 <= part <= 1]
    if len(parts) == len(channels) and not any(isinstance(part, bool) for part in parts):
        return f"In steps of 0 to 255 it is {[round(part * 255) for part in parts]}."
    numbers = [quoted_number(part) for part in channels]
    if None not in numbers:
        return f"Remove the quotes: {numbers}"
    return ""


def did_you_mean(word: str, known: Tuple[str, ...]) -> str:
    """A question naming the known word that looks most like this one, or nothing."""
    match = lookalike(word, known)
    return "" if match is None else f"Did you mean '{match}'?"


@lru_cache(maxsize=1024)
def lookalike(word: str, known: Tuple[str, ...]) -> Optional[str]:
    """The known word that an unknown one is probably meant to be."""
    if len(word) > 60 or word in known:
        return None
    plain = {bare(name): name for name in reversed(known)}
    plainly = bare(word)
    if plainly in plain:
        return plain[plainly]
    close = difflib.get_close_matches(plainly, plain, n=1, cutoff=0.75)
    return plain[close[0]] if close else None


def bare(word: str) -> str:
    """A word without what people write differently: capitals, blanks, hyphens, underscores."""
    return re.sub(r"[\s_\-]", "", word).casefold()
