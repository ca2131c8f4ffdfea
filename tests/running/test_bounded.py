"""A session has memory, and a device that is decided before it is made."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator, List, Optional

import onnxruntime
import pytest

from dl2ecd_core.running import bounded, engine, estimating
from dl2ecd_core.running.bounded import bounded_session
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.estimating import Need
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.label import label
from dl2ecd_core.running.opening import OpenedModel, opened_model
from dl2ecd_core.running.processes.own_process import MARK
from dl2ecd_core.running.sessions import devices
from dl2ecd_core.running.sessions.devices import device_of, has_card
from tests.running.test_classify import BYTES, Place

ONNX, OPENVINO, TORCH = "ONNX Runtime", "OpenVINO", "PyTorch, --trust-model"
MIB = 1 << 20


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of devices with a card."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    folder = tmp_path / "dev"
    folder.mkdir()
    monkeypatch.setattr(devices, "_DEVICES", folder)
    (folder / "nvidia0").touch()
    return folder


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> List[str]:
    """What ONNX Runtime was built for: CUDA, too."""
    found = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: found)
    return found


class TestTheDevice:
    @pytest.mark.parametrize("asked", ["cuda", "auto"])
    def test_is_a_card_where_there_is_one_and_the_runtime_can_use_it(
        self, card: Path, providers: List[str], asked: str
    ) -> None:
        assert device_of(ONNX, asked) == "cuda"
        assert device_of(TORCH, asked) == "cuda"
        assert device_of(OPENVINO, asked) == device_of("LiteRT", asked) == "cpu"
        providers.pop(0)
        assert device_of(ONNX, asked) == "cpu"
        (card / "nvidia0").unlink()
        assert device_of(TORCH, asked) == "cpu"

    def test_is_the_processor_where_that_is_asked_for(
        self, card: Path, providers: List[str]
    ) -> None:
        assert device_of(ONNX, "cpu") == device_of(TORCH, "cpu") == "cpu"

    def test_of_a_runtime_that_is_not_installed(
        self, card: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
        assert device_of(ONNX, "auto") == "cpu"

    @pytest.mark.parametrize("name", ["nvidia1", "dxg", "nvhost-gpu", "nvmap"])
    def test_a_card_has_many_names(self, card: Path, name: str) -> None:
        (card / "nvidia0").rename(card / name)
        assert has_card()

    def test_the_driver_alone_is_no_card(self, card: Path) -> None:
        (card / "nvidia0").rename(card / "nvidiactl")
        assert not has_card()

    @pytest.mark.parametrize(("text", "there"), [("", False), ("-1", False), ("0", True)])
    def test_cards_may_be_hidden(
        self, card: Path, monkeypatch: pytest.MonkeyPatch, text: str, there: bool
    ) -> None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", text)
        assert has_card() is there

    def test_on_windows_the_driver_tells(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        monkeypatch.setattr("sys.platform", "win32")
        monkeypatch.setenv("SYSTEMROOT", str(tmp_path))
        assert not has_card()
        (tmp_path / "System32").mkdir()
        (tmp_path / "System32" / "nvcuda.dll").touch()
        assert has_card()


class Stand:
    """What stands in for a session, and what was done before it was made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runtime = "ONNX Runtime 1.0 on CUDA"
        self.done: List[Any] = []
        monkeypatch.setattr(bounded, "limit_memory", lambda: self.done.append("limit"))
        monkeypatch.setattr(bounded, "check_memory", self.check)
        monkeypatch.setattr(bounded, "open_session", self.open)

    def check(self, model: Any, most: int, *, least: int, name: str) -> int:
        self.done.append((most, least))
        return most

    def open(self, model: Any, primary: Path, *, device: str, trusted: bool) -> Any:
        self.done.append(device)
        return SimpleNamespace(runtime=self.runtime, close=lambda: self.done.append("closed"))


