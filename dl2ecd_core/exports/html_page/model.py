"""What goes into the model and what comes out, drawn and in words."""

from __future__ import annotations

from typing import Any, List, Optional

from ...color import Color
from ...ecd.content import Ecd
from ...findings.wording import counted
from ..tensors import StoredTensor, class_tensor, stored_tensors
from .colors import color_of
from .drawing import arrow_drawing, input_drawing, model_drawing, output_drawing
from .elements import foreign, section, tag
from .words import EVIDENCE, shape_figures, shape_words

#: Most inputs or outputs that are drawn; the others are told in words.
_MOST_DRAWN = 3


def class_colors(ecd: Ecd) -> List[Color]:
    """The colors of the classes that have one, in order."""
    return [color for color in map(color_of, ecd.classes) if color is not None]


def padding_of(ecd: Ecd) -> Optional[int]:
    """ModelPadding, where the definition has one worth drawing."""
    padding = ecd.document.get("ModelPadding")
    if not isinstance(padding, int) or isinstance(padding, bool):
        return None
    return padding if padding > 0 else None


def model_section(ecd: Ecd) -> Any:
    """The section about the model's inputs and outputs; None without any."""
    inputs, outputs = stored_tensors(ecd, "Inputs"), stored_tensors(ecd, "Outputs")
    if not ecd.model:
        return None
    on = class_tensor(ecd, outputs)
    padding = padding_of(ecd)
    flow = tag(
        "div",
        tag(
            "div",
            *[
                _figure(input_drawing(item), item, shape_words(item, _input_channel(item)))
                for item in inputs[:_MOST_DRAWN]
            ],
            _unknown("What goes in is not known") if not inputs else None,
        ),
        arrow_drawing(),
        tag("div", _model_figure(ecd)),
        arrow_drawing(),
        tag(
            "div",
            *[
                _figure(
                    output_drawing(
                        item,
                        class_colors(ecd) if item is on else [],
                        padding if item is on else None,
                    ),
                    item,
                    shape_words(item, "class" if item is on else "channel"),
                    None
                    if padding is None or item is not on
                    else f"{counted(padding, 'pixel')} cropped on each side",
                )
                for item in outputs[:_MOST_DRAWN]
            ],
            _unknown("What comes out is not known") if not outputs else None,
        ),
        class_="flow",
    )
    cards = [_card("Input", item, _input_channel(item)) for item in inputs]
    cards += [_card("Output", item, "class" if item is on else "channel") for item in outputs]
    return section(
        "What goes in, what comes out",
        "model",
        flow,
        tag("ul", *cards, class_="cards") if cards else None,
    )


def _input_channel(tensor: StoredTensor) -> str:
    """What a channel of an input is called: images have bands."""
    return "band" if tensor.is_spatial else "channel"


def _named(tensor: StoredTensor) -> Any:
    return foreign(tensor.name) if tensor.name else tag("span", "(unnamed)")


def _figure(drawing: Any, tensor: StoredTensor, words: str, more: Optional[str] = None) -> Any:
    return tag(
        "figure",
        drawing,
        tag(
            "figcaption",
            tag("strong", _named(tensor), class_="text"),
            tag("span", words),
            tag("span", more) if more else None,
        ),
    )


def _unknown(words: str) -> Any:
    return tag("figure", tag("figcaption", tag("strong", words)))


def _model_figure(ecd: Ecd) -> Any:
    framework = ecd.document.get("Framework")
    parameters = ecd.model.get("Parameters")
    return tag(
        "figure",
        model_drawing(),
        tag(
            "figcaption",
            tag("strong", foreign(framework) if isinstance(framework, str) else "Model"),
            tag("span", f"{counted_large(parameters)} weights") if _whole(parameters) else None,
        ),
    )


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def counted_large(number: object) -> str:
    """A large number with its thousands apart."""
    return f"{number:,}" if isinstance(number, int) else str(number)


def _card(kind: str, tensor: StoredTensor, channel: str) -> Any:
    pairs: List[Any] = []
    for term, words in (
        ("Shape", tag("span", shape_words(tensor, channel))),
        ("In numbers", tag("span", shape_figures(tensor))),
        ("Known from", tag("span", EVIDENCE[tensor.evidence])),
        ("Values", foreign(tensor.data_type) if tensor.data_type else tag("span", "type unknown")),
    ):
        pairs += [tag("dt", term), tag("dd", words)]
    return tag(
        "li",
        tag("span", kind, class_="kind"),
        tag("h3", _named(tensor), class_="text"),
        tag("dl", *pairs, class_="pairs"),
    )
