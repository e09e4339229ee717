"""scripts/scale measures the same load in every line. No test looks at a time."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lines(*arguments: str) -> list[list[str]]:
    """The cells of the table that the script prints, without its head."""
    done = subprocess.run([sys.executable, "scripts/scale.py", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines()[2:]]


@pytest.mark.slow
def test_what_one_core_feeds() -> None:
    found = lines("core", "--rows=2000", "--batch=1000", "--rounds=1", "--plan=docs/examples/person.toml")
    assert [line[:2] for line in found] == [[t, w] for t in ("script_execution", "person") for w in ("insert", "load-data")]
    assert all(40 < int(line[2]) < 60 for line in found[:2])  # bytes
    assert all(250 < int(line[2]) < 400 for line in found[2:])


@pytest.mark.slow
@pytest.mark.parametrize("server_kind", ["mariadb"], indirect=True)
def test_what_a_target_takes(server_kind: str) -> None:
    found = lines("target", "--rows=5000", "--rounds=1", f"--server={server_kind.upper()}")
    assert [line[1] for line in found] == ["insert", "load-data"]
    assert all(re.match(r"MariaDB \d", line[0]) for line in found)


@pytest.mark.slow
@pytest.mark.parametrize("server_kind", ["mariadb"], indirect=True)
def test_what_dask_costs(server_kind: str) -> None:
    """A load with another number of rows would be an error."""
    found = lines("workers", "--rows=2000", "--rounds=1", "--count=2", f"--server={server_kind.upper()}")
    assert [line[1] for line in found] == ["2"]
