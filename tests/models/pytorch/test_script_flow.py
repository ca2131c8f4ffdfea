"""Channels on their way through TorchScript's code, written as PyTorch 2.13 writes it."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Tuple

import pytest

from dl2ecd_core.models import Evidence, inspect_model
from dl2ecd_core.models.pytorch import script_flow
from dl2ecd_core.models.pytorch.script_flow import Channels, Told, told_by_code
from dl2ecd_core.models.pytorch.weights import Weight
from tests.conftest import FIXTURES

ROOT = "__torch__.Net"
CONV = "__torch__.torch.nn.modules.conv.Conv2d"
NOTHING = Told(None, None)


def convolution(groups: int = 1) -> str:
    return f"""
  __parameters__ = ["weight", "bias", ]
  weight : Tensor
  def forward(self: {CONV},
    input: Tensor) -> Tensor:
    bias = self.bias
    weight = self.weight
    _0 = torch._convolution(input, weight, bias, [1, 1], [1, 1], [1, 1], False, [0, 0], {groups}, False, False, True, True)
    return _0
"""  # noqa: E501


def network(*lines: str, more: str = "", signature: str = "x: Tensor") -> Dict[str, str]:
    """The code of a network that has a convolution ``c`` and then ``o``."""
    statements = "".join(f"    {line}\n" for line in lines)
    root = f"""
  __parameters__ = []
  c : {CONV}
  __annotations__["0"] = {CONV}
  def forward(self: {ROOT},
    {signature}) -> Tensor:
    c = self.c
    o = getattr(self, "0")
{statements}{more}"""
    return {ROOT: root, CONV: convolution()}


def weights(taken: int, given: int = 2, groups: int = 1) -> List[Weight]:
    return [
        Weight("c.weight", (8, taken // groups, 3, 3)),
        Weight("c.bias", (8,)),
        Weight("0.weight", (given, 8 // groups, 1, 1)),
        Weight("f.weight", (7, 8)),
        Weight("t.weight", (8, 6, 2, 2)),
    ]


def told(*lines: str, taken: int = 4) -> Told:
    return told_by_code(network(*lines), ROOT, weights(taken))


END = "return (o).forward(torch.relu((c).forward(input, )), )"


def bands(*lines: str, taken: int) -> Optional[int]:
    return told(*lines, END, taken=taken).bands


class TestTheFirstConvolution:
    @pytest.mark.parametrize(
        ("lines", "taken", "expected"),
        [
            (["input = torch.div(x, CONSTANTS.c0)"], 4, 4),
            (["input = torch.sub(torch.div(x, CONSTANTS.c0), 0.5)"], 4, 4),
            (["input = torch.cat([x, torch.slice(x, 1, 0, 1)], 1)"], 5, 4),
            (["input = torch.cat([x, x], 1)"], 8, 4),
            (["input = torch.slice(torch.slice(x, 0, 0, 9223372036854775807), 1, 1, "
              "9223372036854775807)"], 3, 4),
            (["_0 = torch.slice(x, 1, 3, 4)", "_1 = torch.slice(x, 1, 0, 1)",
              "_2 = torch.div(torch.sub(_0, _1), torch.add(torch.add(_0, _1), CONSTANTS.c0))",
              "input = torch.cat([x, _2], 1)"], 5, 4),
            (["input = torch.mul(x, torch.slice(x, 1, 0, 1))"], 4, 4),
            (["input = torch.slice(x, 2, 0, 8, 2)"], 4, 4),
        ],
    )  # fmt: skip
    def test_tells_the_bands(
        self, lines: Sequence[str], taken: int, expected: Optional[int]
    ) -> None:
        assert bands(*lines, taken=taken) == expected

    @pytest.mark.parametrize(
        ("lines", "taken"),
        [
            (["input = torch.permute(x, [0, 3, 1, 2])"], 4),
            (["input = torch.slice(x, 1, 0, 3)"], 3),
            (["input = torch.mean(x, [1], True)"], 1),
            (["input = torch.index(x, [None, CONSTANTS.c0])"], 3),
            (["input = torch.cat([x, x], 2)"], 4),
            (["input = torch.cat([x, CONSTANTS.c0], 1)"], 5),
            (["input = torch.cat([x, x], 1)"], 5),
            (["input = torch.cat([x, torch.slice(x, 1, 0, 4)], 1)"], 4),
            (["input = torch.slice(x, 1, -3, 9223372036854775807)"], 3),
            (["input = torch.slice(x, 1, 0, 9223372036854775807, 2)"], 2),
            (["input = torch.slice(x, 1, n, 4)"], 3),
            (["input = torch.slice(x, 4, 0, 4)"], 4),
            (["input = torch.slice(x, 1, 4, 4)"], 4),
            (["input = torch.add(x, torch.cat([x, x], 1))"], 4),
            (["input = torch.add(x, unknown)"], 4),
            (["input = ops.image.read(x)"], 4),
            (["input = annotate(Tensor, x)"], 4),
            (["input = x.data.more"], 4),
            (["input = torch.relu(x"], 4),
            (["input = (x"], 4),
            (["input = )"], 4),
            (["input = torch.relu(x, ,)"], 4),
            (["input = torch.relu(x y)"], 4),
            (["input = torch.relu(x) x"], 4),
            (["input = torch.(x)"], 4),
            (["input = {x}"], 4),
            (["input = torch.cat(x, 1)"], 4),
            (["input = " + "(" * 40 + "x" + ")" * 40], 4),
            (["input = torch.relu(" + "0, " * 3000 + "x)"], 4),
            (["if bool(x):", "  input = x"], 4),
            (["input = (self).missing(x, )"], 4),
            (["input = (x).forward(x, )"], 4),
            (["input = getattr(x, 0)"], 4),
            (["input = torch.relu"], 4),
        ],
    )
    def test_leaves_open_what_is_not_certain(self, lines: Sequence[str], taken: int) -> None:
        assert bands(*lines, taken=taken) is None

    def test_two_convolutions_that_disagree_tell_nothing(self) -> None:
        assert told("_0 = (c).forward(x, )", "return (o).forward(x, )") == NOTHING

    def test_fixed_channels_that_do_not_fit_tell_nothing(self) -> None:
        first = "_0 = (c).forward(x, )"
        assert told(first, "return (c).forward(_0, )") == NOTHING

    def test_without_a_method_or_with_other_arguments_nothing_is_told(self) -> None:
        assert told_by_code({}, ROOT, weights(4)) == NOTHING
        other = f"\n  def other(self: {ROOT}) -> Tensor:\n    return 1\n"
        assert told_by_code({ROOT: other}, ROOT, weights(4)) == NOTHING
        two = network("input = x", END, signature="x: Tensor,\n    y: Tensor")
        assert told_by_code(two, ROOT, weights(4)) == NOTHING
        assert told("input = x") == NOTHING

    def test_weights_that_are_not_there_tell_nothing(self) -> None:
        assert told_by_code(network("input = x", END), ROOT, []) == NOTHING
        flat = [Weight("c.weight", (8, 4, 3))]
        assert told_by_code(network("input = x", END), ROOT, flat) == NOTHING

    def test_groups_count(self) -> None:
        code = {**network("input = x", END), CONV: convolution(2)}
        found = told_by_code(code, ROOT, weights(4, groups=2))
        assert found.bands == 4

    def test_groups_that_are_none_tell_nothing(self) -> None:
        code = {**network("input = x", END), CONV: convolution(0)}
        assert told_by_code(code, ROOT, weights(4)) == NOTHING

    def test_calls_without_end_tell_nothing(self) -> None:
        lines = ("input = (self).forward(x, )", END)
        assert told_by_code(network(*lines), ROOT, weights(4)) == NOTHING

    def test_very_many_lines_tell_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(script_flow, "_MOST_STATEMENTS", 3)
        assert told("input = x", END) == NOTHING


class TestTheOutput:
    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            (["return _1"], Channels(0, 2)),
            (["return torch.softmax(_1, 1)"], Channels(0, 2)),
            (["return torch.upsample_bilinear2d(_1, None, True, [2., 2.])"], Channels(0, 2)),
            (["return torch.slice(_1, 1, 1, 9223372036854775807)"], Channels(0, 1)),
            (["return torch.cat([_1, x], 1)"], Channels(0, 6)),
            (["return torch.argmax(_1, 1)"], None),
            (["return torch.flatten(_1, 1)"], None),
            (["_2 = torch.flatten(_0, 1)", "return torch.linear(_2, self.f.weight)"], None),
            (["w = getattr(self, \"f.weight\")",
              "return torch.linear(torch.relu(torch.flatten(_0, 1)), w)"],
             Channels(0, 7, row=True)),
            (["w = getattr(self, \"f.weight\")",
              "_2 = torch.linear(torch.mean(_0, [2, 3]), w)", "return torch.linear(_2, w)"],
             Channels(0, 7, row=True)),
            (["w = getattr(self, \"f.weight\")", "return torch.linear(_0, w)"], None),
            (["w = getattr(self, \"t.weight\")",
              "return torch.conv_transpose2d(_0, w, None, [2, 2], [0, 0], [0, 0], 1)"],
             Channels(0, 6)),
            (["w = getattr(self, \"t.weight\")",
              "return torch._convolution(_0, w, None, [2], [0], [1], True, [0], 1)"],
             Channels(0, 6)),
            (["return torch.add(torch.slice(_1, 1, 0, 1), 1.5)"], Channels(0, 1)),
            (["return [_1]"], None),
        ],
    )  # fmt: skip
    def test_is_what_the_last_operations_leave(
        self, lines: Sequence[str], expected: Optional[Channels]
    ) -> None:
        start = ("_0 = (c).forward(x, )", "_1 = (o).forward(_0, )")
        assert told(*start, *lines) == Told(4, expected)


@pytest.mark.parametrize("name", ["unet_scripted.pt", "unet_traced.pt"])
def test_the_real_files_settle_bands_and_classes(name: str) -> None:
    model = inspect_model(FIXTURES / "pytorch" / name)
    found: List[Tuple[Optional[int], Optional[Evidence]]] = [
        (tensor.size_of("C"), tensor.evidence) for tensor in (*model.inputs, *model.outputs)
    ]
    assert found == [(4, Evidence.INFERRED), (3, Evidence.INFERRED)]
