"""The import contracts of pyproject.toml are checked, and a violation of each is found."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import parloader

PACKAGE = Path(parloader.__file__).parent

PROJECT = PACKAGE.parent / "pyproject.toml"

VIOLATIONS = {
    "One direction": ("plans/model.py", "import parloader.operations.seed"),
    "No cycle": ("rows/lookup.py", "import parloader.rows.ownership"),
    "Plans and schemas are plain values": ("schema/partitioning.py", "import polars"),
    "The planner and the generators know no server": ("planner/solver.py", "import parloader.database.sql"),
    "The database package knows no plan": ("database/tls.py", "import parloader.plans.model"),
    "A worker process imports only what it needs": ("workers/tasks/load.py", "import tqdm"),
    "The driver stays in database/": ("rows/lookup.py", "import pymysql"),
    "click stays in cli/": ("runs/begin.py", "import click"),
}


def check(folder: Path) -> str:
    """What lint-imports prints for the copy of parloader in this folder."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
        "--config",
        str(PROJECT),
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a copy of the package, which is what is imported there."""
    shutil.copytree(PACKAGE, tmp_path / "parloader", ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    return tmp_path


def test_every_contract_is_kept_and_finds_its_violation(copy: Path) -> None:
    kept = check(copy)
    assert all(f"{name} KEPT" in kept for name in VIOLATIONS), kept
    assert f"Contracts: {len(VIOLATIONS)} kept, 0 broken" in kept
    for file, statement in VIOLATIONS.values():
        path = copy / "parloader" / file
        path.write_text(f"{path.read_text()}\n{statement}\n")
    broken = check(copy)
    assert all(f"{name} BROKEN" in broken for name in VIOLATIONS), broken
