"""Shows what each way to load does with a row that breaks a constraint, on private servers: tables for docs/performance.md.

Each way loads the same 100 rows into an empty table; one of them breaks a FOREIGN KEY, a CHECK or a UNIQUE key. What the client reports is compared
with what is in the table afterwards, read along the primary key.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from compare_loaders import program
from compare_server import say, throwaway
from report_section import write_section
from violations_ways import CASES, CHILD, PARENT, ROWS, WAYS, Answer, Case, Way

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.session import connected, server_info
from parloader.database.target import Target
from parloader.errors import ServerStartError
from parloader.ledger import store

PAGE = Path(__file__).resolve().parent.parent / "docs/performance.md"

BULK_INSERT_FAILED = 'Got error 1 "Operation not permitted" during COMMIT'
"""What MariaDB reports if its bulk insert finds a duplicate (error 1180)."""

SERVERS = {"mariadb": (ServerKind.MARIADB, None), "mariadb-11.8": (ServerKind.MARIADB, "mariadbd-11.8"), "mysql": (ServerKind.MYSQL, None)}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a client reported, and what is in the table: rows, how many of them break the constraint, and whether it still has that."""

    case: Case
    answer: Answer
    present: int
    violating: int
    constrained: bool

    @property
    def summary(self) -> str:
        if self.answer.error and not self._names_the_cause:
            raise click.ClickException(f"not because of the {self.case.name}: {self.answer.error}")
        if self.answer.error and not self.present:
            return "rejected" if self.case.constraint in self.answer.error else "rejected, by an error that names no key"
        if self.answer.error:
            left = f"**error, but {self.present} of {ROWS} rows in the table**" + (", the bad one too" if self.violating else "")
            return left if self.constrained else f"{left}, and the constraint gone"
        warned = "a warning" if self.answer.warnings else "nothing reported"
        if self.violating:
            return f"**kept**, {warned}"
        if self.present < self.answer.acknowledged:
            return f"**lost**: {self.answer.acknowledged} rows acknowledged, {self.present} in the table"
        if self.present < ROWS:
            return f"**skipped**, {warned}" if self.present == ROWS - 1 else f"**{ROWS - self.present} rows skipped**, {warned}"
        raise click.ClickException(f"{self} breaks no constraint")

    @property
    def _names_the_cause(self) -> bool:
        return self.case.constraint in self.answer.error or (self.case.name == "UNIQUE" and BULK_INSERT_FAILED in self.answer.error)


def measure(target: Target, way: Way, case: Case) -> Outcome:
    """Creates the tables anew in the target's database, loads the rows, and looks."""
    with connected(target) as connection:
        store.drop(connection)
        sql.execute(connection, "DROP TABLE IF EXISTS child, parent, source")
        sql.execute(connection, PARENT)
        sql.execute(connection, CHILD)
        sql.execute(connection, "INSERT INTO parent VALUES (1)")
    with tempfile.TemporaryDirectory() as folder:
        answer = way.load(target, case, Path(folder))
    with connected(target) as connection:
        present = int(sql.value(connection, "SELECT COUNT(*) FROM child FORCE INDEX (PRIMARY)"))
        return Outcome(
            case=case,
            answer=answer,
            present=present,
            violating=int(sql.value(connection, case.violations)),
            constrained=case.constraint in sql.row(connection, "SHOW CREATE TABLE child")[1],
        )


def table(server: str, outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """The Markdown table of one server."""
    head = f"| {server} | {' | '.join(case.name for case in CASES)} |\n|---|{'---|' * len(CASES)}\n"
    return head + "".join(f"| {name} | {' | '.join(outcome.summary for outcome in row)} |\n" for name, row in outcomes.items())


def measure_on(name: str) -> str:
    """The table of one kind of server. ServerStartError: this machine has no such server."""
    kind, command = SERVERS[name]
    with throwaway(kind, tcp=False, program=Path(program([command]) or command) if command else None) as place:
        with connected(place.target) as connection:
            server = str(server_info(connection))
        outcomes = {}
        for way in WAYS:
            if way.missing:
                say(f"left out: {way.name} is not installed")
                continue
            outcomes[way.name] = [measure(place.target, way, case) for case in CASES]
            for case, outcome in zip(CASES, outcomes[way.name], strict=True):
                say(f"{server}, {way.name}, {case.name}: {outcome.summary} ({(outcome.answer.error or 'no error')!r})")
        return table(server, outcomes)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--write", is_flag=True, help="Write the tables into docs/performance.md.")
def main(*, write: bool) -> None:
    """Print what each way to load does with a row that breaks a constraint, as Markdown tables, one for each server."""
    tables = []
    for name in SERVERS:
        try:
            tables.append(measure_on(name))
        except ServerStartError as error:
            say(f"left out: {error.message}")
    if not tables:
        raise click.ClickException("no server is available")
    text = "\n".join(tables)
    click.echo(text)
    if write:
        write_section(PAGE, "scripts/violations", text)


if __name__ == "__main__":
    main()
