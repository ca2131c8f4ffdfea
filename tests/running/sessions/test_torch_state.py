"""Whether a model that is a program may keep something from one tile to the next.

With graphs as PyTorch shows them, made here; and with PyTorch's own where it is there.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np
import pytest

from dl2ecd_core.running.sessions.torch_state import keeps_state


class Node:
    """A node of a script's graph; of its values some are written to."""

    def __init__(
        self,
        kind: str,
        *,
        blocks: Sequence[Sequence[Node]] = (),
        attributes: Optional[Dict[str, str]] = None,
        written: Sequence[bool] = (False,),
    ) -> None:
        self._kind, self._blocks, self._attributes = kind, blocks, attributes or {}
        self._written = written

    def kind(self) -> str:
        return self._kind

    def blocks(self) -> List[Any]:
        return [SimpleNamespace(nodes=lambda nodes=nodes: nodes) for nodes in self._blocks]

    def attributeNames(self) -> List[str]:  # noqa: N802
        return list(self._attributes)

    def kindOf(self, name: str) -> str:  # noqa: N802
        return self._attributes[name]

    def outputs(self) -> Sequence[bool]:
        return self._written


def script_keeps(*nodes: Node) -> bool:
    graph = SimpleNamespace(nodes=lambda: nodes)
    graph.alias_db = lambda: SimpleNamespace(has_writers=bool)
    jit = SimpleNamespace(freeze=lambda model, optimize_numerics: SimpleNamespace(graph=graph))
    return keeps_state(SimpleNamespace(jit=jit), "a model", "torchscript")


NET = [
    Node("prim::Constant", attributes={"value": "t"}),
    Node("aten::conv2d"),
    Node("aten::relu_", written=(True,)),
    Node("prim::If", blocks=[[Node("aten::mul")], []]),
]


class TestScripts:
    def test_that_write_into_what_they_make_keep_nothing(self) -> None:
        assert not script_keeps(*NET)

    @pytest.mark.parametrize(
        "node",
        [
            Node("prim::GetAttr", attributes={"name": "s"}),
            Node("prim::SetAttr", attributes={"name": "s"}),
            Node("prim::Constant", written=(True,)),
            Node("prim::CallMethod"),
            Node("prim::fork", attributes={"Subgraph": "g"}),
            Node("aten::manual_seed"),
            Node("others::convolution"),
        ],
        ids=Node.kind,
    )
    def test_that_may_keep_something(self, node: Node) -> None:
        """Wherever in their graph it is."""
        assert script_keeps(node)
        assert script_keeps(*NET, Node("prim::Loop", blocks=[[], [NET[3], node]]))

    def test_that_can_not_be_frozen_may_keep_something(self) -> None:
        assert keeps_state(SimpleNamespace(), "a model", "torchscript")


def argument(name: str, alias: str = "") -> Any:
    info = SimpleNamespace(is_write="!" in alias) if alias else None
    return SimpleNamespace(name=name, alias_info=info)


def operation(name: str, *arguments: Any) -> Any:
    return SimpleNamespace(_schema=SimpleNamespace(name=name, arguments=arguments))


ADD = operation("aten::add", argument("self"), argument("other"))
ADD_HERE = operation("aten::add_", argument("self", "a!"), argument("other"))
SELECT = operation("aten::select", argument("self", "a"), argument("dim"))
CLONE = operation("aten::clone", argument("self"))
STACK = operation("aten::stack", argument("tensors"))
WRITE_OUT = operation("aten::add.out", argument("self"), argument("out", "a!"))
NORMALISE = operation(
    "aten::batch_norm", argument("input"), argument("running_mean"), argument("training")
)
ELSEWHERE = operation("others::add", argument("self"))
ITEM = SimpleNamespace(__module__="_operator")


@dataclass(frozen=True, eq=False)
class Called:
    """A node of an exported program's graph."""

    op: str
    target: Any
    args: Tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def all_input_nodes(self) -> List[Called]:
        return [one for one in (*self.args, *self.kwargs.values()) if isinstance(one, Called)]


class Program:
    """The graph of an exported program: what it holds, what it gets, and what is called with it."""

    def __init__(self) -> None:
        self.held = Called("get_attr", "buffer")
        self.image = Called("placeholder", "image")
        self.nodes = [self.held, self.image, Called("call_module", "_guards_fn", (self.image,))]

    def call(self, target: Any, *args: Any, **kwargs: Any) -> Called:
        self.nodes.append(Called("call_function", target, args, kwargs))
        return self.nodes[-1]

    def keeps(self) -> bool:
        self.nodes.append(Called("output", "output"))
        return keeps_state(None, SimpleNamespace(graph=self), "pytorch-export")


Makes = Callable[[Program], object]


