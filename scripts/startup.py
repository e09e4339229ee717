"""Measures how long complete parloader commands take on a running server, compared with an earlier commit of this repository.

The same interpreter runs both versions, each in its own database on the same private server. Their runs are interleaved, so that noise
affects both alike. A table for each server goes to stdout, a line for each round to stderr.
"""

import random
from pathlib import Path

import click
from compare_server import say, throwaway
from measuring import HERE, Version, new_database, on_each_server, rounds_option, server_option, worktree
from startup_report import LEGEND, Pair, table

from parloader.database.dialects import ServerKind
from parloader.database.session import connected, server_info

SEED = ("seed", "--rows", "1000")

SEED_MORE = ("seed", "--rows", "10000")

# In this order, so that every round starts from the same state: clean removes what the other commands have left
MEASURED = (
    (*SEED, "--new-run", "--procs", "1"),
    (*SEED, "--new-run", "--procs", "4"),
    (*SEED_MORE, "--new-run", "--procs", "1"),
    (*SEED_MORE, "--new-run", "--procs", "4"),
    ("verify",),
    ("status",),
    ("plan", "--rows", "1000"),
    ("clean", "--yes"),
)


def measure(kind: ServerKind, before: Path, rounds: int) -> tuple[str, dict[str, list[Pair]]]:
    """The server's name and version, and the cost of each command in each round. ServerStartError: this machine has no such server."""
    pairs: dict[str, list[Pair]] = {" ".join(command): [] for command in MEASURED}
    with throwaway(kind, tcp=False) as place:
        versions = [Version(checkout=checkout, url=new_database(place, name)) for checkout, name in ((HERE, "now"), (before, "before"))]
        for number in range(rounds + 1):  # the first one compiles modules and fills caches
            for version in versions:
                version.run(SEED, place.home)
            for command in MEASURED:
                order = random.sample(versions, 2)
                costs = {version.checkout: version.run(command, place.home) for version in order}
                if number:
                    pairs[" ".join(command)].append(Pair(now=costs[HERE], before=costs[before]))
            say(f"{kind}: round {number} of {rounds}")
        with connected(place.target) as connection:
            return str(server_info(connection)), pairs


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--against", metavar="COMMIT", default="3236df8", show_default=True, help="The commit to compare with.")
@rounds_option
@server_option
def main(*, against: str, rounds: int, kinds: tuple[str, ...]) -> None:
    """Measure complete commands on a running private server, in this checkout and in an earlier commit."""
    with worktree(against) as before:
        for name, pairs in on_each_server(kinds, lambda kind: measure(kind, before, rounds)):
            click.echo(f"{name}; before: {against}\n\n{table(pairs)}\n")
    click.echo(LEGEND)


if __name__ == "__main__":
    main()
