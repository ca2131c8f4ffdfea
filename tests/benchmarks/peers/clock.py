"""What a peer takes, imports and all."""

import json
import os
import time


class Clock:
    """Runs from where it is made; processes that have ended count in its processor time."""

    def __init__(self):
        self._wall, self._cpu = time.perf_counter(), _processor_time()
        self._imports = 0.0

    def imported(self):
        """Say that all imports are done."""
        self._imports = time.perf_counter() - self._wall

    def stop(self):
        """Seconds up to here."""
        wall, cpu = time.perf_counter() - self._wall, _processor_time() - self._cpu
        return {"wall": wall, "cpu": cpu, "imports": self._imports}


def report(figures, version, how):
    """Print what the benchmark reads, as the last line."""
    print(json.dumps({**figures, "version": version, "how": how}), flush=True)


def _processor_time():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
