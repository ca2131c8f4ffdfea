"""``--scheduler``: the same commands, done by many machines or on many scenes."""

from __future__ import annotations

import functools
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Optional

import click

from ..findings.wording import counted, listed, printable
from ..progress import Listener
from ..running.building import Options
from ..running.cluster.address import Certificates
from ..running.cluster.classify import classify_on
from ..running.cluster.detect import detect_on
from ..running.cluster.estimate import Estimate, estimate
from ..running.cluster.many import Maps, classify_many
from ..running.cluster.sources import is_many
from ..running.detect import DetectOptions
from ..running.extras import RunningRefused
from ..running.maps.report import Classification
from ..running.objects.report import Detection
from ..running.rasters.scene import opened_scene
from .model_run import Asked, run_and_report
from .pixel_bar import PixelBar
from .terminal import print_findings

_Function = Callable[..., Any]


@dataclass(frozen=True)
class AskedCluster:
    """What a person says of the cluster.

    Attributes
    ----------
    scheduler
        Its address.
    certificates
        For ``tls://``.
    dry_run
        Whether to estimate alone.
    """

    scheduler: Optional[str]
    certificates: Certificates
    dry_run: bool = False

    def more(self, bar: PixelBar) -> Dict[str, Any]:
        """What goes on to the functions in the same words."""
        return {"certificates": self.certificates, "tell": bar.say, "messages": bar}


#: What ``--scheduler`` says of SCENE in commands that take one, and in those that take many.
ONE = "For SCENE that is one raster."
MANY = "OUT is a folder where SCENE is a folder, a list (.txt) or STAC items (.json, .parquet)."


def cluster_options(scenes: str) -> Callable[[_Function], _Function]:
    """Options of a command that can be done by a cluster; it gets them as `cluster`.

    Parameters
    ----------
    scenes
        :data:`ONE` or :data:`MANY`.
    """
    return functools.partial(_with_options, scenes)


def _with_options(scenes: str, function: _Function) -> _Function:
    @click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Work on a cluster of Dask's: tls://HOST:PORT, tcp://HOST:PORT, or local:N for N "
        f"processes here. {scenes}",
    )
    @click.option("--tls-ca-file", metavar="PEM", help="Who signed the scheduler's certificate.")
    @click.option("--tls-cert", metavar="PEM", help="Your certificate, for tls://.")
    @click.option("--tls-key", metavar="PEM", help="The key of your certificate.")
    @click.option(
        "--dry-run",
        is_flag=True,
        help="Write nothing: measure a second of the model here, and estimate windows, bytes, "
        "memory and time.",
    )
    @functools.wraps(function)
    def command(
        *arguments: Any,
        dry_run: bool,
        scheduler: Optional[str],
        tls_ca_file: Optional[str],
        tls_cert: Optional[str],
        tls_key: Optional[str],
        **options: Any,
    ) -> Any:
        certificates = Certificates(tls_ca_file, tls_cert, tls_key)
        if scheduler is None and not dry_run:
            if certificates:
                raise click.UsageError("Certificates are for --scheduler tls://HOST:PORT.")
            return function(*arguments, cluster=None, **options)
        asked = AskedCluster(scheduler, certificates, dry_run)
        return function(*arguments, cluster=asked, **options)

    return command


def check_one_scene(asked: Asked, hint: str) -> None:
    """Say what is done of many scenes to whoever gives them where one is taken.

    What GDAL can read is one scene, also where it is a folder or a text.

    Raises
    ------
    click.UsageError
        With the `hint`.
    """
    scene = asked.paths[0]
    if not is_many(scene) or not Path(scene).exists():
        return
    try:
        with opened_scene(scene):
            return
    except RunningRefused as error:
        if error.findings[0].rule != "raster-not-readable":
            return
    raise click.UsageError(f"{printable(scene, 400)} is no raster. {hint}")


def many_classified(asked: Asked) -> str:
    """How many scenes are classified."""
    scene, model, out = asked.paths
    given = [scene, model, *([] if asked.class_info is None else [asked.class_info]), out]
    words = printable(" ".join(map(shlex.quote, given)), 1200)
    return (
        "Where it names many scenes, say how many processes work on them; OUT is a folder then: "
        f"dl2ecd classify {words} --scheduler local:2"
    )


#: How the objects of many scenes are found.
EACH = "detect takes one raster at a time: give the command for each, with an OUT of its own."


