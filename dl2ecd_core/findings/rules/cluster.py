"""Rules about running a model on many machines, and on many scenes."""

from __future__ import annotations

from typing import Tuple

from ..finding import Rule, Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

RULES: Tuple[Rule, ...] = (
    Rule("scheduler-address", _ERROR, "The scheduler's address is one that Dask knows."),
    Rule("scheduler-not-encrypted", _WARNING, "The scheduler is on this machine, or speaks TLS."),
    Rule("scheduler-not-reached", _ERROR, "A scheduler answers at its address."),
    Rule("scheduler-lost", _ERROR, "The scheduler lives until the work is done."),
    Rule("no-workers", _ERROR, "The cluster has a worker."),
    Rule("worker-version", _ERROR, "Workers have the same version of dl2ecd as the client."),
    Rule("worker-fits-otherwise", _ERROR, "Workers cut the scene as the client does."),
    Rule("worker-died", _ERROR, "No worker dies of its work."),
    Rule("worker-out-of-memory", _ERROR, "Workers have the memory that a window needs."),
    Rule("worker-failed", _ERROR, "What workers do ends as it should."),
    Rule("runtimes-differ", _WARNING, "All workers run the model with the same runtime."),
    Rule("output-not-shared", _ERROR, "Workers see the output's folder."),
    Rule("scene-changed", _ERROR, "The scene stays the same while work goes on."),
    Rule("scenes-missing", _ERROR, "There is a scene in what is named."),
    Rule("scenes-not-readable", _ERROR, "The list of scenes can be read."),
    Rule("item-address", _ERROR, "A STAC item's files are on this machine or on the web."),
    Rule("item-without-bands", _ERROR, "A STAC item has the bands that the model takes."),
    Rule("item-bands-differ", _ERROR, "The files of a STAC item's bands have the same pixels."),
)
