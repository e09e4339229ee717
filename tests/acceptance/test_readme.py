"""The README's commands, run as written."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from parloader.database.server import PrivateServer, find_binary

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\| `(parloader [^`]+)` \|", README, re.MULTILINE)


@pytest.fixture
def environment(own_server: PrivateServer) -> dict[str, str]:
    binary = find_binary(own_server.kinds)
    path = os.pathsep.join([str(ROOT / ".venv/bin"), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PARLOADER_HOME": str(own_server.home), "PARLOADER_MYSQLD": str(binary.path)}


def test_each_command_of_the_table(environment: dict[str, str], tmp_path: Path) -> None:
    (settings,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "parloader.toml").write_text(settings, encoding="utf-8")
    assert len(COMMANDS) == 22
    said = {}
    for command in COMMANDS:
        done = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        said[command.removeprefix("parloader ")] = done.stdout
    assert "20,000 rows, 10,000 scheduled, 10,000 triggered, 0 violations" in said["seed --rows 20000 --procs 2"]
    assert "500 rows, 0 violations" in said["seed --table event_trigger --rows 500"]
    assert said["verify"].endswith("ok: what is there is what the plan says, row for row\n")
    assert "45,000 rows of script_execution" in said["clean --yes"]
    assert said["schema check"] == "script_execution: empty\n"


def test_the_first_command(environment: dict[str, str]) -> None:
    assert "```sh\nscripts/seed\nscripts/test\n```" in README
    done = subprocess.run(["scripts/seed", "--rows", "10000"], env=environment, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert "10,000 rows, 5,000 scheduled, 5,000 triggered, 0 violations" in done.stdout
    rows = [line for line in done.stdout.splitlines() if re.match(r"[0-3] ", line)]
    assert len(rows) == 4


def test_the_second_command_finds_the_tests_of_both_servers(environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["scripts/test", "--collect-only", "-q", "-n", "0", "tests/acceptance/test_verify.py"],
        env={k: v for k, v in environment.items() if not k.startswith("PYTEST")},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[mariadb]" in done.stdout
    assert "[mysql]" in done.stdout


def test_the_exit_codes_are_those_of_the_errors() -> None:
    from parloader import errors

    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)} - {0}
    found = {e.exit_code for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.ParloaderError)}
    assert documented == found
