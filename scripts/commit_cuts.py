"""Cuts the connection after every byte of COMMIT and of its answer, and checks that each row is there exactly once.

Each batch of a load is cut once: after one more byte of COMMIT's packet than the batch before, then of the answer's packet. The worker
cannot know whether its COMMIT succeeded. It has to find out in the ledger, and the proxy sees what it finds. Exit code 1: rows were lost or
doubled.
"""

import contextlib
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import click
from report_section import write_section
from soak import private_server
from soak_checks import Checks, Finding
from soak_report import Round
from soak_round import place
from support.proxy import COMMIT_BYTES, OK_BYTES, Act, Harm, Moment, Proxy
from support.servers import KINDS, TestServer

from parloader.database.session import connected, server_info
from parloader.errors import ServerStartError

WRITERS = ("insert", "load-data")

BATCH = 5

PROCS = 4

LEDGER = b"INSERT INTO parloader_batch"

DUPLICATE = b"\xff" + (1062).to_bytes(2, "little")

PACKETS = {Moment.BEFORE_COMMIT: COMMIT_BYTES, Moment.AFTER_COMMIT: OK_BYTES}

CUTS = tuple(Harm(moment, act, byte) for moment, size in PACKETS.items() for byte in range(size + 1) for act in (Act.CUT, Act.HALF_CLOSE))
"""Reset or closed, after each number of bytes of the two packets."""


class CommitCutter(Proxy):
    """Cuts the first COMMIT of each batch. `found`: (where it was cut, whether the ledger then had the batch) → how often.

    None: the worker had received the whole answer, and went on with the next batch.
    """

    def __init__(self, server: tuple[str, int]) -> None:
        super().__init__(server)
        self.found: Counter[tuple[Harm, bool | None]] = Counter()
        self._cuts = cycle(CUTS)
        self._writing: set[int] = set()  # processes that have written a ledger row in their transaction
        self._cut: dict[int, Harm] = {}  # process → where its last COMMIT is or was cut

    def answered(self, statement: bytes, answer: bytes, process_id: int) -> None:
        if not statement.startswith(LEDGER):
            return
        with self._lock:
            if harm := self._cut.get(process_id):
                committed = answer.startswith(DUPLICATE)
                answered = not committed and harm.moment is Moment.AFTER_COMMIT and harm.byte == OK_BYTES
                self.found[harm, None if answered else committed] += 1
                if answered:  # so this is another batch, whose COMMIT is cut, too
                    del self._cut[process_id]
            self._writing.add(process_id)

    def last_answers(self) -> None:
        """Counts the cuts after which no batch followed. Call it when the load is done."""
        for harm in self._cut.values():
            self.found[harm, None] += 1
        self._cut.clear()

    def due(self, moments: tuple[Moment, ...], process_id: int) -> Harm | None:
        with self._lock:
            if process_id not in self._writing or not set(moments) & set(PACKETS):
                return None
            if Moment.BEFORE_COMMIT in moments:
                if self._cut.pop(process_id, None):  # this batch was cut before
                    self._writing.remove(process_id)
                    return None
                self._cut[process_id] = next(self._cuts)
            harm = self._cut[process_id]
            if harm.moment not in moments:
                return None
            self._writing.remove(process_id)
            return harm


@dataclass(frozen=True, kw_only=True)
class CutLoad:
    """A load whose COMMITs were cut."""

    server: str
    writer: str
    rows: int
    found: Counter[tuple[Harm, bool | None]] = field(default_factory=Counter)


