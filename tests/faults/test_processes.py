"""Processes that are killed: a worker, the parent, both."""

import os
import signal

import pytest
from faults.inject import kill_workers, signalled
from faults.load import Plan, halted, launched, proven, started
from support import Database

PLAN = Plan()


@pytest.mark.parametrize("writer", ["insert", "load-data"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker(database: Database, number: signal.Signals, writer: str) -> None:
    load = started(database, Plan(writer=writer))
    with halted(load):
        kill_workers(load, number)
    load.ends(1, rf"error: worker \d was killed by {number.name}.* while it held script_execution, rows ", "run the same command again")
    proven(load)
