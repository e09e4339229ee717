"""Starts, breaks and stops a Galera cluster of three MariaDB nodes on loopback. Each command can be repeated.

The data lies in the folder for temporary files (or in PARLOADER_CLUSTER), because the nodes may run as another user.
"""

import getpass
import os
import tempfile
from pathlib import Path

import click
from support.cluster import MAX_NODES, Cluster, ClusterError

HOME = Path(os.environ.get("PARLOADER_CLUSTER") or Path(tempfile.gettempdir()) / f"parloader-cluster-{getpass.getuser()}")

node_argument = click.argument("node", type=click.IntRange(1, MAX_NODES))


class ClusterCommands(click.Group):
    """Shows a cluster's errors as one line."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except ClusterError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=ClusterCommands, help=__doc__)
@click.pass_context
def main(context: click.Context) -> None:
    context.obj = Cluster(HOME)


@main.command()
@click.pass_obj
def start(cluster: Cluster) -> None:
    """Start the nodes that are not running; restore a lost quorum."""
    cluster.start()
    show(cluster)


@main.command()
@click.pass_obj
def stop(cluster: Cluster) -> None:
    """Shut all nodes down; their data stays."""
    cluster.stop()


@main.command()
@click.pass_obj
def remove(cluster: Cluster) -> None:
    """Shut all nodes down and remove their data."""
    cluster.remove()


@main.command()
@node_argument
@click.pass_obj
def kill(cluster: Cluster, node: int) -> None:
    """Kill a node, like a crash."""
    cluster.kill(node)


@main.command()
@node_argument
@click.pass_obj
def pause(cluster: Cluster, node: int) -> None:
    """Let a node answer nothing (SIGSTOP)."""
    cluster.pause(node)


@main.command()
@node_argument
@click.pass_obj
def resume(cluster: Cluster, node: int) -> None:
    """Resume a paused node."""
    cluster.resume(node)


@main.command()
@click.pass_obj
def status(cluster: Cluster) -> None:
    """Print a line for each node."""
    show(cluster)


@main.command()
@click.argument("database")
@click.pass_obj
def url(cluster: Cluster, database: str) -> None:
    """Print the URL of a database on all nodes."""
    target = cluster.target(database)
    click.echo(f"mysql://{target.user}:@{target.where}/{database}")


@main.command()
@node_argument
@click.argument("statement")
@click.pass_obj
def sql(cluster: Cluster, node: int, statement: str) -> None:
    """Run a statement on a node."""
    for row in cluster.node(node).rows(statement):
        click.echo("\t".join(map(str, row)))


def show(cluster: Cluster) -> None:
    for node in cluster.nodes:
        state = node.status("wsrep_local_state_comment") if node.process else None
        quorum, size = node.status("wsrep_cluster_status"), node.status("wsrep_cluster_size")
        known = f"{state}, {quorum}, {size} nodes" if state else "running, no answer" if node.process else "down"
        click.echo(f"node {node.number}: 127.0.0.1:{node.port}, {known}")


if __name__ == "__main__":
    main(prog_name="scripts/cluster")
