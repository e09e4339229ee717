"""scripts/compare: what it measures is the same work for every loader. No test looks at a time."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import click
import pytest
from compare import Comparison, compare_on
from compare_loaders import BASELINES
from compare_rivals import ALL_LOADERS
from support.servers import KINDS

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_every_loader_loads_the_same_rows(server_kind: str, short_folder: Path) -> None:
    options = ("--rows=2000", "--rounds=1", "--procs=1,2", "--batch=500", f"--servers={server_kind}", "--json")
    done = subprocess.run(
        [sys.executable, "scripts/compare.py", *options],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(short_folder)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr  # another number of rows, or other rows, would be an error
    (server,) = json.loads(done.stdout)["servers"]
    there = {loader.name for loader in ALL_LOADERS if not loader.missing}
    assert {(m["procs"], m["loader"]) for m in server["measurements"]} == {(procs, name) for procs in (1, 2) for name in there}
    assert len(done.stderr.splitlines()) == 2 * len(there) + len(ALL_LOADERS) - len(there)
    assert not list(short_folder.iterdir())


@pytest.mark.slow
def test_a_loader_that_loads_something_else_is_an_error(server_kind: str, short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(short_folder))
    (copying,) = (loader for loader in ALL_LOADERS if loader.name == BASELINES[1])
    short = replace(copying, commands=lambda run: copying.commands(replace(run, job=replace(run.job, rows=99))))
    with pytest.raises(click.ClickException, match=r"insert select loaded Contents\(rows=99, .* but parloader Contents\(rows=100,"):
        compare_on(KINDS[server_kind], Comparison(rows=100, rounds=1, procs=(1,), batch_rows=50, loaders=(short,), delay_ms=0))
    assert not list(short_folder.iterdir())


@pytest.mark.slow
def test_over_a_network_that_is_slow_to_answer(server_kind: str, short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(short_folder))
    loaders = tuple(loader for loader in ALL_LOADERS if loader.name == "pymysql executemany")
    result = compare_on(KINDS[server_kind], Comparison(rows=100, rounds=1, procs=(2,), batch_rows=50, loaders=loaders, delay_ms=1))
    assert [m.loader for m in result.measurements] == ["pymysql executemany"]