class TestExportedPrograms:
    @pytest.mark.parametrize(
        "make",
        [
            lambda one: one.call(ADD, one.image, one.held),
            lambda one: one.call(ADD_HERE, one.call(ADD, one.image, one.held), one.held),
            lambda one: one.call(ADD_HERE, one.image, 1),
            lambda one: one.call(ADD_HERE, one.call(CLONE, one.held), one.image),
            lambda one: one.call(ADD_HERE, one.call(ITEM, one.call(SELECT, one.image, 0), 0), 1),
            lambda one: one.call(NORMALISE, one.image, one.held, False),
            lambda one: one.call(NORMALISE, one.image, None, True),
        ],
    )
    def test_that_write_into_what_they_make_keep_nothing(self, make: Makes) -> None:
        program = Program()
        make(program)
        assert not program.keeps()

    @pytest.mark.parametrize(
        "make",
        [
            lambda one: one.call(ADD_HERE, one.held, 1),
            lambda one: one.call(ADD_HERE, one.call(SELECT, one.held, 0), one.image),
            # One that says nothing of it may give what it takes as it is.
            lambda one: one.call(ADD_HERE, one.call(ADD, one.held, 0), one.image),
            lambda one: one.call(ADD_HERE, one.call(ITEM, one.held, 0), one.image),
            lambda one: one.call(ADD_HERE, one.call(STACK, [one.image, one.held]), one.image),
            lambda one: one.call(WRITE_OUT, one.image, out=one.held),
            lambda one: one.call(NORMALISE, one.image, one.held, True),
            lambda one: one.call(ELSEWHERE, one.image),
            lambda one: one.call(SimpleNamespace(__module__="torch.ops"), one.image),
            lambda one: one.nodes.append(Called("call_module", "branch", (one.image,))),
        ],
    )
    def test_that_may_keep_something(self, make: Makes) -> None:
        program = Program()
        make(program)
        assert program.keeps()


class TestPyTorchsOwn:
    """Models that PyTorch makes, and looks into."""

    @pytest.fixture
    def torch(self) -> Any:
        return pytest.importorskip("torch")

    @pytest.fixture
    def models(self, torch: Any) -> Dict[str, Any]:
        nn = torch.nn

        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.conv = nn.Conv2d(4, 2, 3, padding=1)
                self.norm = nn.BatchNorm2d(2)
                self.rest = nn.Sequential(nn.ReLU(inplace=True), nn.Dropout(0.5))
                self.register_buffer("held", torch.zeros(1))

            def forward(self, image: torch.Tensor) -> torch.Tensor:
                found = self.norm(self.conv(image))
                found[:, 0] += self.held.clone().mul_(2)
                return self.rest(found)

        class Buffer(Net):
            def forward(self, image: torch.Tensor) -> torch.Tensor:
                self.held.add_(1)
                return self.conv(image) + self.held

        class View(Net):
            def forward(self, image: torch.Tensor) -> torch.Tensor:
                self.held[0] = image.mean()
                return self.conv(image) + self.held

        class Running(Net):
            def forward(self, image: torch.Tensor) -> torch.Tensor:
                found = self.conv(image)
                mean, variance = self.norm.running_mean, self.norm.running_var
                return nn.functional.batch_norm(found, mean, variance, None, None, True)

        class Number(Net):
            def __init__(self) -> None:
                super().__init__()
                self.seen = 0

            def forward(self, image: torch.Tensor) -> torch.Tensor:
                self.seen += 1
                return self.conv(image) + self.seen

        class Within(Net):
            def __init__(self) -> None:
                super().__init__()
                self.within = Number()

            def forward(self, image: torch.Tensor) -> torch.Tensor:
                return self.within(image)

        class Chance(Net):
            def forward(self, image: torch.Tensor) -> torch.Tensor:
                torch.manual_seed(3)
                return self.conv(image) + torch.rand(1)

        class Elsewhere(Net):
            def forward(self, image: torch.Tensor) -> torch.Tensor:
                return torch.jit.wait(torch.jit.fork(self.conv, image))

        every = (Net, Buffer, View, Running, Number, Within, Chance, Elsewhere)
        return {one.__name__: one().eval() for one in every}

    @pytest.mark.parametrize(
        ("name", "how", "keeps"),
        [
            ("Net", "script", False),
            ("Net", "trace", False),
            ("Net", "export", False),
            ("Buffer", "script", True),
            ("Buffer", "trace", True),
            ("Buffer", "export", True),
            ("View", "script", True),
            ("View", "trace", True),
            ("View", "export", True),
            ("Running", "script", True),
            ("Running", "trace", True),
            ("Running", "export", True),
            ("Number", "script", True),
            # There the number is what it was.
            ("Number", "trace", False),
            ("Within", "script", True),
            ("Chance", "script", True),
            ("Elsewhere", "script", True),
        ],
    )
    @pytest.mark.filterwarnings("ignore")
    def test_are_told_apart(
        self, torch: Any, models: Dict[str, Any], name: str, how: str, keeps: bool
    ) -> None:
        image = torch.from_numpy(np.ones((1, 4, 8, 8), "float32"))
        file = io.BytesIO()
        if how == "export":
            torch.export.save(torch.export.export(models[name], (image,)), file)
        elif how == "script":
            torch.jit.save(torch.jit.script(models[name]), file)
        else:
            traced = torch.jit.trace(models[name], (image,), check_trace=False)
            torch.jit.save(traced, file)
        file.seek(0)
        if how == "export":
            assert keeps_state(torch, torch.export.load(file).module(), "pytorch-export") is keeps
        else:
            assert keeps_state(torch, torch.jit.load(file).eval(), "torchscript") is keeps
