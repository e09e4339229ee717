"""A real Galera cluster of MariaDB nodes on loopback, for the tests and for scripts/cluster.

Needs mariadbd, galera-4 and rsync, with lsof or ss (wsrep_sst_rsync). All data lies below one folder. As root, the nodes run as `nobody`: the
daemon of rsync, which copies a node's data to another, gives up root's rights.
"""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import psutil
from support.cluster_node import ClusterNode, free_ports
from support.servers import TEST_REDO_LOG_BYTES, Database, TestServer

from parloader.database.dialects import ServerKind
from parloader.database.private_server.binary import Binary, find_binary
from parloader.database.private_server.data_directory import DataDirectory
from parloader.database.target import Node, Target
from parloader.errors import ServerStartError

LIBRARIES = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so", "/usr/lib64/galera/libgalera_smm.so")

COPY_PROGRAMS = ("wsrep_sst_rsync", "my_print_defaults")

UNPACKED = Path(__file__).parents[2] / ".servers/galera/usr/bin"
"""Where scripts/lib.sh unpacks these programs if they are not installed."""

# A node that joins gets a copy of the data of another
JOIN_SECONDS = 90

STOP_SECONDS = 60

# Nodes that lost each other find each other again by themselves
MERGE_SECONDS = 30

ORDINARY_USER = "nobody"

MAX_NODES = 3

PORTS_PER_NODE = 4

numbers = itertools.count(1)


class ClusterError(Exception):
    """The cluster cannot be started on this machine, or a node does not do what was asked."""


def missing() -> str | None:
    """What this machine lacks for a cluster; None: nothing."""
    try:
        find_binary((ServerKind.MARIADB,))
    except ServerStartError:
        return "mariadbd (Debian: mariadb-server-core)"
    if not any(map(os.path.exists, LIBRARIES)):
        return "the Galera library (Debian: galera-4)"
    if not shutil.which("rsync"):
        return "rsync"
    for program in COPY_PROGRAMS:
        if not shutil.which(program) and not (UNPACKED / program).exists():
            return f"{program} (Debian: a part of mariadb-server and mariadb-client-core; scripts/cluster unpacks it)"
    return None if shutil.which("lsof") or shutil.which("ss") else "lsof or ss (Debian: iproute2)"


