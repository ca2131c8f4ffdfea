"""A coarser map, wide values, and models that hold to their sizes or change their mind."""

from __future__ import annotations

import io
import os
import signal
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Iterator, List, Sequence

import numpy as np
import pytest

from dl2ecd_core.findings.errors import Cancelled, Dl2EcdError
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.models import Tensor
from dl2ecd_core.progress import Listener
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.maps import result
from dl2ecd_core.running.opening import opened_model
from dl2ecd_core.running.sessions import torch_worker
from dl2ecd_core.running.sessions.messages import Message, read_message, write_message
from dl2ecd_core.running.sessions.scores import scores_of
from dl2ecd_core.running.sessions.torch_worker import serve
from dl2ecd_core.running.tiles import fitting
from dl2ecd_core.running.tiles.fitting import fit_tiles
from dl2ecd_core.running.tiles.placement import Placement
from dl2ecd_core.running.tiles.planning import spans
from dl2ecd_core.running.work import _any_under
from tests.running.scenes import opened, write_classes
from tests.running.sessions.test_scores import Made, tensor
from tests.running.sessions.test_torch_session import TORCH
from tests.running.test_classify import BYTES, Place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(fitting, "USUAL", (64, 64))
    return Place(tmp_path)


class TestValuesBeyondBytes:
    def test_are_counted_and_have_no_color_table(self, place: Place) -> None:
        classes = write_classes(place.folder / "wide.json", (7, 4000))
        done = classify(place.scene, place.model, place.out, class_info=classes, options=BYTES)
        with opened(place.out) as file:
            assert file.dtypes == ("uint16",)
            values = file.read(1)
            with pytest.raises(ValueError, match="NULL color table"):
                file.colormap(1)
        assert [item.pixels for item in done.classes] == [
            (values == 7).sum(),
            (values == 4000).sum(),
        ]
        # And nothing of what Esri's readers would make of it.
        assert [item.rule for item in done.findings] == ["no-color-table"]


