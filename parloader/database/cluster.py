"""Galera clusters: whether a server is a node of one, what each session needs there, and whether several addresses are one database.

Sources: MariaDB documentation "Galera Cluster System Variables", "Galera Cluster Status Variables", "Galera Cluster Known Limitations".
"""

import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from parloader.database import error_codes, sql
from parloader.database.driver import Connection, DriverError
from parloader.database.target import Node, Target
from parloader.errors import ConnectError, LoginRefused, ServerNotSupported

REPLICATES = "wsrep_on"
"""The session variable that is 1 on a node."""

NODE_NAME = "LEFT(CONCAT_WS(':', @@hostname, @@port, @@datadir), 255)"
"""SQL of a name of this session's server, different from that of the other nodes."""


def splits_load_data(connection: Connection) -> bool:
    """Whether the node commits a LOAD DATA every 10,000 rows."""
    try:
        return bool(sql.value(connection, "SELECT @@GLOBAL.wsrep_load_data_splitting"))
    except DriverError as error:
        if not error_codes.is_unknown_variable(error):  # later versions do not have it
            raise
        return False


@dataclass(frozen=True)
class Membership:
    """What is known of the nodes of a URL that names several."""

    cluster_id: str | None
    """of the Galera cluster that they form; None: they are addresses of one server"""
    nodes: tuple[Node, ...]
    """those that may be used"""


_memberships: dict[frozenset[Node], Membership] = {}
"""What this process has found out, so that it need not ask every node for each connection."""


def _tell_nobody(_: str) -> None:
    """What the processes of workers do with a line that their parent shows."""


_tell: Callable[[str], None] = _tell_nobody


def tell_unreachable(tell: Callable[[str], None]) -> None:
    """Names what shows a line for each node that cannot be reached while another one can."""
    global _tell
    _tell = tell


def connect_to_any(target: Target, connect: Callable[[Target], Connection]) -> Connection:
    """A connection to the first node that can be used. `connect` connects to one node.

    ServerNotSupported: the nodes are not one database. ConnectError: none can be used.
    """
    key = frozenset(target.nodes)
    if key not in _memberships:
        _memberships[key] = _membership(target, connect)
    known = _memberships[key]
    failures: list[ConnectError] = []
    for node in target.nodes:
        if node in known.nodes and (connection := _connection_or_failure(target.at(node), connect, failures)):
            with target.at(node).translate_errors(f"checking the cluster of {node}"):
                if known.cluster_id in (None, cluster_id(connection)):
                    return connection
            error_codes.close(connection)
            raise _not_one_database(f"{node} is not a node of the same Galera cluster any more")
    raise _no_node(failures)


def out_of_step(error: DriverError, where: str) -> ConnectError:
    """The error of a node that does not get the transactions of the others, for which `wsrep_sync_wait` makes it wait."""
    return ConnectError(
        f"{where} does not get in step with its Galera cluster: {error_codes.server_message(error)}",
        "Check wsrep_cluster_status and wsrep_local_state_comment there (SHOW STATUS)",
    )


def cluster_id(connection: Connection) -> str | None:
    """The identifier that all nodes of a Galera cluster share; None: the server is not a node."""
    if not connection.in_cluster:
        return None
    return str(sql.row(connection, "SHOW GLOBAL STATUS LIKE 'wsrep_cluster_state_uuid'")[1])


def _membership(target: Target, connect: Callable[[Target], Connection]) -> Membership:
    """Connects to each node. ServerNotSupported: those that answer are not one database. ConnectError: none answers."""
    with ExitStack() as stack:
        connections: dict[Node, Connection] = {}
        failures: list[ConnectError] = []
        for node in target.nodes:
            if connection := _connection_or_failure(target.at(node), connect, failures):
                stack.callback(error_codes.close, connection)
                connections[node] = connection
        if not connections:
            raise _no_node(failures)
        for failure in failures:
            _tell(f"{failure.message}; using the other hosts of the URL")
        with target.translate_errors("comparing the nodes of the URL"):
            ids = {node: cluster_id(connection) for node, connection in connections.items()}
            first, *others = connections
            for node in others:
                if ids[node] != ids[first]:
                    raise _not_one_database(f"{first} and {node} are not nodes of the same Galera cluster")
            if ids[first] is not None:
                return Membership(ids[first], target.nodes)
            if stranger := next((node for node in others if not _same_server(connections[first], connections[node])), None):
                raise _not_one_database(f"{first} and {stranger} are different servers, and no nodes of a Galera cluster")
            return Membership(None, tuple(connections))


def _same_server(one: Connection, other: Connection) -> bool:
    """Whether both connections lead to the same server: a lock of the one is seen by the other."""
    name = f"parloader:{secrets.token_hex(16)}"
    sql.value(one, "SELECT GET_LOCK(%s, 0)", name)
    try:
        return bool(sql.value(other, "SELECT IS_USED_LOCK(%s)", name) == one.thread_id())
    finally:
        sql.execute(one, "DO RELEASE_LOCK(%s)", name)


def _connection_or_failure(target: Target, connect: Callable[[Target], Connection], failures: list[ConnectError]) -> Connection | None:
    """A connection to one node; None if the node cannot be reached, with the reason in `failures`. LoginRefused."""
    try:
        return connect(target)
    except LoginRefused:
        raise
    except ConnectError as error:
        failures.append(error)
        return None


def _no_node(failures: Sequence[ConnectError]) -> ConnectError:
    return ConnectError("; ".join(dict.fromkeys(failure.message for failure in failures)), failures[0].next_step)


def _not_one_database(what: str) -> ServerNotSupported:
    return ServerNotSupported(what, "Name one server in --url, or nodes of one Galera cluster")