def classify_by(
    cluster: AskedCluster,
    asked: Asked,
    options: Options,
    probabilities: Optional[str],
    say: Callable[[Classification], None],
) -> None:
    """Classify a scene, or many, on a cluster."""
    scene, model, out = asked.paths
    if cluster.dry_run:
        _estimate(cluster, asked, options)
    elif is_many(scene):
        _many(cluster, asked, options, probabilities)
    else:

        def one(bar: PixelBar) -> Classification:
            return classify_on(
                cluster.scheduler,
                scene,
                model,
                out,
                options=options,
                probabilities=probabilities,
                **asked.more,
                **cluster.more(bar),
            )

        run_and_report(asked, one, say, "windows")


def _many(
    cluster: AskedCluster, asked: Asked, options: Options, probabilities: Optional[str]
) -> None:
    scene, model, out = asked.paths
    given = asked.more
    for name, value in (
        ("--probabilities", probabilities),
        ("--preview", given.pop("preview")),
        ("--extent", given.pop("extent")),
    ):
        if value is not None:
            raise click.UsageError(f"{name} is for one scene, and {scene} names many.")

    def many(bar: PixelBar) -> Maps:
        return classify_many(
            cluster.scheduler, scene, model, out, options=options, **given, **cluster.more(bar),
        )  # fmt: skip

    run_and_report(asked, many, print_maps, "scenes")


def _estimate(cluster: AskedCluster, asked: Asked, options: Options) -> None:
    given = asked.more
    for name in ("preview", "extent", "overwrite"):
        del given[name]

    def run(messages: Listener) -> Estimate:
        return estimate(
            cluster.scheduler, *asked.paths[:2], options=options, messages=messages,
            certificates=cluster.certificates, **given,
        )  # fmt: skip

    run_and_report(asked, run, print_estimate)


def print_estimate(done: Estimate) -> None:
    """What a job would cost."""
    parts = ", ".join(f"{part} {one:.3f} s" for part, one in done.window_seconds.items())
    some = "" if done.looked_at == done.scenes else f" (estimated from {done.looked_at:,})"
    memory = "unknown" if done.worker_bytes is None else _bytes(done.worker_bytes)
    lines = [
        ("Scenes", f"{done.scenes:,}{some}"),
        ("Windows", f"{done.windows:,}, one task each"),
        ("To read", _bytes(done.bytes_to_read)),
        ("Memory", f"{memory} for each worker process"),
        ("A window", f"{parts}, by {done.runtime}"),
        ("The limit", done.limit),
        ("Time", f"{_hours(done.hours)} with {counted(done.threads, 'thread')} like this one"),
        ("Core-hours", f"{done.core_hours:.3g}"),
    ]
    if done.unread:
        told = f"{len(done.unread):,} of {done.looked_at:,} looked at: {listed(done.unread)}"
        lines.insert(1, ("Unreadable", told))
    for name, text in lines:
        click.echo(f"{name:<11} {text}")
    click.echo("Nothing was written.")


def _bytes(number: float) -> str:
    """In the unit that suits it."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024:
            return counted(round(number), "byte") if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def _hours(hours: float) -> str:
    """In the unit that suits it."""
    if hours < 1 / 60:
        return f"{hours * 3600:.1f} seconds"
    return f"{hours * 60:.1f} minutes" if hours < 1 else f"{hours:.1f} hours"


def detect_by(
    cluster: AskedCluster, asked: Asked, options: DetectOptions, bar: PixelBar
) -> Detection:
    """Find the objects of a scene on a cluster."""
    scene, model, layer = asked.paths
    if cluster.dry_run:
        raise click.UsageError("--dry-run is for classify.")
    if is_many(scene):
        raise click.UsageError(f"{printable(scene, 400)} names many scenes. {EACH}")
    return detect_on(
        cluster.scheduler, scene, model, layer, options=options, **asked.more, **cluster.more(bar),
    )  # fmt: skip


def print_maps(done: Maps) -> None:
    """How many maps there are now, and of what there is none."""
    for scene, findings in done.failed:
        click.secho(f"\n== {printable(scene, 400)}", bold=True)
        print_findings(findings, conclude=False)
    click.echo(
        f"{done.made:,} maps made, {done.unchanged:,} unchanged, {done.failures:,} failed, in "
        f"{done.seconds:.1f} s: {printable(done.output, 400)}"
    )
    if done.failures:
        click.echo("The same command does what failed, and nothing else.")