class TestManyValues:
    def test_are_counted_all_the_same(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        few = classify(place.scene, place.ecd, place.out, options=BYTES)
        monkeypatch.setattr(result, "_FEW", 1)
        many = classify(place.scene, place.ecd, place.out, options=BYTES)
        assert few.classes == many.classes
        assert few.nodata == many.nodata
        assert sum(item.pixels for item in many.classes) == 90 * 70


class Free(Made):
    """A model that takes any size, or says so."""

    def freed(self) -> Made:
        return self


def halves(pixels: np.ndarray) -> np.ndarray:
    batch, _, height, width = pixels.shape
    return pixels[:, :2].reshape(batch, 2, height // 2, 2, width // 2, 2).sum((3, 5))


def blurred(pixels: np.ndarray, far: int) -> np.ndarray:
    padded = np.pad(pixels[:, :2], ((0, 0), (0, 0), (far, far), (far, far)))
    height, width = pixels.shape[2:]
    return padded[:, :, :height, :width] + padded[:, :, 2 * far :, 2 * far :] + pixels[:, :2]


class TestTiles:
    def made(self, give: Any, *, stated: int = 64, kind: Any = Free) -> Any:
        ends = [tensor("NCHW", 1, 4, stated, stated)], [tensor("NCHW", 1, 2, None, None)]
        return fit_tiles(scores_of(kind(*ends, give), 4, None, 2))

    def test_a_model_that_looks_far_gets_larger_ones(self) -> None:
        fitted = self.made(lambda x: blurred(x, 150))
        assert fitted.is_exact
        assert fitted.halo == 150
        assert fitted.rows.tile > 300

    def test_a_model_that_sees_all_keeps_its_own(self) -> None:
        fitted = self.made(lambda x: x[:, :2] - x.mean((2, 3), keepdims=True)[:, :2])
        assert not fitted.is_exact
        assert (fitted.rows.tile, fitted.columns.tile) == (64, 64)

    def test_a_model_that_gives_something_else_when_freed_keeps_its_own(self) -> None:
        class Fickle(Free):
            def freed(self) -> Made:
                return Made(self.inputs, self.outputs, lambda x: x[:, :2] + 1)

        assert self.made(halves, kind=Fickle).rows.tile == 64

    @pytest.mark.parametrize(("off", "tile"), [(1e-6, 256), (1e-3, 64)])
    def test_a_model_that_sums_in_another_order_when_freed_is_the_same(
        self, off: float, tile: int
    ) -> None:
        class Arranged(Free):
            def freed(self) -> Made:
                return Made(self.inputs, self.outputs, lambda x: blurred(x, 3) + np.float32(off))

        assert self.made(lambda x: blurred(x, 3), kind=Arranged).rows.tile == tile

    def test_a_model_that_fails_when_freed_keeps_its_own(self) -> None:
        def only_64(x: np.ndarray) -> np.ndarray:
            if x.shape[2] != 64:
                raise RunningRefused([finding("model-run-failed", "no")])
            return halves(x)

        def failing(x: np.ndarray) -> np.ndarray:
            raise RunningRefused([finding("model-run-failed", "no")])

        assert self.made(only_64).rows.tile == 64

        class Failing(Free):
            def freed(self) -> Made:
                return Made(self.inputs, self.outputs, failing)

        assert self.made(halves, kind=Failing).rows.tile == 64

    def test_a_result_of_one_size_is_no_free_one(self) -> None:
        assert self.made(lambda x: x[:, :2, :8, :8]).rows.tile == 64

    def test_whole_numbers_are_tried_with_whole_numbers(self) -> None:
        entry = Tensor("x", (1, 4, 32, 32), "NCHW", "uint8")
        session = Made(
            [entry], [tensor("NCHW", 1, 2, 32, 32)], lambda x: x[:, :2].astype("float32")
        )
        assert fit_tiles(scores_of(session, 4, None, 2)).halo == 0


class TestOpening:
    def test_a_model_that_changed_into_another_is_refused(self, place: Place) -> None:
        place.ecd.write_text("{}", encoding="ascii")
        with pytest.raises(Dl2EcdError), opened_model(place.ecd):
            raise AssertionError("it was opened")

    def test_no_file_is_a_sentence(self, place: Place) -> None:
        for name in ("no.ecd", "no.emd"):
            with pytest.raises(Dl2EcdError), opened_model(place.folder / name):
                raise AssertionError("it was opened")

    def test_classes_that_do_not_fit_are_refused(self, place: Place) -> None:
        classes = write_classes(place.folder / "more.json", (1, 2, 3, 4))
        refused = pytest.raises(Dl2EcdError, match="class-count-mismatch")
        with refused, opened_model(place.model, classes):
            raise AssertionError("it was opened")

    def test_without_room_for_the_model_it_is_a_sentence(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(place.folder / "no-such-folder"))
        with pytest.raises(Dl2EcdError), opened_model(place.ecd):
            raise AssertionError("it was opened")

    def test_it_may_be_cancelled(self, place: Place) -> None:
        class Impatient(Listener):
            def cancelled(self) -> bool:
                return True

        with pytest.raises(Cancelled), opened_model(place.ecd, listener=Impatient()):
            raise AssertionError("it was opened")


class Streams:
    """The functions of the system's for streams, with others in place of the process' own."""

    def __init__(self, answers: int, said: int) -> None:
        self._own = {1: answers, 2: said}
        self.given: List[int] = []

    def dup(self, stream: int) -> int:
        return os.dup(self._own[stream])

    def fdopen(self, stream: int, mode: str) -> Any:
        return os.fdopen(stream, mode)

    def dup2(self, one: int, other: int) -> None:
        assert (one, other) == (2, 1)


class TestThePyTorchProcess:
    """What goes on in it, without one: the questions are put into a stream beforehand."""

    def asked(
        self,
        path: str,
        format_id: str,
        tiles: Sequence[np.ndarray],
        limit: Callable[[], object] = lambda: None,
    ) -> List[Message]:
        questions, answers = io.BytesIO(), io.BytesIO()
        for number, one in enumerate(tiles):
            write_message(questions, Message([one], number=number))
        questions.seek(0)
        serve(questions, answers, path, format_id, "cuda", "1", limit=limit)
        answers.seek(0)
        found = []
        while (message := read_message(answers)) is not None:
            found.append(message)
        return found

    @pytest.fixture(autouse=True)
    def _stand_in(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        (tmp_path / "torch.py").write_text(TORCH)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "torch", raising=False)
        yield
        sys.modules.pop("torch", None)

    @pytest.mark.parametrize("format_id", ["torchscript", "pytorch-export"])
    def test_each_question_has_an_answer(self, format_id: str) -> None:
        tiles = [np.ones((1, 4, 2, 2), "float32"), np.ones((1, 3, 2, 2), "float32")]
        hello, good, bad = self.asked("a.pt", format_id, tiles)
        assert hello.about == "PyTorch 2.0.stand-in on the CPU"
        assert [array.shape for array in good.arrays] == [(1, 2, 2, 2)] * 2 + [(2,)]
        assert (good.number, bad.number) == (0, 1)
        assert "expected 4 channels" in (bad.error or "")

    def test_has_streams_that_the_model_does_not(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the model prints goes to the error stream."""
        with (tmp_path / "answers").open("w+b") as answers, (tmp_path / "said").open("w+b") as said:
            monkeypatch.setattr(torch_worker, "os", Streams(answers.fileno(), said.fileno()))
            questions = io.BytesIO()
            write_message(questions, Message([np.ones((1, 4, 2, 2), "float32")]))
            questions.seek(0)
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(questions))
            monkeypatch.setattr(sys, "argv", ["worker", "a.pt", "torchscript", "cpu", "1"])
            limited: List[bool] = []
            monkeypatch.setattr(torch_worker, "limit_memory", lambda: limited.append(True))
            heard = signal.getsignal(signal.SIGINT)
            torch_worker.main()
            # Ctrl-C is for whoever asks.
            assert signal.signal(signal.SIGINT, heard) is signal.SIG_IGN
            answers.seek(0)
            hello, result = read_message(answers), read_message(answers)
        assert hello is not None
        assert hello.about == "PyTorch 2.0.stand-in on the CPU"
        assert limited == [True]
        assert result is not None
        assert [array.shape for array in result.arrays] == [(1, 2, 2, 2)] * 2 + [(2,)]

    def test_tiles_that_take_several_cores_run_one_by_one(self) -> None:
        """And not beside others."""
        questions, answers = io.BytesIO(), io.BytesIO()
        for threads in (1, 1, 1, 2, 2, 2, 1, 1, 1):
            pixels = np.ones((1, 4, 2, 2), "float32")
            write_message(questions, Message([pixels], number=threads, threads=threads))
        for stream in (questions, answers):
            stream.seek(0)
        serve(questions, answers, "a.pt", "torchscript", "cpu", "3")
        answers.seek(0)
        read_message(answers)
        found = []
        while (message := read_message(answers)) is not None:
            at_once, threads = message.arrays[2]
            found.append(threads)
            assert threads == message.number
            assert at_once == 1 or threads == 1
        assert found == [1, 1, 1, 2, 2, 2, 1, 1, 1]

    @pytest.mark.parametrize("error", [BrokenPipeError, MemoryError])
    def test_ends_quietly_when_nobody_listens(
        self, monkeypatch: pytest.MonkeyPatch, error: type
    ) -> None:
        """Or when there is no room for a question."""

        def fail(*ends: Any, **more: Any) -> None:
            raise error

        monkeypatch.setattr(torch_worker, "serve", fail)
        monkeypatch.setattr(
            torch_worker, "signal", SimpleNamespace(SIGINT=2, SIG_IGN=1, signal=lambda *given: None)
        )
        monkeypatch.setattr(torch_worker, "os", Streams(os.open(os.devnull, os.O_WRONLY), 2))
        monkeypatch.setattr(sys, "argv", ["worker", "a.pt", "torchscript", "cpu", "1"])
        torch_worker.main()

    def test_says_nothing_more_after_half_an_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever asked hears of the end then."""
        written: List[Message] = []

        def write(stream: Any, message: Message) -> None:
            written.append(message)
            if message.number:
                raise MemoryError

        questions, answers = io.BytesIO(), io.BytesIO()
        write_message(questions, Message([np.ones((1, 4, 2, 2), "float32")], number=1))
        questions.seek(0)
        monkeypatch.setattr(torch_worker, "write_message", write)
        serve(questions, answers, "a.pt", "torchscript", "cpu", "1")
        assert len(written) == 2
        assert answers.closed

    def test_results_that_are_no_tensors_are_left_out(self) -> None:
        import torch

        found = torch_worker._tensors(torch, {"a": 3, "b": [torch.from_numpy(np.ones(2)), None]})
        assert len(list(found)) == 1

    def test_a_card_keeps_all_digits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import torch

        cudnn = SimpleNamespace(allow_tf32=True, deterministic=False)
        matmul = SimpleNamespace(allow_tf32=True)
        backends = SimpleNamespace(cudnn=cudnn, cuda=SimpleNamespace(matmul=matmul))
        monkeypatch.setattr(torch, "backends", backends, raising=False)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        limited: List[bool] = []
        (hello,) = self.asked("a.pt", "torchscript", [], lambda: limited.append(True))
        assert hello.about == "PyTorch 2.0.stand-in on CUDA"
        # CUDA reserves more addresses than a limit leaves.
        assert not limited
        assert not cudnn.allow_tf32
        assert not matmul.allow_tf32
        assert cudnn.deterministic

    def test_what_can_not_be_loaded_is_said_at_once(self) -> None:
        (only,) = self.asked("refuse.pt", "torchscript", [])
        assert only.error == "RuntimeError: not a script"


def test_no_data_under_wider_pixels() -> None:
    """A pixel has data where any of those under it has."""
    valid = np.ones((34, 34), bool)
    valid[:9, :9] = False
    placement = Placement(34, 17, Fraction(2), stride=2)
    (span,) = spans(placement, 34)
    under = _any_under(_any_under(valid, 0, placement, span), 1, placement, span)
    assert under.shape == (17, 17)
    assert not under[:4, :4].any()
    assert under[4:].all()
    assert under[:, 4:].all()
