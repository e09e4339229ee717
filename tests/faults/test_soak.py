"""scripts/soak: it says its seed, counts, and finds what is lost."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import soak
from soak_faults import Scene
from support.loads import TABLE, USUAL, has_committed
from support.servers import KINDS, unavailable, until

from parloader.database import sql
from parloader.database.private_server.binary import find_binary
from parloader.errors import ServerStartError

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["mariadb", "mysql"])
def kind(request: pytest.FixtureRequest) -> str:
    try:
        find_binary((KINDS[request.param],))
    except ServerStartError as error:
        unavailable(request.param, error)
    return str(request.param)


@pytest.fixture
def folder() -> Iterator[Path]:
    """For the servers: pytest's own folders have names too long for a socket's path."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.slow
def test_a_short_one(kind: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "scripts/soak.py", "--minutes", "0", "--seed", "4", "--server", kind],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))), "TMPDIR": str(folder)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"seed 4: scripts/soak --minutes 0 --seed 4 --server {kind}\n1: ")
    table = {name.strip(): int(count) for name, count in (line.rsplit(None, 1) for line in done.stdout.splitlines())}
    assert table["loads"] == 1
    assert [table[name] for name in ("rows lost", "rows doubled", "orphans", "half batches")] == [0, 0, 0, 0]
    assert sum(count for name, count in table.items() if name.startswith("fault: ")) == 1
    assert not list(folder.iterdir())


@contextmanager
def a_row_is_lost(scene: Scene) -> Iterator[None]:
    database = scene.load.database
    has_committed(scene.load, scene.load.plan.rows // 2)
    with database.server.connection(database.target.database) as somebody:
        until(lambda: sql.execute(somebody, f"DELETE FROM {TABLE} WHERE id = 1"), "there is a first row")
    yield


@pytest.mark.slow
def test_a_row_that_is_lost_is_found(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "some_plan", lambda _: USUAL)
    monkeypatch.setattr(soak, "some_fault", lambda *_: ("a row is lost", a_row_is_lost))
    tally = soak.soak(seed=4, minutes=0, kinds=(KINDS[kind],), home=folder)
    (failure,) = tally.failures
    assert failure.startswith("load 1 of seed 4: ")
    assert "a row is lost after" in failure
    assert "half batches" in failure
    assert tally.half_batches > 0
