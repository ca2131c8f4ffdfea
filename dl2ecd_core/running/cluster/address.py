"""Where a scheduler is, and what there is to say about that before anybody connects.

Dask runs whatever is sent to a scheduler or a worker by anybody who reaches its port, and a client
unpickles what they send. So the port must be reached by nobody else: it is on this machine's
loopback, or both sides show a certificate.

https://distributed.dask.org/en/stable/tls.html
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Optional, Tuple

from ...findings import Finding
from ...findings.rules import finding
from ...findings.wording import printable, quoted
from ..extras import RunningRefused

LOCAL = "local"
_LOCAL = re.compile(r"local:([1-9][0-9]{0,3})")
_REMOTE = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:.]+\]|[^\s/:\[\]@]+):([0-9]{1,5})/?")
_MOST = 1024


@dataclass(frozen=True)
class Certificates:
    """The files of this client's certificate, as ``dask scheduler`` names them.

    Attributes
    ----------
    ca_file
        Who signed the scheduler's and the workers' certificates.
    cert, key
        This client's own.
    """

    ca_file: Optional[str] = None
    cert: Optional[str] = None
    key: Optional[str] = None

    def __bool__(self) -> bool:
        return any((self.ca_file, self.cert, self.key))


@dataclass(frozen=True)
class Address:
    """Where a scheduler is.

    Attributes
    ----------
    scheme
        ``tcp``, ``tls``, or ``local`` for one that is started here, with its workers.
    host, port
        Of a scheduler that is there already.
    workers
        Of one that is started here.
    """

    scheme: str
    host: str = ""
    port: int = 0
    workers: int = 0

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but this machine reaches it."""
        if self.scheme == LOCAL or self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        if self.scheme == LOCAL:
            return f"{LOCAL}:{self.workers}"
        return f"{self.scheme}://{self.host}:{self.port}"


def address_of(text: str) -> Address:
    """An address as a person gives it.

    Raises
    ------
    RunningRefused
        ``scheduler-address``.

    Examples
    --------
    >>> address_of("local:4").workers, address_of("tls://10.0.0.7:8786").port
    (4, 8786)
    """
    local = _LOCAL.fullmatch(text.strip())
    if local and int(local[1]) <= _MOST:
        return Address(LOCAL, workers=int(local[1]))
    remote = _REMOTE.fullmatch(text.strip())
    if remote and 0 < int(remote[3]) < 1 << 16:
        return Address(remote[1], remote[2], int(remote[3]))
    raise RunningRefused(
        [
            finding(
                "scheduler-address",
                f"{quoted(text, 200)} is no address of a scheduler.",
                hint="Give tls://HOST:PORT or tcp://HOST:PORT of a running one, or local:4 to "
                "start four workers on this machine.",
            )
        ]
    )


def said_of(address: str) -> Tuple[Finding, ...]:
    """What the person must know before anything goes to an address that Dask connects to."""
    try:
        where = address_of(address)
    except RunningRefused:
        # In this process, or over a transport of Dask's that is not of this kind.
        if address.startswith("inproc://"):
            return ()
        where = Address(address.partition(":")[0], printable(address, 100))
    if where.is_loopback or where.scheme == "tls":
        return ()
    return (
        finding(
            "scheduler-not-encrypted",
            f"{printable(address, 200)} is on another machine and not encrypted: whoever reaches "
            "its port can run programs there, and here as long as you are connected.",
            hint="Let scheduler and workers speak TLS and give their address as tls://..., or "
            "reach them through a tunnel (ssh -L).",
        ),
    )