def cut_load(admin: TestServer, server: str, writer: str, cuts: int, folder: Path) -> CutLoad:
    """Loads as many batches as COMMITs are to be cut. Finding: a row is lost or doubled."""
    rows = cuts * BATCH
    result = Round(server=server, seed=0, what=f"COMMIT cut, {writer}", rows=rows)
    with place(admin, f"cut_{writer.replace('-', '_')}", folder, None, CommitCutter) as where:
        target = where.database.target
        options = {"rows": rows, "batch": BATCH, "procs": PROCS, "writer": writer, "retry-seconds": 600, "parents": "customer=40"}
        where.database.parloader(
            "seed", "--table", "purchase", *(word for name, value in options.items() for word in (f"--{name}", str(value)))
        )
        where.between.last_answers()
        Checks(admin, target.database, target.user, "purchase", result).require_rows()
        where.database.parloader("verify")
        return CutLoad(server=server, writer=writer, rows=rows, found=where.between.found)


def kind_rows(found: Counter[tuple[Harm, bool | None]]) -> Iterator[tuple[str, ...]]:
    """For each number of bytes of each packet: how often it was cut there, and what the ledger said then."""
    for moment, size in PACKETS.items():
        name = "COMMIT" if moment is Moment.BEFORE_COMMIT else "its answer"
        for byte in range(size + 1):
            cells = [found[Harm(moment, act, byte), committed] for act in (Act.CUT, Act.HALF_CLOSE) for committed in (True, False, None)]
            yield (f"{byte} of {size} of {name}", *(f"{count:,}" for count in (sum(cells), *cells)))


STATES = ("in the ledger", "not in the ledger", "answered")

HEADINGS = ("bytes sent on", "cuts", *(f"{act}: {state}" for act in ("reset", "closed") for state in STATES))


def markdown(loads: Sequence[CutLoad], *, command: str, servers: Iterable[str]) -> str:
    """The section that `--report` writes."""
    found: Counter[tuple[Harm, bool | None]] = Counter()
    for load in loads:
        found.update(load.found)
    ran = "; ".join(f"{load.server} with `{load.writer}`: {sum(load.found.values()):,} cuts, {load.rows:,} rows" for load in loads)
    return "\n".join(
        [
            f"`{command}` on {' and '.join(servers)}: {ran}. **0 rows lost, 0 rows doubled.**",
            "",
            f"| {' | '.join(HEADINGS)} |",
            f"|{'|'.join(['---', *['---:'] * (len(HEADINGS) - 1)])}|",
            *(f"| {' | '.join(row)} |" for row in kind_rows(found)),
            "",
            "*Reset*, *closed*: how the connection ended. *In the ledger*: the worker found its batch there and wrote nothing; *not in the ledger*: "
            "it wrote the batch again. *Answered*: the whole answer had arrived, and the next batch met the lost connection.",
        ]
    )


@click.command(help=__doc__)
@click.option("--cuts", type=click.IntRange(min=1), default=1000, show_default=True, help="COMMITs to cut, for each server and writer.")
@click.option("--server", type=click.Choice([*KINDS, "both"]), default="both", show_default=True)
@click.option("--report", type=click.Path(path_type=Path, exists=True), help="Write the table into its section of this document.")
def main(cuts: int, server: str, report: Path | None) -> None:
    names = [*KINDS] if server == "both" else [server]
    home = Path(tempfile.mkdtemp(prefix="cuts-"))
    loads, versions = [], []
    try:
        for name in names:
            with private_server(home / name, name) as private, contextlib.ExitStack() as stack:
                versions.append(str(server_info(stack.enter_context(connected(private.target)))))
                for writer in WRITERS:
                    begun = time.monotonic()
                    loads.append(cut_load(TestServer(name, private.target), name, writer, cuts, home))
                    click.echo(f"{name}, {writer}: {sum(loads[-1].found.values()):,} cuts in {time.monotonic() - begun:.0f} s", err=True)
    except ServerStartError as error:
        raise click.ClickException(str(error)) from error
    except Finding as finding:
        click.echo(f"FAILED: {finding}; the server's data: {home}", err=True)
        sys.exit(1)
    text = markdown(loads, command=f"scripts/commit_cuts --cuts {cuts}", servers=versions)
    click.echo(text)
    if report:
        write_section(report, "scripts/commit_cuts", text)
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
