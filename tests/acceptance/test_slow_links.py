"""Commands over a simulated slow link: --compress auto notices it, a load sends and receives a third at most, and batches stay large."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from compare_proxy import Network, Traffic, proxy
from support.faults import ordinary_account
from support.servers import Database, slow_on_mysql

DELAY_MS = 2
"""Each way, so that a round trip takes more than the 2 ms from which auto compresses."""

MBIT_PER_SECOND = 100

ROWS = 40_000


@contextmanager
def slow_link(database: Database) -> Iterator[tuple[Database, Network]]:
    """The database over a slow link."""
    with ordinary_account(database) as owned, proxy(owned.target.port, DELAY_MS, MBIT_PER_SECOND) as network:
        yield replace(owned, target=replace(owned.target, host="127.0.0.1", port=network.port)), network


def carried(network: Network, database: Database, *command: str) -> tuple[Traffic, str, str]:
    """What the command sends and receives, and its output."""
    before = network.traffic()
    done = database.parloader(*command)
    return network.traffic() - before, done.stdout, done.stderr


@slow_on_mysql("server")
@pytest.mark.parametrize("writer", ["insert", pytest.param("load-data", marks=pytest.mark.slow)])
def test_a_load_over_a_slow_link(database: Database, writer: str) -> None:
    """Of 40,000 rows; the command's own connection, which is not compressed, sends 100 kB, however many rows there are."""
    seed = ("seed", "--rows", str(ROWS), "--procs", "2", "--batch", "10000", "--writer", writer, "--json")
    with slow_link(database) as (far, network):
        plain, stdout, stderr = carried(network, far, *seed, "--compress", "off")
        assert [worker["compressed"] for worker in json.loads(stdout)["workers"]] == [None, None]
        assert "compressed" not in stderr
        compressed, stdout, stderr = carried(network, far, *seed, "--new-run")
        assert "; compressed, because a round trip takes " in stderr
        assert 3 * compressed.sent < plain.sent
        assert 3 * (compressed.sent + compressed.received) < plain.sent + plain.received
        workers = [worker["compressed"] for worker in json.loads(stdout)["workers"]]
        assert sum(worker["sent_bytes"] for worker in workers) < compressed.sent
        assert sum(worker["sent_data_bytes"] for worker in workers) > 3 * sum(worker["sent_bytes"] for worker in workers)
        assert json.loads(far.parloader("verify", "--json").stdout)["ok"]


@slow_on_mysql("server")
def test_batches_do_not_shrink_because_round_trips_take_long(database: Database) -> None:
    """A transaction takes longer than the time that is asked for, however few rows it has."""
    with ordinary_account(database) as owned, proxy(owned.target.port, 5, MBIT_PER_SECOND) as network:
        far = replace(owned, target=replace(owned.target, host="127.0.0.1", port=network.port))
        far.parloader("seed", "--rows", "4000", "--procs", "1", "--batch", "5ms")
        assert len(database.rows("SELECT 1 FROM parloader_batch WHERE table_name = 'script_execution'")) < 1000


@slow_on_mysql("server")
def test_auto_compresses_nothing_on_this_machine(database: Database) -> None:
    with ordinary_account(database) as near:
        done = near.parloader("seed", "--rows", "100", "--procs", "1", "--json")
        assert [worker["compressed"] for worker in json.loads(done.stdout)["workers"]] == [None]
        done = near.parloader("seed", "--rows", "100", "--procs", "1", "--new-run", "--compress", "on")
        assert "; compressed" in done.stderr
        assert "MB before compression" in done.stdout
