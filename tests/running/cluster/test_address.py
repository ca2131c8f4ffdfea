"""Where a scheduler is, and what is said of it before anything goes there."""

from __future__ import annotations

import pytest

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.cluster.address import Certificates, address_of, said_of


class TestAddresses:
    def test_of_workers_on_this_machine(self) -> None:
        address = address_of("local:4")
        assert (address.scheme, address.workers, str(address)) == ("local", 4, "local:4")
        assert address.is_loopback

    @pytest.mark.parametrize(
        ("text", "host", "port"),
        [
            ("tcp://127.0.0.1:8786", "127.0.0.1", 8786),
            ("tls://node-7.example.org:1", "node-7.example.org", 1),
            (" tcp://[::1]:8786/ ", "[::1]", 8786),
        ],
    )
    def test_of_schedulers(self, text: str, host: str, port: int) -> None:
        address = address_of(text)
        assert (address.host, address.port) == (host, port)
        assert str(address) == text.strip().rstrip("/")

    @pytest.mark.parametrize(
        "text",
        [
            "", "local", "local:0", "local:-1", "local:9999", "host:8786", "http://host:8786",
            "tcp://host", "tcp://host:0", "tcp://host:65536", "tcp://user@host:1", "tcp://a b:1",
            "tcp://host:8786/path", "inproc://1/2/3",
        ],
    )  # fmt: skip
    def test_of_another_kind_are_refused(self, text: str) -> None:
        with pytest.raises(Dl2EcdError) as refused:
            address_of(text)
        assert refused.value.findings[0].rule == "scheduler-address"


class TestWarnings:
    @pytest.mark.parametrize(
        "text",
        [
            "local:2", "tcp://127.0.0.1:8786", "tcp://127.9.9.9:1", "tcp://localhost:8786",
            "tcp://[::1]:8786", "tls://10.0.0.7:8786", "inproc://10.0.0.7/1/2",
        ],
    )  # fmt: skip
    def test_none_where_nobody_else_listens(self, text: str) -> None:
        assert said_of(text) == ()

    @pytest.mark.parametrize(
        "text",
        [
            "tcp://10.0.0.7:8786", "tcp://0.0.0.0:8786", "tcp://[fe80::1]:8786",
            "tcp://localhost.example.org:8786", "tcp://127.0.0.1.example.org:8786",
            "ucx://10.0.0.7:8786",
        ],
    )  # fmt: skip
    def test_where_others_may(self, text: str) -> None:
        (said,) = said_of(text)
        assert said.rule == "scheduler-not-encrypted"
        assert "tls://" in said.hint


def test_certificates_are_none_where_nothing_is_given() -> None:
    assert not Certificates()
    assert Certificates(ca_file="ca.pem")
