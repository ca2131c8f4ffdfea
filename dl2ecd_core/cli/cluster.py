"""``--scheduler``: the same commands, done by many machines or on many scenes."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional

import click

from ..findings.wording import printable
from ..progress import Listener
from ..running.building import Options
from ..running.cluster.address import Certificates
from ..running.cluster.classify import classify_on
from ..running.cluster.detect import detect_on
from ..running.cluster.many import Maps, classify_many
from ..running.cluster.sources import is_many
from ..running.detect import DetectOptions
from ..running.objects.report import Detection
from ..running.report import Classification
from .model_run import Asked, run_and_report
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
    """

    scheduler: str
    certificates: Certificates

    @property
    def more(self) -> Dict[str, Any]:
        """What goes on to the functions in the same words."""
        return {"certificates": self.certificates, "tell": _tell}


def _tell(text: str) -> None:
    click.echo(text, err=True)


def cluster_options(function: _Function) -> _Function:
    """Options of a command that can be done by a cluster; it gets them as `cluster`."""

    @click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Work on a cluster of Dask's: tls://HOST:PORT, tcp://HOST:PORT, or local:N for N "
        "processes here. SCENE may then be a folder, a list (.txt) or STAC items (.json, "
        ".parquet), and OUT is a folder.",
    )
    @click.option("--tls-ca-file", metavar="PEM", help="Who signed the scheduler's certificate.")
    @click.option("--tls-cert", metavar="PEM", help="Your certificate, for tls://.")
    @click.option("--tls-key", metavar="PEM", help="The key of your certificate.")
    @functools.wraps(function)
    def command(
        *arguments: Any,
        scheduler: Optional[str],
        tls_ca_file: Optional[str],
        tls_cert: Optional[str],
        tls_key: Optional[str],
        **options: Any,
    ) -> Any:
        certificates = Certificates(tls_ca_file, tls_cert, tls_key)
        if scheduler is None:
            if certificates:
                raise click.UsageError("Certificates are for --scheduler tls://HOST:PORT.")
            return function(*arguments, cluster=None, **options)
        return function(*arguments, cluster=AskedCluster(scheduler, certificates), **options)

    return command


def classify_by(
    cluster: AskedCluster,
    asked: Asked,
    options: Options,
    probabilities: Optional[str],
    say: Callable[[Classification], None],
) -> None:
    """Classify a scene, or many, on a cluster."""
    scene, model, out = asked.paths
    if not is_many(scene):

        def one(messages: Listener) -> Classification:
            return classify_on(
                cluster.scheduler,
                scene,
                model,
                out,
                options=options,
                probabilities=probabilities,
                messages=messages,
                **asked.more,
                **cluster.more,
            )

        run_and_report(asked, one, say, "windows")
        return
    given = asked.more
    for name, value in (
        ("--probabilities", probabilities),
        ("--preview", given.pop("preview")),
        ("--extent", given.pop("extent")),
    ):
        if value is not None:
            raise click.UsageError(f"{name} is for one scene, and {scene} names many.")

    def many(messages: Listener) -> Maps:
        return classify_many(
            cluster.scheduler, scene, model, out, options=options, messages=messages,
            **given, **cluster.more,
        )  # fmt: skip

    run_and_report(asked, many, print_maps, "scenes")


def detect_by(
    cluster: AskedCluster, asked: Asked, options: DetectOptions, messages: Listener
) -> Detection:
    """Find the objects of a scene on a cluster."""
    scene, model, layer = asked.paths
    if is_many(scene):
        raise click.UsageError(f"detect takes one scene at a time, and {scene} names many.")
    return detect_on(
        cluster.scheduler, scene, model, layer, options=options, messages=messages,
        **asked.more, **cluster.more,
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
