"""What only a real cluster shows: the README's commands, TLS, and processes that are killed."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Iterator, List

import numpy as np
import pytest

from dl2ecd_core.progress import Listener
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.cluster.address import Certificates
from dl2ecd_core.running.cluster.classify import classify_on
from dl2ecd_core.running.cluster.connecting import connected
from dl2ecd_core.running.cluster.dispatching import Patience
from tests.running.scenes import opened, pixels, write_scene

from .conftest import BYTES, Place, needs_dask

psutil = pytest.importorskip("psutil", reason="comes with Dask (extra scale)")

ROOT = Path(__file__).parents[3]
README = ROOT / "dl2ecd_core" / "running" / "cluster" / "README.md"

pytestmark = needs_dask


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment() -> dict:
    programs = str(Path(sys.executable).parent)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": ""}


def section(title: str) -> str:
    """The commands of a section."""
    text = README.read_text(encoding="utf-8")
    part = text[text.index(f"## {title}\n") :]
    return re.search(r"```sh\n(.*?)```", part, re.DOTALL)[1]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_readme_works_as_printed(tmp_path: Path) -> None:
    commands = section("On this machine").replace("8786", str(free_port()))
    script = f'set -e\ndl2ecd() {{ "{sys.executable}" -m dl2ecd_core.cli "$@"; }}\n{commands}'
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Dask's dashboard: http://127.0.0.1:" in done.stderr
    with opened(tmp_path / "dl2ecd-demo" / "map.tif") as file:
        values = file.read(1)
    assert set(np.unique(values)) > {0}
    assert (tmp_path / "dl2ecd-demo" / "map.json").exists()


def test_local_workers_listen_on_this_machine_alone() -> None:
    with connected("local:1") as client:
        addresses = [*client.nthreads(), client.scheduler.address, client.dashboard_link]
        assert all("//127.0.0.1:" in one for one in addresses)
        mine = psutil.Process()
        for process in (mine, *mine.children(recursive=True)):
            for one in process.net_connections("inet"):
                if one.status == psutil.CONN_LISTEN:
                    assert one.laddr.ip in ("127.0.0.1", "::1"), one


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_is_not_for_local_workers() -> None:
    with connected("local:1") as client:
        (worker,) = client.run(os.getpid).values()
        # What a terminal sends to all of its programs.
        os.kill(worker, signal.SIGINT)
        assert client.submit(os.getpid).result(timeout=20) == worker
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
        # One that takes its place is as deaf.
        first, deadline = set(client.nthreads()), time.monotonic() + 20
        os.kill(worker, signal.SIGKILL)
        while not set(client.nthreads()) - first and time.monotonic() < deadline:
            time.sleep(0.05)
        (second,) = set(client.nthreads()) - first
        told = client.run(signal.pthread_sigmask, signal.SIG_BLOCK, [], workers=[second])
        assert signal.SIGINT in told[second]


@pytest.fixture(autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """Also where the tests run in the background of a shell, which has its programs ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def certificate(tmp_path: Path) -> Certificates:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    (make,) = re.findall(r"^openssl .*$", section("With TLS"), re.MULTILINE)
    subprocess.run(make.split(), cwd=tmp_path, check=True, capture_output=True)
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    return Certificates(cert, cert, key)


def test_tls(tmp_path: Path, certificate: Certificates) -> None:
    from distributed import LocalCluster, Security

    from dl2ecd_core.findings.errors import Dl2EcdError
    from dl2ecd_core.running.cluster import connecting

    place = Place(tmp_path)
    security = Security(
        require_encryption=True,
        tls_ca_file=certificate.ca_file,
        **{
            f"tls_{role}_{part}": path
            for role in ("scheduler", "worker", "client")
            for part, path in (("cert", certificate.cert), ("key", certificate.key))
        },
    )
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tls://",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        security=security,
    ) as cluster:
        address = cluster.scheduler_address
        assert address.startswith("tls://")
        done = classify_on(
            address, place.scene, place.ecd, place.out, options=BYTES, certificates=certificate
        )
        assert done.findings == ()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(connecting, "_ANSWER", 1)
            with pytest.raises(Dl2EcdError) as refused, connected(address):
                pass
        assert refused.value.findings[0].rule == "scheduler-not-reached"