class TestMemory:
    @pytest.fixture
    def opened(self, tmp_path: Path) -> Iterator[OpenedModel]:
        with opened_model(Place(tmp_path).ecd) as found:
            yield found

    @pytest.fixture
    def stand(self, monkeypatch: pytest.MonkeyPatch) -> Stand:
        monkeypatch.delenv(MARK, raising=False)
        return Stand(monkeypatch)

    @pytest.mark.parametrize("own", [False, True])
    @pytest.mark.parametrize("device", ["cpu", "auto"])
    def test_on_a_processor_it_is_bounded_before_there_is_a_session(
        self, opened: OpenedModel, stand: Stand, device: str, own: bool, monkeypatch: Any
    ) -> None:
        """Also where a card would be taken that is not there."""
        monkeypatch.setattr(devices, "has_card", lambda: False)
        if own:
            monkeypatch.setenv(MARK, "1")
        bounded_session(opened, device=device, workers=3)
        assert stand.done == [*(["limit"] if own else []), (3, 3), "cpu"]

    @pytest.mark.parametrize("device", ["cuda", "auto"])
    def test_on_a_card_weights_alone_go_through_the_machines_memory(
        self, opened: OpenedModel, stand: Stand, card: Path, providers: List[str], device: str
    ) -> None:
        session, workers = bounded_session(opened, device=device, workers=3)
        assert session.runtime.endswith("on CUDA")
        assert workers == 3
        assert stand.done == [(0, 0), "cuda"]

    def test_a_card_that_is_of_no_use_makes_it_the_processor_after_all(
        self, opened: OpenedModel, stand: Stand, card: Path, providers: List[str], monkeypatch: Any
    ) -> None:
        monkeypatch.setenv(MARK, "1")
        stand.runtime = "ONNX Runtime 1.0 on the CPU"
        bounded_session(opened, device="auto", workers=3)
        assert stand.done == [(0, 0), "cuda", "limit", (3, 3)]

    def test_what_is_too_large_for_that_is_let_go(
        self, opened: OpenedModel, stand: Stand, card: Path, providers: List[str], monkeypatch: Any
    ) -> None:
        def check(model: Any, most: int, *, least: int, name: str) -> int:
            if most:
                raise RunningRefused([])
            return 0

        monkeypatch.setattr(bounded, "check_memory", check)
        stand.runtime = "ONNX Runtime 1.0 on the CPU"
        with pytest.raises(RunningRefused):
            bounded_session(opened, device="auto")
        assert stand.done == ["cuda", "closed"]

    def test_a_card_that_is_asked_for_by_name_is_tried(
        self, opened: OpenedModel, stand: Stand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(devices, "has_card", lambda: False)
        bounded_session(opened, device="cuda", workers=3)
        assert stand.done == [(3, 3), "cuda"]

    @pytest.mark.parametrize(
        ("asked", "free", "told"), [(None, 1 << 40, None), (None, 4, 2), (2, 4, 2)]
    )
    def test_fewer_run_at_once_where_there_is_no_room_for_as_many_as_there_are_cores(
        self, opened: OpenedModel, monkeypatch: Any, asked: Optional[int], free: int, told: Any
    ) -> None:
        monkeypatch.delenv(MARK, raising=False)
        monkeypatch.setattr(bounded, "cores", lambda: 8)
        monkeypatch.setattr(estimating, "has_limit", lambda: False)
        monkeypatch.setattr(estimating, "free_memory", lambda: free * MIB)
        monkeypatch.setattr(estimating, "estimate", lambda model: Need(MIB, MIB))
        session, workers = bounded_session(opened, device="cpu", workers=asked)
        session.close()
        assert workers == told

    def test_as_many_as_are_asked_for_have_to_find_room(
        self, opened: OpenedModel, monkeypatch: Any
    ) -> None:
        monkeypatch.delenv(MARK, raising=False)
        monkeypatch.setattr(estimating, "has_limit", lambda: False)
        monkeypatch.setattr(estimating, "free_memory", lambda: 4 * MIB)
        monkeypatch.setattr(estimating, "estimate", lambda model: Need(MIB, MIB))
        with pytest.raises(RunningRefused, match="each of 3 tiles at once"):
            bounded_session(opened, device="cpu", workers=3)


@pytest.mark.parametrize("free", [1, None])
def test_what_auto_runs_on_a_processor_is_checked_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: Optional[int]
) -> None:
    place = Place(tmp_path)
    monkeypatch.setattr(estimating, "has_limit", lambda: False)
    monkeypatch.setattr(estimating, "free_memory", lambda: free)
    monkeypatch.setattr(devices, "has_card", lambda: False)
    if free is None:
        done = classify(place.scene, place.ecd, place.out, options=BYTES, device="auto")
        assert done.runtime.endswith("on the CPU")
        return
    with pytest.raises(RunningRefused, match="memory-short"):
        classify(place.scene, place.ecd, place.out, options=BYTES, device="auto")
    with pytest.raises(RunningRefused, match="memory-short"):
        label(place.folder, place.ecd, place.folder / "table.csv")


def test_a_map_is_made_with_as_many_tiles_at_once_as_there_is_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: List[int] = []
    real = engine.pools

    def pools(workers: int) -> Any:
        asked.append(workers)
        return real(workers)

    place = Place(tmp_path)
    monkeypatch.setattr(engine, "pools", pools)
    monkeypatch.setattr(bounded, "cores", lambda: 8)
    monkeypatch.setattr(estimating, "has_limit", lambda: False)
    monkeypatch.setattr(estimating, "free_memory", lambda: 5 * MIB)
    monkeypatch.setattr(estimating, "estimate", lambda model: Need(MIB, MIB))
    classify(place.scene, place.ecd, place.out, options=BYTES)
    assert asked == [3]
