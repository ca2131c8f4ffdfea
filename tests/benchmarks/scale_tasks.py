"""What the benchmarks of work on many machines do in processes of their own."""

from __future__ import annotations

import resource
import time
from contextlib import contextmanager
from typing import Any, Dict, Iterator

from .running_tasks import SCALE, _classes_beside

#: Each worker watches itself, which is nothing on a machine of its own; sixty-four in one process
#: would do little else.
_UNWATCHED = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "1h",
}


@contextmanager
def cluster(workers: int, processes: bool) -> Iterator[Any]:
    """A client of workers on this machine, one thread each."""
    import dask
    from distributed import Client, LocalCluster

    with (
        dask.config.set({} if processes else _UNWATCHED),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=processes,
            memory_limit="auto" if processes else 0,
            host="127.0.0.1",
            protocol="tcp://",
            dashboard_address="127.0.0.1:0",
        ) as started,
        Client(started, set_as_default=False) as client,
    ):
        client.wait_for_workers(workers, timeout=300)
        yield client


def clustered(scene: str, model: str, out: str) -> Dict[str, float]:
    """The whole job on a cluster of as many processes as there are cores; its start apart."""
    from dl2ecd_core.running.processes.cores import cores

    began = time.perf_counter()
    with cluster(cores(), True) as client:
        # Workers import what they need when they start.
        client.run(_ready)
        started, cpu = time.perf_counter(), _processor_time(client)
        from dl2ecd_core.running.building import Options
        from dl2ecd_core.running.cluster.classify import classify_on

        classes = _classes_beside(out, model)
        classify_on(client, scene, model, out, class_info=classes, options=Options(scale=[SCALE]))
        wall = time.perf_counter() - started
        return {
            "wall": wall,
            "cpu": _processor_time(client) - cpu,
            "start": started - began,
        }


def _processor_time(client: Any) -> float:
    """Of client, scheduler and workers."""
    return time.process_time() + sum(client.run(time.process_time).values())


def stand_in(what: str, order: Dict[str, Any]) -> Dict[str, Any]:
    """A model of known cost: it sleeps, so that sixty-four of them fit on a core."""
    del what
    time.sleep(order["seconds"])
    return {"done": {}}


def sleeping(workers: str, processes: str, seconds: str, rounds: str) -> Dict[str, float]:
    """Tasks that sleep, so many rounds for each worker; and what they would take at best."""
    many, each = int(workers), float(seconds)
    with cluster(many, processes == "processes") as client:
        # Workers that have never run anything import first.
        client.run(_ready)
        wall = _dispatched(client, stand_in, many * int(rounds), each)
    return {"wall": wall, "ideal": each * int(rounds)}


def _ready() -> None:
    import onnxruntime  # noqa: F401
    import rasterio  # noqa: F401

    import dl2ecd_core.running.cluster.worker  # noqa: F401


def _dispatched(client: Any, function: Any, tasks: int, seconds: float) -> float:
    from dl2ecd_core.progress import Listener
    from dl2ecd_core.running.cluster.dispatching import Dispatcher, Task

    dispatcher = Dispatcher(client, lambda worker: None, Listener(), function=function)
    source = (Task("stand-in", {"seconds": seconds, "number": one}) for one in range(tasks))
    started = time.perf_counter()
    done = sum(1 for _ in dispatcher.outcomes(source))
    wall = time.perf_counter() - started
    if done != tasks:
        raise SystemExit(f"{done} of {tasks} tasks")
    return wall


def flood(tasks: str) -> Dict[str, float]:
    """Tasks of no time at all through client and scheduler in one process; its peak of memory."""
    with cluster(2, False) as client:
        cpu = time.process_time()
        wall = _dispatched(client, stand_in, int(tasks), 0.0)
        cpu = time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall": wall, "per_task": cpu / int(tasks) * 1000, "peak": peak}


def million(count: str) -> Dict[str, float]:
    """The windows of a scene of so many, made one at a time."""
    import tracemalloc
    from math import isqrt
    from types import SimpleNamespace

    from dl2ecd_core.running.cluster.grid import grid_of
    from dl2ecd_core.running.rasters.raster import Window
    from dl2ecd_core.running.tiles.placement import Placement
    from dl2ecd_core.running.tiles.planning import plan_tiles

    placement = Placement(256, 256, reach=(12, 12))
    side = isqrt(int(count)) * 1024
    plan = plan_tiles(placement, placement, side, side)
    fitted: Any = SimpleNamespace(fitted=SimpleNamespace(rows=placement, columns=placement))
    tracemalloc.start()
    started = time.perf_counter()
    grid = grid_of(fitted, plan, Window(0, side, 0, side), 1024)
    windows = sum(1 for _ in grid.windows())
    peak = tracemalloc.get_traced_memory()[1] / (1 << 20)
    return {"windows": windows, "wall": time.perf_counter() - started, "peak": peak}
