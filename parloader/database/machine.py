"""This machine: whether a target's server is on it, as far as its address says."""

import ipaddress
import socket
from typing import TypeAlias

from parloader.database import failures
from parloader.database.connect import Target

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_here(target: Target) -> bool:
    """Whether the target is reached by a unix socket, or all addresses that its host has are of this machine.

    ConnectError where the host has none: nobody could connect to it. An address of this machine may still lead elsewhere (a tunnel,
    a forwarded port): that cannot be seen from here.
    """
    if target.unix_socket:
        return True
    own = _own_addresses()
    return all(_is_own(address, own) for address in _addresses(target))


def _addresses(target: Target) -> list[Address]:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: not a host name at all (a label that is empty or too long)
        raise failures.unknown_host(target.where) from error
    return [ipaddress.ip_address(address[0]) for *_, address in found]


def _own_addresses() -> frozenset[Address]:
    import psutil  # takes long to import, and targets with a unix socket never get here

    families = (socket.AF_INET, socket.AF_INET6)
    return frozenset(
        ipaddress.ip_address(address.address) for found in psutil.net_if_addrs().values() for address in found if address.family in families
    )


def _is_own(address: Address, own: frozenset[Address]) -> bool:
    """Loopback, the unspecified address (which connects to this machine), or an interface's; an IPv4 address in IPv6 clothes is the IPv4 one."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified or address in own
