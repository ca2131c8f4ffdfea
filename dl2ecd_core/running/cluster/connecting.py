"""A client of Dask's: to a scheduler that runs, or to one that is started here with its workers."""

from __future__ import annotations

import logging
import signal
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, Iterator, List, Optional, Union

from ...files.scratch import scratch_folder
from ...findings.rules import finding
from ...findings.wording import printable
from ...version import __version__
from ..extras import RunningRefused, not_installed
from .address import LOCAL, Address, Certificates, address_of
from .dispatching import UNREACHED, Patience, lost
from .worker import about, forget, keep, other_version

#: Seconds for a scheduler to answer.
_ANSWER = 20
#: The model goes to workers in pieces of so many bytes.
_PIECE = 16 << 20
#: What a worker of ours runs first: it ends when the client says so, not when a terminal does.
_DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"


def distributed_module() -> Any:
    """The library, or a sentence that says how to get it."""
    try:
        import distributed
    except ImportError as error:
        raise not_installed("Dask", "scale", "work on several machines") from error
    return distributed


@contextmanager
def connected(
    scheduler: Union[str, Any], certificates: Optional[Certificates] = None
) -> Iterator[Any]:
    """A client of a scheduler, for as long as it is used.

    Parameters
    ----------
    scheduler
        An address (:func:`~dl2ecd_core.running.cluster.address.address_of`), or a client of Dask's,
        which stays open.

    Raises
    ------
    RunningRefused
        ``scheduler-address``, ``scheduler-not-reached``; ``runtime-missing`` without Dask.
    """
    if not isinstance(scheduler, str):
        yield scheduler
        return
    address = address_of(scheduler)
    distributed = distributed_module()
    with ExitStack() as stack:
        if address.scheme == LOCAL:
            cluster = stack.enter_context(_local(distributed, address))
            yield stack.enter_context(distributed.Client(cluster))
            return
        try:
            client = stack.enter_context(
                distributed.Client(
                    str(address),
                    timeout=_ANSWER,
                    security=_security(distributed, address, certificates),
                    set_as_default=False,
                )
            )
        except (*UNREACHED, TypeError) as error:
            raise RunningRefused([_not_reached(address, error)]) from error
        yield client


@contextmanager
def _local(distributed: Any, address: Address) -> Iterator[Any]:
    """A scheduler and workers on this machine, whose files go with them.

    Ctrl-C in a terminal reaches every process that was started there. It is for the client alone,
    which takes the workers down; each of them would tell of it at length.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder(Path(tempfile.gettempdir())))
        with _without_interrupts():
            cluster = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=address.workers,
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    local_directory=str(folder),
                    preload=[_DEAF],
                    silence_logs=logging.CRITICAL,
                )
            )
        yield cluster


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Threads and processes that are started meanwhile never hear of SIGINT, nor what they start.

    The mask goes to the thread of the cluster's loop, and from there to each worker it starts, from
    its first moment on and whenever that is. On Windows, which knows no masks, what a worker runs
    first must do. Who presses Ctrl-C meanwhile is heard at the end: half a cluster can't be closed.
    """
    heard: List[int] = []
    with ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            usual = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
            stack.callback(signal.signal, signal.SIGINT, usual)
        if hasattr(signal, "pthread_sigmask"):
            # Otherwise started with the first worker, in whose thread it would let signals in.
            resource_tracker.ensure_running()
            before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
            stack.callback(signal.pthread_sigmask, signal.SIG_SETMASK, before)
        yield
    if heard:
        raise KeyboardInterrupt


def _security(distributed: Any, address: Address, given: Optional[Certificates]) -> Any:
    """Certificates for TLS: as given, else as Dask's own configuration says."""
    if address.scheme != "tls" or not given:
        return None if address.scheme != "tls" else distributed.Security(require_encryption=True)
    return distributed.Security(
        require_encryption=True,
        tls_ca_file=given.ca_file,
        tls_client_cert=given.cert,
        tls_client_key=given.key,
    )


def _not_reached(address: Address, error: Exception) -> Any:
    return finding(
        "scheduler-not-reached",
        f"No scheduler answers at {address}: {printable(str(error) or type(error).__name__, 300)}",
        hint="Start one (dask scheduler), or look at the address and, for tls://, at the "
        "certificates.",
    )


def check_workers(client: Any, model: str, patience: Patience) -> None:
    """Wait for a worker, and see that all of them are of this version.

    Raises
    ------
    RunningRefused
        ``no-workers`` or ``worker-version``.
    """
    try:
        client.wait_for_workers(1, timeout=patience.workers)
    except UNREACHED as error:
        raise RunningRefused(
            [
                finding(
                    "no-workers",
                    f"The scheduler has had no worker for {patience.workers:g} seconds.",
                    hint="Start workers: dask worker ADDRESS --nthreads 1",
                )
            ]
        ) from error
    try:
        told = client.run(about, model, on_error="return")
    except UNREACHED as error:
        raise RunningRefused([lost()]) from error
    for said in told.values():
        if isinstance(said, (ImportError, AttributeError)):
            raise RunningRefused([other_version("of another version or none", __version__)])
        # One that has died since is no worker any more.
        if isinstance(said, dict) and said["version"] != __version__:
            raise RunningRefused([other_version(said["version"], __version__)])


class Supply:
    """Gives the model to workers that have not got it."""

    def __init__(self, client: Any, definition: Path, digest: str) -> None:
        self._client, self._definition, self._digest = client, definition, digest

    def __call__(self, worker: str) -> None:
        """To a worker, by its address.

        Raises
        ------
        OSError, RuntimeError, ValueError
            When it is gone.
        """
        where = [worker] if worker else None
        if all(
            said["held"] for said in self._client.run(about, self._digest, workers=where).values()
        ):
            # Several of its threads have asked.
            return
        size = self._definition.stat().st_size
        with self._definition.open("rb") as file:
            offset = 0
            while offset < size:
                piece = file.read(_PIECE)
                self._client.run(keep, self._digest, offset, piece, size, workers=where)
                offset += len(piece)

    def end(self) -> None:
        """Workers need it no longer."""
        if self._client.status != "running":
            return
        try:
            self._client.run(forget, self._digest, on_error="ignore")
        except UNREACHED:
            # A worker that goes takes it along.
            return
