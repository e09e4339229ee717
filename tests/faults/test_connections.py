"""Connections that are killed, cut, stalled, delayed or half-closed, around each step of a batch."""

from dataclasses import replace
from typing import Any

import pytest
from support.faults import kill_sessions
from support.loads import Plan, halted, launched, proven, started
from support.proxy import Act, Harm, Moment, Proxy, running
from support.servers import Database, slow_on_mysql, until


def on_the_way() -> list[Any]:
    """Every act at every moment of a batch; the usual ones by default (test_commit_cuts has those around COMMIT)."""
    usual = {
        Harm(Moment.INSERT, Act.CUT),
        Harm(Moment.FILE, Act.CUT),
        Harm(Moment.AFTER_COMMIT, Act.CUT),
        Harm(Moment.AFTER_COMMIT, Act.STALL),
    }
    every = [Harm(moment, act) for moment in Moment for act in Act if moment not in (Moment.CONNECT, Moment.COMMAND, Moment.REPLY)]
    return [pytest.param(harm, id=str(harm), marks=() if harm in usual else pytest.mark.slow) for harm in every]


@pytest.mark.parametrize(
    ("writer", "query_only"),
    [
        pytest.param("insert", False, id="connection, insert"),
        pytest.param("load-data", True, id="query, load-data"),
        pytest.param("load-data", False, id="connection, load-data", marks=pytest.mark.slow),
        pytest.param("insert", True, id="query, insert", marks=pytest.mark.slow),
    ],
)
def test_killed_in_the_middle_of_a_batch(database: Database, query_only: bool, writer: str) -> None:
    load = started(database, Plan(writer=writer))
    with halted(load) as halt, database.server.connection() as admin:
        assert kill_sessions(admin, halt.sessions, query_only=query_only) == load.plan.procs
    assert load.ends(0).retries >= load.plan.procs
    proven(load)


@slow_on_mysql("server")
def test_the_connection_of_the_parent_is_killed(database: Database) -> None:
    load = started(database)
    with halted(load) as halt, database.server.connection() as admin:
        assert kill_sessions(admin, halt.others) >= 1
    load.ends(0)
    proven(load)


def test_every_connection_is_killed(database: Database) -> None:
    load = started(database)
    with halted(load) as halt, database.server.connection() as admin:
        assert kill_sessions(admin, [*halt.sessions, *halt.others]) > load.plan.procs
    load.ends(0)
    proven(load)


@pytest.mark.parametrize("harm", on_the_way())
def test_on_the_way(proxied: Database, between: Proxy, harm: Harm) -> None:
    load = started(proxied, Plan(writer="load-data" if harm.moment is Moment.FILE else "insert"))
    between.arm(harm, times=2)
    until(lambda: len(between.done) == 2 or load.process.poll() is not None, f"{harm}, twice")
    between.disarm()
    ended = load.ends(0)
    assert between.done == [harm, harm]
    assert ended.retries == (2 if harm.act in (Act.CUT, Act.HALF_CLOSE) else 0)
    proven(load)


@slow_on_mysql("server")
@pytest.mark.parametrize(
    "harm",
    [
        Harm(Moment.INSERT, Act.CUT),
        *(
            pytest.param(harm, marks=pytest.mark.slow)
            for harm in (Harm(Moment.FILE, Act.CUT), Harm(Moment.INSERT, Act.CUT, 5), Harm(Moment.REPLY, Act.CUT, 9))
        ),
        *(pytest.param(Harm(Moment.AFTER_COMMIT, act), marks=pytest.mark.slow) for act in Act),
    ],
    ids=str,
)
def test_on_the_way_in_the_middle_of_a_compressed_packet(proxied: Database, between: Proxy, harm: Harm) -> None:
    writer = "load-data" if harm.moment is Moment.FILE else "insert"
    load = started(proxied, Plan(writer=writer, more=("--compress", "on")))
    between.arm(harm, times=2)
    until(lambda: len(between.done) == 2 or load.process.poll() is not None, f"{harm}, twice")
    between.disarm()
    ended = load.ends(0)
    assert between.done == [harm, harm]
    if harm.moment is not Moment.REPLY:  # that may be an answer to another connection than a worker's
        assert ended.retries == (2 if harm.act in (Act.CUT, Act.HALF_CLOSE) else 0)
    proven(load)


@slow_on_mysql("server")
@pytest.mark.parametrize("act", [Act.CUT, *(pytest.param(act, marks=pytest.mark.slow) for act in Act if act is not Act.CUT)])
def test_at_connect(proxied: Database, between: Proxy, act: Act) -> None:
    """The workers lose their connections, and the fault hits the new ones."""
    load = started(proxied)
    with halted(load) as halt, proxied.server.connection() as admin:
        between.arm(Harm(Moment.CONNECT, act), times=2)
        kill_sessions(admin, halt.sessions)
    until(lambda: len(between.done) == 2 or load.process.poll() is not None, "two new connections meet with harm")
    between.disarm()
    load.ends(0)
    proven(load)


@pytest.mark.parametrize("moment", [Moment.AFTER_COMMIT, pytest.param(Moment.BEFORE_COMMIT, marks=pytest.mark.slow)])
def test_the_transaction_that_begins_the_run(proxied: Database, between: Proxy, moment: Moment) -> None:
    between.arm(Harm(moment, Act.CUT))
    load = launched(proxied)
    load.ends(0)
    assert between.done
    proven(load)


@pytest.mark.slow
def test_no_server_for_longer_than_retry_seconds(proxied: Database, between: Proxy) -> None:
    load = started(proxied, Plan(retry_seconds=0.5))
    with halted(load) as halt, proxied.server.connection() as admin:
        between.arm(Harm(Moment.CONNECT, Act.CUT), times=1000)
        kill_sessions(admin, halt.sessions)
    load.ends(4, r"script_execution, rows [\d,]+ to [\d,]+", "run the same command again")
    between.disarm()
    proven(load)


def test_the_first_connection_of_a_command_is_tried_again(proxied: Database, between: Proxy) -> None:
    """But not for long: a server that closes every connection may be another kind of server."""
    for command in (("status",), ("seed", "--rows", "10"), ("verify",), ("clean", "--yes")):
        between.arm(Harm(Moment.CONNECT, Act.CUT), times=2)
        proxied.parloader(*command)
    between.arm(Harm(Moment.CONNECT, Act.CUT), times=100)
    for command in (("status",), ("seed", "--rows", "10")):
        refused = proxied.parloader(*command, check=4).stderr
        # the connection may be closed before or after the client has sent anything
        assert "cannot connect to" in refused or ("was closed" in refused and "Check that a MySQL or MariaDB server is running" in refused)
    between.disarm()


class LockCutter(Proxy):
    """Cuts the connection once after the server has locked the database, and before the client knows it."""

    def answered(self, statement: bytes, answer: bytes, process_id: int) -> None:
        if statement.startswith(b"SELECT GET_LOCK") and not self.done:
            self.arm(Harm(Moment.REPLY, Act.CUT, 0))


def test_the_connection_is_lost_while_the_database_is_locked(ordinary: Database) -> None:
    with running(LockCutter((ordinary.target.host, ordinary.target.port))) as between:
        proxied = replace(ordinary, target=replace(ordinary.target, host="127.0.0.1", port=between.port))
        proxied.parloader("seed", "--rows", "10")
        assert len(between.done) == 1
        proxied.parloader("verify")
