"""PyTorch behind the interface of sessions, in a process of its own."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, List, Set, Tuple, Type

import numpy as np
import pytest

from dl2ecd_core.models import Tensor
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.sessions import Session
from dl2ecd_core.running.sessions.exchange import Exchange
from tests.conftest import FIXTURES
from tests.running.sessions.loading import session_of, tile

#: A stand-in for PyTorch with as much of it as a model needs here; models say in their path what
#: they do.
TORCH = """
import numpy, os, sys, threading
from types import SimpleNamespace
__version__ = "2.0.stand-in"
class Tensor:
    def __init__(self, array): self.array = array
    def to(self, device): return self
    def float(self): return Tensor(self.array.astype("float32"))
    def cpu(self): return self
    def numpy(self): return self.array
    def is_floating_point(self): return self.array.dtype.kind == "f"
def from_numpy(array): return Tensor(array)
# As with OpenMP: each thread has its own, and begins with what was set last when it first asks.
last, own = 4, threading.local()
def get_num_threads():
    own.count = getattr(own, "count", last)
    return own.count
def set_num_threads(count):
    global last
    last = own.count = count if hasattr(own, "count") else last
class cuda:
    @staticmethod
    def is_available(): return False
class inference_mode:
    def __enter__(self): pass
    def __exit__(self, *error): pass
class Model:
    def __init__(self, path):
        self.path, self.running, self.both = path, 0, threading.Barrier(2)
        targets = ["x.weight"] if "keeps" in path else []
        held = [SimpleNamespace(op="call_module", target=name) for name in targets]
        self.graph = SimpleNamespace(nodes=held)
    def eval(self): return self
    def to(self, device): return self
    def module(self): return self
    def __call__(self, tensor):
        if tensor.array.shape[1] != 4: raise RuntimeError("expected 4 channels")
        if tensor.array.min() < 0: os._exit(3)
        if tensor.array.max() > 1: sys.exit("a model that wants to end")
        print("whatever a model prints")
        self.running += 1
        if "together" in self.path: self.both.wait(60)
        else: threading.Event().wait(0.01)
        at_once, self.running = self.running, self.running - 1
        half = tensor.array[:, :2]
        counts = numpy.array([at_once, get_num_threads()])
        return {"out": Tensor(half.astype("float64")), "more": [Tensor(half > 0.5), Tensor(counts)]}
class jit:
    @staticmethod
    def load(path, map_location):
        if "crash" in path: import os; os._exit(3)
        if "refuse" in path: raise RuntimeError("not a script")
        return Model(path)
    @staticmethod
    def freeze(model, optimize_numerics):
        if "unclear" in model.path: raise RuntimeError("not to be frozen")
        kinds = ["prim::SetAttr"] if "keeps" in model.path else []
        nodes = [SimpleNamespace(kind=lambda: kind, blocks=lambda: []) for kind in kinds]
        graph = SimpleNamespace(nodes=lambda: nodes)
        graph.alias_db = lambda: SimpleNamespace(has_writers=lambda value: False)
        return SimpleNamespace(graph=graph)
class export:
    @staticmethod
    def load(path): return Model(path)
