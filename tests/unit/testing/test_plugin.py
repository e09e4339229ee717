"""The plugin as pytest loads it: by its entry point, importing nothing else, and not at all with -p no:parloader."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

LOADED = """
import sys
import pytest

class Reporter:
    def pytest_unconfigure(self):
        print("loaded:", *sorted(name for name in sys.modules if name.partition(".")[0] in WATCHED))

WATCHED = {"parloader", "polars", "pymysql", "sqlalchemy", "psutil", "platformdirs", "tomlkit", "click", "tqdm", "sqlglot"}
sys.exit(pytest.main(sys.argv[1:], plugins=[Reporter()]))
"""


def loaded(folder: Path, *arguments: str, others: bool = False) -> set[str]:
    """The modules of parloader, and of what it depends on, that a run of pytest on a test without its fixtures has imported.

    `others`: with all plugins that are installed, some of which import the same.
    """
    (folder / "test_nothing.py").write_text("def test_nothing(): pass")
    command = [sys.executable, "-c", LOADED, "-q", "-p", "no:cacheprovider", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    if not others:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("loaded:"))
    return set(line.split()[1:])


def test_pytest_loads_it_by_its_entry_point() -> None:
    (found,) = entry_points(group="pytest11", name="parloader")
    assert found.value == "parloader.testing.plugin"


def test_nothing_is_imported_before_a_fixture_is_used(tmp_path: Path) -> None:
    assert loaded(tmp_path, "-p", "parloader") == {"parloader", "parloader.testing", "parloader.testing.plugin"}


def test_it_can_be_left_out(tmp_path: Path) -> None:
    assert "parloader" not in loaded(tmp_path, "-p", "no:parloader", others=True)
