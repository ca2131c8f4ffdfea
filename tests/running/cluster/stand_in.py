"""A stand-in for a client of Dask's: it runs what it is given in this process."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Optional, Sequence

from dl2ecd_core.progress import Listener
from dl2ecd_core.running.cluster.dispatching import Dispatcher, Patience


class KilledWorker(Exception):
    """Named as Dask's, which is told by its name."""


class Future:
    """Of something that is done, or failed, when it is asked for."""

    def __init__(self, action: Callable[[], Any]) -> None:
        self.status, self._error, self.value = "finished", None, None
        try:
            self.value = action()
        except Exception as error:
            self.status, self._error = "error", error

    def add_done_callback(self, heard: Callable[[Any], None]) -> None:
        heard(self)

    def exception(self) -> Any:
        return self._error


class StandInClient:
    """Two threads at one address, where everything is done at once."""

    def __init__(self, folder: Path, workers: Optional[Dict[str, int]] = None) -> None:
        self.status = "running"
        self.folder = folder
        self.workers = {"here": 2} if workers is None else workers
        self.asked: List[Any] = []
        self.ran: List[Any] = []
        self.cancelled: List[Any] = []
        self.dashboard_link = "http://127.0.0.1:8787/status"

    def nthreads(self) -> Dict[str, int]:
        return self.workers

    def wait_for_workers(self, count: int, timeout: float) -> None:
        if len(self.workers) < count:
            raise TimeoutError

    def map(
        self, function: Callable[..., Any], *arguments: Sequence[Any], key: List[str], **more: Any
    ) -> List[Future]:
        assert more == {"pure": False, "retries": 0}
        assert len(set(key)) == len(key)
        self.asked += zip(*arguments)
        return [
            Future(lambda one=one: function(*one))  # type: ignore[misc]
            for one in zip(*arguments)
        ]

    def submit(self, function: Callable[..., Any], *arguments: Any, **more: Any) -> Future:
        assert more["workers"] == ["here"]
        self.asked.append(arguments)
        return Future(lambda: function(*arguments))

    def gather(self, futures: List[Future]) -> List[Any]:
        return [future.value for future in futures]

    def cancel(self, futures: List[Future], *, force: bool) -> None:
        assert force
        self.cancelled += futures

    def run(self, function: Callable[..., Any], *arguments: Any, **more: Any) -> Dict[str, Any]:
        self.ran.append((function.__name__, arguments))
        if function.__name__ == "keep":
            worker = SimpleNamespace(local_directory=str(self.folder))
            return {"here": function(*arguments, dask_worker=worker)}
        return {"here": function(*arguments)}


#: Nobody waits in a test.
QUICK = Patience(attempts=3, rest=0.0, reconnect=0.2, workers=0.1)


def dispatcher(
    client: Any,
    function: Callable[..., Any],
    *,
    listener: Optional[Listener] = None,
    supply: Callable[[str], None] = lambda worker: None,
    patience: Patience = QUICK,
) -> Dispatcher:
    """One that runs a function of the test's."""
    return Dispatcher(client, supply, listener or Listener(), patience, function)
