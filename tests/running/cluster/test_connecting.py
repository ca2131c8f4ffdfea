"""Ctrl-C while a cluster on this machine comes up is heard when it is up, and takes it down."""

from __future__ import annotations

import signal
import threading
from typing import Any, List

import pytest

from dl2ecd_core.running.cluster.address import address_of
from dl2ecd_core.running.cluster.connecting import _local


class Distributed:
    """The part of Dask that starts workers; somebody presses Ctrl-C while it does."""

    def __init__(self, *, interrupted: bool) -> None:
        self.interrupted = interrupted
        self.told: List[str] = []

    def LocalCluster(self, **options: Any) -> Distributed:  # noqa: N802 - Dask's own name
        assert options["n_workers"] == 3
        if self.interrupted:
            signal.raise_signal(signal.SIGINT)
        self.told.append("started")
        return self

    def __enter__(self) -> Distributed:
        return self

    def __exit__(self, *error: object) -> None:
        self.told.append("closed")


@pytest.fixture(params=["with masks", "as on Windows"])
def masks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "as on Windows":
        monkeypatch.delattr(signal, "pthread_sigmask", raising=False)


@pytest.mark.usefixtures("masks")
class TestStarting:
    def test_a_cluster_that_was_interrupted_is_closed(self) -> None:
        before = signal.getsignal(signal.SIGINT)
        dask = Distributed(interrupted=True)
        with pytest.raises(KeyboardInterrupt), _local(dask, address_of("local:3")):
            dask.told.append("used")
        assert dask.told == ["started", "closed"]
        assert signal.getsignal(signal.SIGINT) is before

    def test_one_that_was_not_is_used(self) -> None:
        dask = Distributed(interrupted=False)
        with _local(dask, address_of("local:3")) as cluster:
            assert cluster is dask
            dask.told.append("used")
        assert dask.told == ["started", "used", "closed"]

    def test_goes_in_any_thread(self) -> None:
        dask = Distributed(interrupted=False)

        def start() -> None:
            with _local(dask, address_of("local:3")):
                dask.told.append("used")

        thread = threading.Thread(target=start)
        thread.start()
        thread.join()
        assert dask.told == ["started", "used", "closed"]
