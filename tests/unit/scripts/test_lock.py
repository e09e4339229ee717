"""constraints.txt, and when scripts/lib.sh installs from it."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

HERE = Path(__file__).parents[3]

PIN = re.compile(r"([\w.-]+)==(\S+)")


def pins() -> dict[str, str]:
    lines = [line for line in (HERE / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    matches = [PIN.fullmatch(line) for line in lines]
    assert all(matches), lines
    return {match[1].lower(): match[2] for match in matches if match}


def test_every_dependency_has_a_version_that_pyproject_allows() -> None:
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    stated = [*project["dependencies"], *(text for texts in project["optional-dependencies"].values() for text in texts)]
    locked = pins()
    for requirement in map(Requirement, stated):
        if requirement.name != project["name"]:
            assert requirement.specifier.contains(locked[requirement.name.lower()]), requirement


FAKE_PYTHON = """#!/bin/sh
case "$*" in *install*) echo "$*" >>installed ;; esac
"""


def test_a_changed_lock_is_installed_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    for file in ("scripts/lib.sh", "pyproject.toml", "constraints.txt"):
        shutil.copy(HERE / file, tmp_path / file)
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(FAKE_PYTHON)
    python.chmod(0o755)
    script = tmp_path / "scripts/any"
    script.write_text('. "$(dirname "$0")/lib.sh"\nvenv dev\nvenv\n')

    def installations() -> list[str]:
        subprocess.run(["sh", script], check=True, capture_output=True)
        return (tmp_path / "installed").read_text().splitlines()

    assert installations() == installations() == ["-m pip install --quiet --constraint constraints.txt --editable .[dev]"]
    for file in ("constraints.txt", "pyproject.toml"):
        before = installations()
        (tmp_path / file).write_text((tmp_path / file).read_text() + "\n")
        assert len(installations()) == len(before) + 1
