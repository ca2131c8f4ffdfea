"""Tasks that need a process of their own; each prints what it measured as one line of JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional

from . import detecting_tasks, running_tasks, scale_tasks
from .measuring import bytes_read


def inspect(model: str) -> Dict[str, float]:
    """The first and the second inspection in a process, and what the second read of the file."""
    import dl2ecd_core.models

    started, cpu = time.perf_counter(), time.process_time()
    dl2ecd_core.models.inspect_model(model)
    first, cpu = time.perf_counter() - started, time.process_time() - cpu
    before = bytes_read()
    started = time.perf_counter()
    dl2ecd_core.models.inspect_model(model)
    second = time.perf_counter() - started
    after = bytes_read()
    measured = {"first": first, "cpu": cpu, "second": second}
    if before is not None and after is not None:
        measured["read"] = after - before
    return measured


def convert(model: str, classes: str, ecd: str) -> Dict[str, float]:
    """A conversion from start to end, imports left out."""
    from dl2ecd_core.conversion import convert as converted

    return _timed(lambda: converted(model, classes, ecd))


def extract(ecd: str, folder: str) -> Dict[str, float]:
    """The model out of an .ecd."""
    from dl2ecd_core.ecd.extraction import extract as extracted
    from dl2ecd_core.ecd.reader import read_ecd

    return _timed(lambda: extracted(read_ecd(ecd), Path(folder), overwrite=True))


def verify(ecd: str) -> Dict[str, float]:
    """Everything that ``dl2ecd verify`` checks."""
    from dl2ecd_core.ecd.verification import verify_ecd
    from dl2ecd_core.findings import Finding, errors_in

    findings: List[Finding] = []
    measured = _timed(lambda: findings.extend(verify_ecd(ecd)[1]))
    if errors_in(findings):
        raise SystemExit(f"not whole: {findings}")
    return measured


def dlpk(ecd: str, package: str) -> Dict[str, float]:
    """A deep learning package from an .ecd."""
    from dl2ecd_core.ecd.reader import read_ecd
    from dl2ecd_core.exports import export

    return _timed(lambda: export(read_ecd(ecd), "dlpk", Path(package)))


def network(model: str, target: str) -> Dict[str, float]:
    """A model's network as ONNX."""
    from dl2ecd_core.models.network_file import write_network
    from dl2ecd_core.models.networks import read_network

    cpu = time.process_time()
    measured = _timed(lambda: write_network(read_network(model), Path(target)))
    return {**measured, "cpu": time.process_time() - cpu}


def metadata(ecd: str) -> Dict[str, float]:
    """An .ecd's metadata, its model left where it is."""
    from dl2ecd_core.ecd.reader import read_ecd

    return {**_timed(lambda: read_ecd(ecd)), "again": _timed(lambda: read_ecd(ecd))["seconds"]}


def json_load(ecd: str) -> Dict[str, float]:
    """The same file, as the obvious program reads it."""

    def load() -> object:
        with Path(ecd).open(encoding="ascii") as file:
            return json.load(file)

    return _timed(load)


def pane(toolbox: str, model: str, classes: str) -> Dict[str, float]:
    """Opening the dialog, filling it in at once, then changing nothing many times."""
    import dl2ecd_core.headless  # noqa: F401
    from dl2ecd_core.headless._dialog import Dialog
    from dl2ecd_core.headless._loading import LoadedToolbox

    loading = _timed(lambda: LoadedToolbox(Path(toolbox)))["seconds"]
    dialog: Optional[Dialog] = None

    def opened() -> None:
        nonlocal dialog
        dialog = Dialog(toolbox, "DeepLearningModelToEcd")

    opening = _timed(opened)["seconds"]
    assert dialog is not None
    fill_in: Callable[..., None] = dialog.fill_in
    output = str(Path(model).with_suffix(".ecd"))
    filling = [
        _timed(lambda: fill_in(in_deep_learning_model=model))["seconds"],
        _timed(lambda: fill_in(in_classification_info_json=classes))["seconds"],
        _timed(lambda: fill_in(out_classifier_definition=output))["seconds"],
    ]
    # Whatever still runs in the background is to be done before warm rounds are measured.
    time.sleep(1)
    dialog.validate_again()
    warm = sorted(_timed(dialog.validate_again)["seconds"] for _ in range(51))[25]
    return {"loading": loading, "opening": opening, "cold": max(filling), "warm": warm}


def _timed(action: Callable[[], object]) -> Dict[str, float]:
    started = time.perf_counter()
    action()
    return {"seconds": time.perf_counter() - started}


TASKS: Dict[str, Callable[..., Dict[str, float]]] = {
    task.__name__: task
    for task in (
        *(inspect, convert, extract, verify, dlpk, network, metadata, json_load, pane),
        *(running_tasks.scene, running_tasks.classify, running_tasks.inference, running_tasks.loop),
        *(running_tasks.decoding, running_tasks.differing),
        *(scale_tasks.clustered, scale_tasks.sleeping, scale_tasks.flood, scale_tasks.million),
        *(detecting_tasks.detector, detecting_tasks.scene_of_objects, detecting_tasks.detect),
        *(detecting_tasks.detect_inference, detecting_tasks.suppression),
    )
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
