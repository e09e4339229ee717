"""Whatever a schema calls its things, and whatever the values are: all verbs on a plan whose every name and value is hostile."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.servers import Database, TestServer

from parloader.config import BenchConfig, CleanConfig, SeedConfig, VerifyConfig
from parloader.database import introspection, sql
from parloader.errors import EditedRows, ForeignRows, SchemaMismatch
from parloader.ledger import store
from parloader.operations.bench import bench
from parloader.operations.clean import clean, preview_clean
from parloader.operations.plan import plan
from parloader.operations.seed import seed
from parloader.operations.status import status
from parloader.operations.verify import verify
from parloader.plans.generators import Cycle, Pick, When
from parloader.plans.model import Count, ExactlyOne, Plan, SameThrough, Table, renamed
from parloader.rows import key_reservation, rule_counts
from parloader.rows.writer_names import WriterName
from parloader.workers.batching import FixedBatch

ALL = "a`b'c\"d %s%% %(x)s {} \\ /*;-- #.é名"

NAMES = [
    "select",
    "back`tick``",
    'it\'s "quoted"',
    "100%s %d%% %(x)s",
    " leading space",
    "ünï名前",
    "slash\\",
    "semi; -- /* #",
    "dot.ted",
    "{}{0}",
]

DATABASE, ACCOUNT = f"{ALL} db".ljust(64, "x"), "u'`\"%s @é"  # 64 and at most 32 characters

PASSWORD = ALL.replace("\\", "")  # whether one escapes depends on the server, and a literal must be plain there

PARENT, TWIN, TARGET, CHILD = (f"{ALL} {what}".ljust(64, "x") for what in ("parent", "twín", "twin", "child"))

KEY, TO_PARENT, TO_TWIN, SAME = "k%s`ey", "to `parent` %s", "to.twin'", 'sa"me%'

VALUES = [
    "'",
    "\\",
    "\\'",
    '"',
    "%s",
    "%",
    "{}",
    "\x00",
    "\x1a",
    "a\nb",
    "a\tb",
    "\r\n",
    "NULL",
    "\\N",
    "🦆",
    "𝕏'); DROP TABLE x; --",
    "",
    " ",
]

ROWS = 500

value = Cycle(values=tuple(VALUES))

twins = Table(name=TWIN, rows=20, key=KEY, columns={SAME: value}, match=(SAME,))

PLAN = Plan(
    name="hostile",
    parameters={},
    tables=(
        Table(name=PARENT, rows=len(VALUES), key=KEY, columns={SAME: value}, match=(SAME,)),
        twins,
        Table(
            name=TARGET,
            rows=ROWS,
            key=KEY,
            columns={
                TO_PARENT: Pick(parent=PARENT, column=KEY, index=f"i % {len(VALUES)}"),
                TO_TWIN: Pick(parent=TWIN, column=KEY, index="CASE WHEN i % 2 = 0 THEN i % 20 END"),
                SAME: value,
                **{name: value if n else When(condition="i % 2 = 1", then=value) for n, name in enumerate(NAMES)},
            },
            partitioned=True,
            reuse=False,
        ),
    ),
    counts=(Count(name="with a twin", column=TO_TWIN),),
    rules=(
        ExactlyOne(name="one", columns=(TO_TWIN, NAMES[0])),
        SameThrough(name="same", column=SAME, via=TO_PARENT, parent_column=SAME),
    ),
)


def q(name: str) -> str:
    return sql.quote(name)


def definitions() -> Iterator[str]:
    key = f"{q(KEY)} BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY"
    text = "VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    quoted = "'" + ALL.replace("\\", "").replace("'", "''").replace("%", "%%") + "'"
    for table in (PARENT, TWIN):
        yield f"CREATE TABLE {q(table)} ({key}, {q(SAME)} {text} NOT NULL COMMENT {quoted}, INDEX {q(ALL)} ({q(SAME)})) COMMENT {quoted}"
    columns = ", ".join(f"{q(name)} {text} NULL DEFAULT {quoted}" for name in NAMES)
    yield f"""CREATE TABLE {q(TARGET)} ({key}, {q(TO_PARENT)} BIGINT UNSIGNED NOT NULL, {q(TO_TWIN)} BIGINT UNSIGNED NULL,
        {q(SAME)} {text} NOT NULL, {columns}, {q("unknown`%s")} {text} NULL,
        CONSTRAINT {q(ALL + " p")} FOREIGN KEY ({q(TO_PARENT)}) REFERENCES {q(PARENT)} ({q(KEY)}),
        CONSTRAINT {q(ALL + " t")} FOREIGN KEY ({q(TO_TWIN)}) REFERENCES {q(TWIN)} ({q(KEY)}),
        CONSTRAINT {q(ALL + " c")} CHECK (({q(TO_TWIN)} IS NULL) <> ({q(NAMES[0])} IS NULL)))"""
    yield f"""CREATE TABLE {q(CHILD)} ({key}, {q(TO_TWIN)} BIGINT UNSIGNED,
        CONSTRAINT {q(ALL + " k")} FOREIGN KEY ({q(TO_TWIN)}) REFERENCES {q(TARGET)} ({q(KEY)}))"""


@pytest.fixture(params=[pytest.param("", marks=pytest.mark.slow), "NO_BACKSLASH_ESCAPES"])
def hostile(request: pytest.FixtureRequest, server: TestServer, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[Database]:
    """A database full of hostile names, as an account with one; the verbs have PLAN for their plan."""
    for module in ("runs.requested_plan", "operations.bench_plan"):
        monkeypatch.setattr(f"parloader.{module}.script_execution", lambda rows, _: PLAN)
    with server.connection() as admin:
        sql.execute(admin, "SET GLOBAL local_infile = 1")
        sql.execute(admin, "SET GLOBAL sql_mode = CONCAT_WS(',', @@GLOBAL.sql_mode, %s)", request.param)
        sql.execute(admin, f"DROP DATABASE IF EXISTS {q(DATABASE)}")
        sql.execute(admin, f"CREATE DATABASE {q(DATABASE)} CHARACTER SET utf8mb4")
        sql.execute(admin, "DROP USER IF EXISTS %s@'localhost'", ACCOUNT)
        sql.execute(admin, "CREATE USER %s@'localhost' IDENTIFIED BY %s", ACCOUNT, PASSWORD)
        sql.execute(admin, "GRANT ALL ON *.* TO %s@'localhost'", ACCOUNT)  # of one database would be a pattern, with escapes of its own
        made = Database(server, replace(server.admin, user=ACCOUNT, password=PASSWORD, database=DATABASE), tmp_path)  # type: ignore[arg-type]
        try:
            made.execute(*definitions())
            yield made
        finally:
            sql.execute(admin, f"DROP DATABASE {q(DATABASE)}")
            sql.execute(admin, "SET GLOBAL sql_mode = DEFAULT")


def contents(database: Database, table: str) -> list[tuple[object, ...]]:
    return [row[1:] for row in database.rows(f"SELECT * FROM {q(table)} ORDER BY {q(KEY)}")]


@pytest.mark.parametrize("writer", list(WriterName))
def test_every_verb(hostile: Database, writer: WriterName) -> None:
    target = hostile.target
    config = SeedConfig(target=target, rows=ROWS, procs=2, batch=FixedBatch(100), writer=writer)
    # those before are used, and found by their values
    hostile.execute(f"INSERT INTO {q(PARENT)} ({q(SAME)}) VALUES ('%%s'), ('''')")
    assert plan(config).tables[-1].made == ROWS
    result = seed(config)
    assert (result.rows, result.counts.violation_count) == (ROWS, 0)
    assert [row[0] for row in contents(hostile, PARENT)] == ["%s", "'", *(v for v in VALUES if v not in ("%s", "'"))]
    assert [row[0] for row in contents(hostile, TWIN)] == [VALUES[i % len(VALUES)] for i in range(20)]
    wanted = [VALUES[i % len(VALUES)] for i in range(ROWS)]
    assert [row[2:-1] for row in contents(hostile, TARGET)] == [
        (v, v if i % 2 else None, *[v] * (len(NAMES) - 1)) for i, v in enumerate(wanted)
    ]
    verdict = verify(VerifyConfig(target=target, procs=2))
    assert verdict.ok, verdict.summary
    assert verdict.runs[0].checked == ROWS + len(VALUES) - 2 + 20
    assert status(target).runs[0].complete
    assert seed(config).already_complete
    assert hostile.parloader("status", "--json").exit_code == 0

    hostile.execute(f"UPDATE {q(TARGET)} SET {q(NAMES[1])} = 'other' ORDER BY {q(KEY)} LIMIT 1", f"INSERT INTO {q(CHILD)} VALUES (7, 3)")
    (difference,) = verify(VerifyConfig(target=target, procs=2)).differences
    assert difference.columns[0][0] == NAMES[1]
    with pytest.raises(ForeignRows) as caught:
        preview_clean(CleanConfig(target=target))
    assert CHILD in str(caught.value)
    hostile.execute(f"DELETE FROM {q(CHILD)}")
    with pytest.raises(EditedRows) as refused:
        clean(CleanConfig(target=target, procs=2))
    assert TARGET in str(refused.value)
    assert clean(CleanConfig(target=target, procs=2, edited_too=True)).rows == ROWS + len(VALUES) - 2 + 20
    assert contents(hostile, PARENT) == [("%s",), ("'",)]
    assert contents(hostile, TWIN) == contents(hostile, TARGET) == []
    with hostile.connection() as connection:
        assert store.table_names(introspection.list_tables(connection)) == {PARENT, TWIN, TARGET, CHILD}
        assert key_reservation.key_counters(connection, (TWIN, TARGET, PARENT)) == {TWIN: 1, TARGET: 1, PARENT: 3}


@pytest.mark.slow
def test_bench(hostile: Database) -> None:
    """Its copies have the foreign keys and CHECKs of the tables, whatever these are called."""
    config = BenchConfig(target=hostile.target, procs=(1,), batches=(FixedBatch(100),), rows=ROWS, rounds=1)
    assert bench(config).best.configuration.procs == 1
    with hostile.connection() as connection:
        assert store.table_names(introspection.list_tables(connection)) == {PARENT, TWIN, TARGET, CHILD}


def test_tables_whose_names_differ_in_an_accent_alone(hostile: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its rows: neither the ledger nor a look at the server takes one for the other."""
    names = {PARENT: "tablé", TWIN: "tàble", TARGET: "table"}
    hostile.execute(f"DROP TABLE {q(CHILD)}", *(f"ALTER TABLE {q(old)} RENAME TO {q(new)}" for old, new in names.items()))
    hostile.execute("ALTER TABLE `tàble` AUTO_INCREMENT = 1000")
    alike = renamed(PLAN, names)
    alike = replace(alike, rules=PLAN.rules, counts=PLAN.counts)
    monkeypatch.setattr("parloader.runs.requested_plan.script_execution", lambda rows, _: alike)
    seed(SeedConfig(target=hostile.target, rows=ROWS, procs=2, batch=FixedBatch(100)))
    assert verify(VerifyConfig(target=hostile.target, procs=2)).ok
    assert [len(contents(hostile, name)) for name in names.values()] == [len(VALUES), 20, ROWS]
    clean(CleanConfig(target=hostile.target, procs=2))
    assert [len(contents(hostile, name)) for name in names.values()] == [0, 0, 0]
    with hostile.connection() as connection:
        assert key_reservation.key_counters(connection, names.values()) == dict(zip(names.values(), (1, 1000, 1), strict=True))
        assert not rule_counts.count(hostile.target, alike, (), 1).violation_count


def test_a_message_quotes_what_it_says_to_run(hostile: Database) -> None:
    gone = Database(
        hostile.server,
        replace(hostile.target, user=hostile.server.admin.user, password=hostile.server.admin.password, database="a`; DROP"),
        hostile.folder,
    )
    assert "(CREATE DATABASE `a``; DROP`)" in gone.parloader("status", check=4).stderr
    hostile.execute(f"DROP TABLE {q(CHILD)}", f"ALTER TABLE {q(TARGET)} DROP COLUMN {q(NAMES[3])}")
    with pytest.raises(SchemaMismatch) as caught:
        seed(SeedConfig(target=hostile.target, rows=ROWS))
    assert f"{TARGET} has no column {NAMES[3]}" in str(caught.value)