class Cluster:
    """A scheduler and workers as people start them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.processes: List[subprocess.Popen] = []
        self.scheduler = self._scheduler()
        self.workers = self._workers()

    def _start(self, *command: str) -> subprocess.Popen:
        dask = str(Path(sys.executable).with_name("dask"))
        log = (self.folder / "dask.log").open("ab")
        process = subprocess.Popen(
            [dask, *command], env=environment(), stdout=log, stderr=log, cwd=self.folder
        )
        log.close()
        self.processes.append(process)
        return process

    def _scheduler(self) -> subprocess.Popen:
        return self._start(
            "scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"
        )

    def _workers(self) -> subprocess.Popen:
        return self._start(
            "worker", self.address, "--host", "127.0.0.1", "--nworkers", "2", "--nthreads", "1",
            "--local-directory", str(self.folder / "dask"), "--no-dashboard",
        )  # fmt: skip

    def kill_a_worker(self, number: int) -> bool:
        """SIGKILL one of the processes that work, which its nanny starts again."""
        children = psutil.Process(self.workers.pid).children(recursive=True)
        # One that dies while it starts is given up by its nanny.
        working = [one for one in children if self._works(one)]
        if working:
            working[number % len(working)].kill()
        return bool(working)

    def _works(self, process: Any) -> bool:
        try:
            command = " ".join(process.cmdline())
            return "spawn_main" in command and time.time() - process.create_time() > 4
        except psutil.NoSuchProcess:
            return False

    def restart(self) -> None:
        """SIGKILL the scheduler, and start it and its workers again: they end with it."""
        self.scheduler.kill()
        self.scheduler.wait()
        self.workers.wait(60)
        self.scheduler = self._scheduler()
        self.workers = self._workers()

    def end(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
                process.send_signal(signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    started = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        with connected(started.address) as client:
            client.wait_for_workers(2, timeout=60)
        yield started
    finally:
        started.end()


#: How often processes are killed.
WORKERS, SCHEDULERS = 10, 3

exhaustive = pytest.mark.skipif(
    not os.environ.get("DL2ECD_EXHAUSTIVE"), reason="takes minutes; DL2ECD_EXHAUSTIVE=1 runs it"
)


def wide(folder: Path) -> Place:
    place = Place(folder)
    array = pixels(1901, 2003)
    array[:, 300:900, 200:1000] = 0
    write_scene(place.scene, array, nodata=0)
    return place


def check_whole(place: Place) -> None:
    alone = place.folder.parent / "alone.tif"
    classify(place.scene, place.ecd, alone, options=BYTES)
    assert place.out.read_bytes() == alone.read_bytes()
    assert place.left() == {"map.tif", "map.tif.aux.xml", "map.json"}


def at_random_moments(kill: Any, times: int, ended: threading.Event) -> threading.Thread:
    """Kill so often while something goes on."""

    def run() -> None:
        moments = random.Random(18)
        done = 0
        while done < times and not ended.wait(moments.uniform(0.2, 1.5)):
            done += bool(kill())

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_killed_worker_is_made_up_for(tmp_path: Path, dask_client: Any) -> None:
    place = wide(tmp_path)
    pids = sorted(dask_client.run(os.getpid).values())

    class Killing(Listener):
        def progressed(self, done: int, total: int, doing: str) -> None:
            if done > 20 and len(pids) > 1:
                os.kill(pids.pop(), signal.SIGKILL)

    classify_on(
        dask_client, place.scene, place.ecd, place.out, options=BYTES, side=200, messages=Killing()
    )
    assert len(pids) == 1
    check_whole(place)


@exhaustive
def test_killed_workers_are_made_up_for(tmp_path: Path, cluster: Cluster) -> None:
    (tmp_path / "place").mkdir()
    place = wide(tmp_path / "place")
    ended, numbers = threading.Event(), iter(range(1000))
    killed: List[bool] = []

    def kill() -> bool:
        killed.append(cluster.kill_a_worker(next(numbers)))
        return killed[-1]

    thread = at_random_moments(kill, WORKERS, ended)
    for _ in range(20):
        classify_on(cluster.address, place.scene, place.ecd, place.out, options=BYTES, side=200)
        check_whole(place)
        if killed.count(True) >= WORKERS:
            break
    ended.set()
    thread.join()
    assert killed.count(True) >= WORKERS


@exhaustive
def test_a_killed_scheduler_is_waited_for_or_the_same_call_goes_on(
    tmp_path: Path, cluster: Cluster
) -> None:
    from dl2ecd_core.findings.errors import Dl2EcdError

    (tmp_path / "place").mkdir()
    place = wide(tmp_path / "place")
    ended = threading.Event()
    killed: List[float] = []

    def kill() -> bool:
        cluster.restart()
        killed.append(time.monotonic())
        return True

    thread = at_random_moments(kill, SCHEDULERS, ended)
    calls: List[str] = []
    while len(killed) < SCHEDULERS or not calls or calls[-1] != "done":
        assert len(calls) < 30, calls
        try:
            classify_on(
                cluster.address, place.scene, place.ecd, place.out, options=BYTES, side=200,
                patience=Patience(workers=20),
            )  # fmt: skip
            calls.append("done")
        except Dl2EcdError as error:
            calls.append(error.findings[0].rule)
            time.sleep(0.5)
    ended.set()
    thread.join()
    assert set(calls) <= {"done", "scheduler-lost", "scheduler-not-reached", "no-workers"}
    check_whole(place)


def test_ctrl_c_stops_the_work_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    place = wide(tmp_path / "place")
    process = subprocess.Popen(
        [
            sys.executable, "-m", "dl2ecd_core.cli", "classify", place.scene, place.ecd, place.out,
            "--scale", "min-max 0 255", "--scheduler", "local:2",
        ],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(place.folder.glob(".dl2ecd-*.part/values-*")) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Cancelled" in said
    assert place.left() == set()