@dataclass
class Cluster:
    """Nodes below `home`, numbered from 1. Creating this object starts nothing."""

    home: Path
    size: int = MAX_NODES
    options: tuple[str, ...] = ()
    _paused: set[int] = field(default_factory=set)

    @cached_property
    def nodes(self) -> tuple[ClusterNode, ...]:
        ports = iter(self._ports())
        return tuple(
            ClusterNode(
                number=number,
                home=self.home / str(number),
                port=next(ports),
                group_port=next(ports),
                increment_port=next(ports),
                copy_port=next(ports),
            )
            for number in range(1, self.size + 1)
        )

    def _ports(self) -> list[int]:
        """Free ports, chosen when the cluster is made and then kept: the nodes know each other by them."""
        file = self.home / "ports"
        if not file.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            file.write_text(" ".join(map(str, free_ports(self.size * PORTS_PER_NODE))))
        return list(map(int, file.read_text().split()))

    def node(self, number: int) -> ClusterNode:
        return self.nodes[number - 1]

    def target(self, database: str, *numbers: int) -> Target:
        """The database on these nodes (default: all), as the administrator."""
        first, *others = [Node("127.0.0.1", self.node(number).port) for number in numbers or range(1, self.size + 1)]
        return Target(user="root", database=database, host=first.host, port=first.port, others=tuple(others))

    # life
    def start(self) -> None:
        """Starts the nodes that are not running, and waits until all are in sync. A cluster without a quorum gets one."""
        if lacking := missing():
            raise ClusterError(f"a Galera cluster needs {lacking}")
        self._bootstrap_data()
        running = [node for node in self.nodes if node.process]
        if running:
            self._wait_for_quorum(running)
        for node in self.nodes if running else self._latest_first():
            if not node.process:
                self._launch(node, first=not any(other.process for other in self.nodes))
            self.wait_until_in_sync(node)

    def start_node(self, number: int) -> None:
        """Starts one node of a running cluster, without waiting for it."""
        if not self.node(number).process:
            self._launch(self.node(number), first=False)

    def wait_until_in_sync(self, node: ClusterNode) -> None:
        deadline = time.monotonic() + JOIN_SECONDS
        while not node.in_sync:
            if time.monotonic() > deadline or not node.process:
                raise ClusterError(f"node {node.number} did not join the cluster: {self._last_error(node)}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Shuts all nodes down; the last one has the latest state."""
        for number in list(self._paused):
            self.resume(number)
        for node in reversed(self.nodes):
            self.stop_node(node.number)

    def stop_node(self, number: int) -> None:
        process = self.node(number).process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            self.kill(number)

    def kill(self, number: int) -> None:
        """Kills the node, like a crash."""
        if process := self.node(number).process:
            process.kill()
            psutil.wait_procs([process], timeout=STOP_SECONDS)

    def pause(self, number: int) -> None:
        """Stops the node's process (SIGSTOP): it keeps its connections, but answers nothing."""
        if process := self.node(number).process:
            process.send_signal(signal.SIGSTOP)
            self._paused.add(number)

    def resume(self, number: int) -> None:
        self._paused.discard(number)
        if process := self.node(number).process:
            process.send_signal(signal.SIGCONT)

    def _wait_for_quorum(self, running: list[ClusterNode]) -> None:
        """Waits until the nodes form a cluster again. If they do not, makes the first that is left without a quorum the cluster."""
        deadline = time.monotonic() + MERGE_SECONDS
        while not any(node.in_sync for node in running):
            if time.monotonic() > deadline:
                running[0].rows("SET GLOBAL wsrep_provider_options = 'pc.bootstrap=true'")
                self.wait_until_in_sync(running[0])
            time.sleep(0.1)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    # how
    @property
    def _programs(self) -> Path:
        return self.home / "bin"

    @cached_property
    def _binary(self) -> Binary:
        return find_binary((ServerKind.MARIADB,))

    def _bootstrap_data(self) -> None:
        """Makes the data folder of the first node. The others get theirs when they join."""
        for node in self.nodes:
            node.home.mkdir(exist_ok=True, parents=True)
        self._programs.mkdir(exist_ok=True)
        for file in (*UNPACKED.glob("wsrep_sst_*"), *UNPACKED.glob("my_print_defaults")):
            if not (self._programs / file.name).exists():
                shutil.copy(file, self._programs)  # another user may not enter the checkout
        first = self.nodes[0]
        if not any((node.data / "mysql").exists() for node in self.nodes):
            shutil.rmtree(first.data, ignore_errors=True)
            DataDirectory(binary=self._binary, path=first.data, temporary=first.home / "tmp", redo_log_bytes=TEST_REDO_LOG_BYTES).create()
        for node in self.nodes:
            for folder in (node.data, node.home / "tmp"):
                folder.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            self.home.chmod(0o711)
            user = pwd.getpwnam(ORDINARY_USER)
            for node in self.nodes:
                subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", str(node.home)], check=True)

    def _latest_first(self) -> list[ClusterNode]:
        """The nodes, all down: the one that was shut down last is first, else the one with the latest commit that it knows of."""

        def position(node: ClusterNode) -> tuple[int, int]:
            state = self._state(node)
            return int(state.get("safe_to_bootstrap", "0")), int(state.get("seqno", "-1"))

        return sorted(self.nodes, key=position, reverse=True)

    def _state(self, node: ClusterNode) -> dict[str, str]:
        file = node.data / "grastate.dat"
        lines = file.read_text().splitlines() if file.exists() else []
        return {name.strip(): value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon}

    def _launch(self, node: ClusterNode, *, first: bool) -> None:
        file = node.data / "grastate.dat"
        if first and file.exists():
            file.write_text(file.read_text().replace("safe_to_bootstrap: 0", "safe_to_bootstrap: 1"))
        user = ORDINARY_USER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        members = ",".join(f"127.0.0.1:{other.group_port}" for other in self.nodes)
        provider = {
            "base_host": "127.0.0.1",
            "base_port": node.group_port,
            "gmcast.listen_addr": f"tcp://127.0.0.1:{node.group_port}",
            "ist.recv_addr": f"127.0.0.1:{node.increment_port}",
            "ist.recv_bind": f"127.0.0.1:{node.increment_port}",
            "gcache.size": "64M",
        }
        command = [
            str(self._binary.path),
            "--no-defaults",
            f"--user={user}",
            f"--datadir={node.data}",
            f"--tmpdir={node.home / 'tmp'}",
            f"--socket={node.socket}",
            f"--pid-file={node.home / 'pid'}",
            f"--log-error={node.log}",
            f"--port={node.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--binlog-format=ROW",
            "--default-storage-engine=InnoDB",
            "--innodb-autoinc-lock-mode=2",
            "--innodb-buffer-pool-size=96M",
            f"--innodb-log-file-size={TEST_REDO_LOG_BYTES}",
            "--innodb-flush-log-at-trx-commit=2",
            "--local-infile=1",
            "--wsrep-on=ON",
            f"--wsrep-provider={next(filter(os.path.exists, LIBRARIES))}",
            "--wsrep-cluster-name=parloader",
            f"--wsrep-node-name=node{node.number}",
            f"--wsrep-node-address=127.0.0.1:{node.group_port}",
            f"--wsrep-cluster-address=gcomm://{members}",
            "--wsrep-sst-method=rsync",
            f"--wsrep-sst-receive-address=127.0.0.1:{node.copy_port}",
            "--wsrep-slave-threads=2",
            "--wsrep-provider-options=" + ";".join(f"{name}={value}" for name, value in provider.items()),
            *self.options,
            *(["--wsrep-new-cluster"] if first else []),
        ]
        environment = {"PATH": f"{self._programs}:/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": str(node.home / "tmp")}
        # by a shell that ends at once: no zombie is left when the node is killed
        subprocess.run(
            ["sh", "-c", '"$@" >/dev/null 2>&1 &', "sh", *command],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env=environment,
            check=True,
        )
        deadline = time.monotonic() + JOIN_SECONDS
        while not node.process and not node.in_sync:
            if time.monotonic() > deadline:
                raise ClusterError(f"node {node.number} did not start: {self._last_error(node)}")
            time.sleep(0.02)
        if first:
            self.wait_until_in_sync(node)
            node.rows("CREATE USER IF NOT EXISTS root@'127.0.0.1'")
            node.rows("GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION")

    def _last_error(self, node: ClusterNode) -> str:
        lines = node.log.read_text(errors="replace").splitlines() if node.log.exists() else []
        return next((line for line in reversed(lines) if "ERROR" in line), "its log shows no error")


@contextlib.contextmanager
def temporary_cluster(size: int = MAX_NODES) -> Iterator[Cluster]:
    """A cluster that exists until the end of the block. Its folder is one that other users may enter."""
    cluster = Cluster(Path(tempfile.mkdtemp(prefix="parloader-cluster-")), size)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


def database_on(cluster: Cluster, folder: Path) -> Database:
    """A new database, reached through all nodes."""
    name = f"test_{next(numbers)}"
    cluster.nodes[0].rows(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    target = cluster.target(name)
    return Database(TestServer("mariadb", target), target, folder)


def through(database: Database, number: int) -> Database:
    """The database, reached through one node only."""
    return replace(database, target=database.target.at(database.target.nodes[number - 1]))
