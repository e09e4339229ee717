"""Which targets are on this machine. No real name resolution: the tests replace the resolver."""

import ipaddress
import socket
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.database.target import Node, Target
from parloader.errors import ConnectError, RemoteHost
from parloader.runs.permission import forbidden_hosts, require_permitted

OWN = {
    "eth0": [
        SimpleNamespace(family=socket.AF_INET, address="192.0.2.7"),
        SimpleNamespace(family=socket.AF_INET6, address="2001:db8::7"),
        SimpleNamespace(family=socket.AF_INET6, address="fe80::7%eth0"),
        SimpleNamespace(family=psutil.AF_LINK, address="02:00:00:00:00:07"),
    ]
}

NAMES = {
    "localhost": ["127.0.0.1", "::1"],
    "own.example": ["192.0.2.7", "2001:db8::7"],
    "db.example": ["198.51.100.1"],
    "half.example": ["127.0.0.1", "198.51.100.1"],
}

SOCKET = "/run/mysqld/mysqld.sock"


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        try:
            addresses = [str(ipaddress.ip_address(host))]
        except ValueError:
            host.encode("idna")
            if host not in NAMES:
                raise socket.gaierror(socket.EAI_NONAME, "no such name") from None
            addresses = NAMES[host]
        return [(None, None, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: OWN)


def target(host: str, unix_socket: str | None = None) -> Target:
    return Target(user="ann", database="shop", password="s3cret", host=host, unix_socket=unix_socket)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "own.example",
        "127.0.0.1",
        "127.1.2.3",
        "::1",
        "0.0.0.0",
        "::",
        "192.0.2.7",
        "2001:db8::7",
        "fe80::7%eth0",
        "::ffff:192.0.2.7",
    ],
)
def test_this_machine(host: str) -> None:
    assert target(host).is_local()
    require_permitted(target(host), ())


@pytest.mark.parametrize(
    "host",
    ["db.example", "half.example", "192.0.2.1", "198.51.100.1", "2001:db8::8", "fe80::7%eth1", "::ffff:192.0.2.8", "126.255.255.255"],
)
def test_another_machine(host: str) -> None:
    assert not target(host).is_local()
    with pytest.raises(RemoteHost, match=f"--allow-remote {host}") as refused:
        require_permitted(target(host), ("other.example",))
    assert "shop" in str(refused.value)
    assert "ann" in str(refused.value)
    assert "s3cret" not in str(refused.value)
    require_permitted(target(host), ("other.example", host))


@given(address=st.ip_addresses())
def test_an_address_is_local_only_if_loopback_unspecified_or_an_interfaces(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    plain = getattr(address, "ipv4_mapped", None) or address
    own = {"192.0.2.7", "2001:db8::7", "0.0.0.0", "::", "::1"}
    assert target(str(address)).is_local() == (str(plain) in own or str(plain).startswith("127."))


@given(host=st.sampled_from(["db.example", "192.0.2.1", "2001:db8::8"]), allowed=st.lists(st.text(max_size=12), max_size=3))
def test_only_the_exact_host_is_permitted(host: str, allowed: list[str]) -> None:
    assert forbidden_hosts(target(host), allowed) == (host,)
    assert forbidden_hosts(target(host), [*allowed, host.upper()]) == ()
    assert forbidden_hosts(target(host), [f"[{host}]"]) == ()


def test_every_one_of_several_hosts_is_permitted() -> None:
    cluster = Target(user="ann", database="shop", host="localhost", others=(Node("db.example"), Node("192.0.2.1"), Node("192.0.2.7")))
    assert not cluster.is_local()
    with pytest.raises(RemoteHost, match=r"db\.example and 192\.0\.2\.1 are not this machine") as refused:
        require_permitted(cluster, ())
    assert refused.value.next_step == "To allow it: --allow-remote db.example --allow-remote 192.0.2.1"
    assert forbidden_hosts(cluster, ["db.example"]) == ("192.0.2.1",)
    assert forbidden_hosts(cluster, ["localhost", "192.0.2.1"]) == ("db.example",)
    assert forbidden_hosts(cluster, ["DB.example", "192.0.2.1"]) == ()
    assert Target(user="ann", database="shop", host="127.0.0.1", others=(Node("::1"),)).is_local()
    with pytest.raises(ConnectError, match=r"unknown host: nowhere\.example:3306"):
        require_permitted(Target(user="ann", database="shop", host="127.0.0.1", others=(Node("nowhere.example"),)), ())


def test_a_unix_socket_is_local_whatever_the_host() -> None:
    assert target("db.example", SOCKET).is_local()


@pytest.mark.parametrize("host", ["no-such-host.example", "a" * 64 + ".example", "a..b"])
def test_an_unknown_host(host: str) -> None:
    with pytest.raises(ConnectError, match="unknown host"):
        require_permitted(target(host), ())