"""


def counts_of(session: Session) -> Set[Tuple[int, int]]:
    """Of tiles that are asked for all at once: how many ran, and with how many cores each."""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda place: session.run([tile(1, 4, 8, 8)])[2], range(8)))
    return {(int(at_once), int(threads)) for at_once, threads in found}


class TestPyTorch:
    def test_whatever_else_it_says_is_a_sentence(self, tmp_path: Path) -> None:
        """A file beside the model may be what Python takes for PyTorch, and say anything."""
        (tmp_path / "torch.py").write_text("import os; os.write(1, b'nonsense'); os._exit(0)")
        with pytest.raises(RunningRefused, match="model-not-loaded"):
            session_of(tmp_path / "m", "pytorch/unet_scripted.pt", trusted=True)

    @pytest.fixture(autouse=True)
    def _stand_in(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "torch.py").write_text(TORCH)
        root = str(FIXTURES.parents[1])
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{root}")

    @pytest.mark.parametrize("model", ["unet_scripted.pt", "softmax_exported.pt2"])
    def test_runs_in_a_process_of_its_own_when_trusted(self, tmp_path: Path, model: str) -> None:
        session = session_of(tmp_path / "m", f"pytorch/{model}", trusted=True)
        assert session.runtime == "PyTorch 2.0.stand-in on the CPU"
        assert session.properties == {}
        assert session.freed() is session
        assert session.threads == 1
        pixels = tile(1, 4, 8, 8)
        results = session.run([pixels])
        assert np.array_equal(results[0], pixels[:, :2])
        assert results[0].dtype == np.float32
        assert np.array_equal(results[1], pixels[:, :2] > 0.5)
        with pytest.raises(RunningRefused, match=r"model-run-failed.*expected 4 channels"):
            session.run([tile(1, 3, 8, 8)])
        with pytest.raises(RunningRefused, match=r"model-run-failed.*a model that wants to end"):
            session.run([pixels + 1])
        # A model that refused a tile goes on.
        assert len(session.run([pixels])) == 3
        session.close()
        with pytest.raises(RunningRefused, match="model-run-failed"):
            session.run([pixels])

    @pytest.mark.parametrize("model", ["unet_scripted.pt", "softmax_exported.pt2"])
    @pytest.mark.parametrize("installed", [True, False])
    def test_is_refused_unless_trusted(
        self, installed: bool, tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What else is missing is said at once, not after the next try."""
        monkeypatch.setitem(sys.modules, "torch", None)  # type: ignore[arg-type]
        if installed:
            torch = ModuleType("torch")
            torch.__spec__ = ModuleSpec("torch", None)
            monkeypatch.setitem(sys.modules, "torch", torch)
        with pytest.raises(RunningRefused, match=r"model-is-program.*--trust-model") as refused:
            session_of(tmp_path / "m", f"pytorch/{model}")
        assert ("pip install 'dl2ecd[torch]'" in str(refused.value)) is not installed

    @pytest.mark.parametrize(
        ("folder", "said"), [("refuse", "not a script"), ("crash", "its process ended")]
    )
    def test_failing_is_a_sentence(self, tmp_path: Path, folder: str, said: str) -> None:
        with pytest.raises(RunningRefused, match=f"model-not-loaded: PyTorch.*{said}"):
            session_of(tmp_path / folder, "pytorch/unet_scripted.pt", trusted=True)

    def test_ctrl_c_while_it_begins_ends_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun: List[Exchange] = []

        def interrupted(one: Exchange) -> None:
            begun.append(one)
            raise KeyboardInterrupt

        monkeypatch.setattr(Exchange, "hello", interrupted)
        with pytest.raises(KeyboardInterrupt):
            session_of(tmp_path / "m", "pytorch/unet_scripted.pt", trusted=True)
        assert begun[0]._process.process.poll() is not None

    def test_without_the_extra_a_command_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "torch.py").write_text("raise ImportError('No module named torch')")
        with pytest.raises(RunningRefused, match=r"runtime-missing.*dl2ecd\[torch\]"):
            session_of(tmp_path / "m", "pytorch/unet_scripted.pt", trusted=True)

    @pytest.mark.parametrize("model", ["unet_scripted.pt", "softmax_exported.pt2"])
    def test_tiles_run_at_once_with_a_core_each(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
    ) -> None:
        """Each of the two waits until the other runs, too."""
        monkeypatch.setattr("dl2ecd_core.running.processes.cores.cores", lambda: 2)
        session = session_of(tmp_path / "together", f"pytorch/{model}", trusted=True)
        tiles = [tile(1, 4, 8, 8) / place for place in (1, 2)]
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda one: session.run([one]), tiles))
        for one, (result, _, counts) in zip(tiles, found):
            assert np.array_equal(result, one[:, :2])
            assert counts[1] == 1

    @pytest.mark.parametrize(
        ("folder", "model"),
        [
            ("keeps", "unet_scripted.pt"),
            ("keeps", "softmax_exported.pt2"),
            ("unclear", "unet_scripted.pt"),
        ],
    )
    def test_tiles_of_a_model_that_may_keep_something_run_one_by_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, model: str
    ) -> None:
        """With all cores."""
        monkeypatch.setattr("dl2ecd_core.running.processes.cores.cores", lambda: 3)
        session = session_of(tmp_path / folder, f"pytorch/{model}", trusted=True)
        assert session.threads == 3
        assert session.threaded(2) is session
        assert counts_of(session) == {(1, 3)}

    def test_a_tile_may_have_several_cores(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In the process that there is; what is closed is the session that it was made of."""
        monkeypatch.setattr("dl2ecd_core.running.processes.cores.cores", lambda: 2)
        session = session_of(tmp_path / "m", "pytorch/unet_scripted.pt", trusted=True)
        shared = session.threaded(3)
        assert (session.threads, shared.threads) == (1, 3)
        assert counts_of(session) <= {(1, 1), (2, 1)}
        assert counts_of(shared) == {(1, 3)}
        assert counts_of(session) <= {(1, 1), (2, 1)}
        session.close()
        with pytest.raises(RunningRefused, match="model-run-failed"):
            shared.run([tile(1, 4, 8, 8)])

    def test_nobody_has_to_wait_for_a_tile(self, tmp_path: Path) -> None:
        """Which waits for another to come."""
        session = session_of(tmp_path / "together", "pytorch/unet_scripted.pt", trusted=True)
        with ThreadPoolExecutor(1) as pool:
            thread = pool.submit(threading.get_ident).result()
            waits = pool.submit(session.run, [tile(1, 4, 8, 8)])
            threading.Event().wait(0.2)
            session.threaded(2).stop([thread])
            with pytest.raises(RunningRefused, match=r"model-run-failed.*it was stopped"):
                waits.result()

    def test_whoever_waits_hears_that_the_process_ended(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dl2ecd_core.running.processes.cores.cores", lambda: 2)
        session = session_of(tmp_path / "together", "pytorch/unet_scripted.pt", trusted=True)
        with ThreadPoolExecutor(2) as pool:
            # This one waits for another to come.
            waits = pool.submit(session.run, [tile(1, 4, 8, 8)])
            falls = pool.submit(session.run, [-tile(1, 4, 8, 8)])
            for failed in (waits, falls):
                with pytest.raises(RunningRefused, match=r"model-run-failed.*its process ended"):
                    failed.result()

    def test_shapes_that_are_not_stated_are_those_of_images(self, tmp_path: Path) -> None:
        from dl2ecd_core.running.sessions.torch_session import TorchSession

        session = TorchSession(tmp_path / "a.pt", "torchscript", (), (Tensor("scores"),))
        assert session.inputs[0].axes == session.outputs[0].axes == "NCHW"
        assert session.outputs[0].name == "scores"


@pytest.mark.parametrize("error", [BrokenPipeError, ValueError])
def test_a_process_that_is_gone_is_ended_all_the_same(error: Type[Exception]) -> None:
    """Also where another thread closes the stream just then: CPython 3.9 says ValueError."""
    from dl2ecd_core.running.processes.child import ModuleProcess

    class Gone:
        ended = 0

        def close(self) -> None:
            assert Gone.ended == 2
            raise error

        def kill(self) -> None:
            Gone.ended += 1

        def wait(self) -> None:
            Gone.ended += 1

    stream: Any = Gone()
    ModuleProcess(stream, stream, stream).end()
    assert Gone.ended == 2
