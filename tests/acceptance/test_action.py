"""The steps of action.yml, run as a runner would: with the inputs of a workflow in their environment, and with bash."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from support.servers import Database

from parloader.database.target import Target

ROOT = Path(__file__).parents[2]

ACTION = YAML(typ="safe").load((ROOT / "action.yml").read_text(encoding="utf-8"))

STEPS = {step.get("id", "install"): step for step in ACTION["runs"]["steps"]}

EXPRESSION = re.compile(r"\$\{\{ inputs\.([\w-]+) \}\}")


class Runner:
    """What a runner gives to the steps of an action: a folder for them, and files for what they tell it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}

    def run(self, step: str, **inputs: str) -> "subprocess.CompletedProcess[str]":
        given = {name: str(value.get("default", "")) for name, value in ACTION["inputs"].items()} | inputs
        environment = {name: EXPRESSION.sub(lambda found: given[found[1]], value) for name, value in STEPS[step]["env"].items()}
        own = {name: str(path) for name, path in self.files.items()}
        own |= {"RUNNER_TEMP": str(self.folder), "GITHUB_ACTION_PATH": str(ROOT)}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", STEPS[step]["run"]],
            cwd=self.folder,
            env={**os.environ, **environment, **own},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def told(self, name: str) -> str:
        return self.files[name].read_text(encoding="utf-8") if self.files[name].exists() else ""

    @property
    def result(self) -> dict[str, object]:
        """The output `result`."""
        (value,) = re.findall(r"^result<<(?P<end>\w+)\n(.*)\n(?P=end)$", self.told("GITHUB_OUTPUT"), re.DOTALL | re.MULTILINE)
        result: dict[str, object] = json.loads(value[1])
        return result


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner on which parloader is installed: this environment."""
    (tmp_path / "parloader").mkdir()
    (tmp_path / "parloader/venv").symlink_to(sys.prefix)
    return Runner(tmp_path)


on_one_server = pytest.mark.parametrize("server", ["mariadb"], indirect=True)


@pytest.fixture
def account(database: Database) -> Iterator[Target]:
    """An account with a password, which a URL has to quote."""
    user, password = f"{database.target.database}_ann", "a@b"
    database.execute(
        f"CREATE USER {user}@localhost IDENTIFIED BY '{password}'", f"GRANT ALL ON {database.target.database}.* TO {user}@localhost"
    )
    yield replace(database.target, user=user, password=password)
    database.execute(f"DROP USER {user}@localhost")


@on_one_server
def test_a_plan_and_what_the_workflow_learns(runner: Runner, database: Database, account: Target) -> None:
    database.execute(*filter(str.strip, (ROOT / "docs/examples/shop.sql").read_text(encoding="utf-8").split(";")))
    plan = str(ROOT / "docs/examples/shop.toml")
    done = runner.run("seed", url=replace(database, target=account).url, plan=plan, rows="orders=200 customer=50", args="--procs '1'")
    assert done.returncode == 0, done.stderr
    assert runner.result["rows"] == 200
    assert database.value("SELECT COUNT(*) FROM orders") == 200
    assert "| orders | 200 |" in runner.told("GITHUB_STEP_SUMMARY")
    assert sorted(done.stdout.splitlines()) == ["::add-mask::a%2540b", "::add-mask::a@b"]


@on_one_server
def test_a_failure_is_an_annotation_and_keeps_its_exit_code(runner: Runner, database: Database) -> None:
    database.execute("CREATE TABLE t (id INT NOT NULL PRIMARY KEY)")
    done = runner.run("seed", url=database.url, table="nothing", all="false")
    assert done.returncode == 3
    assert (
        done.stdout
        == f"::error title=parloader seed::there is no table nothing; the database {database.target.database} has 1 table: t. Correct the name\n"
    )
    assert runner.told("GITHUB_STEP_SUMMARY") == ""
    assert runner.result["error"]


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"args": "--set 'start"}, "the input args cannot be split into words: No closing quotation"),
        ({"all": "yes"}, "the input all is yes; give true or false"),
        ({"rows": "many"}, "many"),
        ({"url": "postgres://h/x"}, "mysql://"),
    ],
)
def test_a_wrong_input(runner: Runner, inputs: dict[str, str], said: str) -> None:
    done = runner.run("seed", **{"url": "mysql://root@127.0.0.1:1/x"} | inputs)
    assert done.returncode == 2
    (line,) = done.stdout.splitlines()
    assert line.startswith("::error title=parloader seed::")
    assert said in line


@pytest.mark.slow
def test_the_action_as_a_whole(tmp_path: Path, database: Database) -> None:
    """Needs an index, or a folder of wheels that pip knows (PIP_FIND_LINKS)."""
    runner = Runner(tmp_path)
    installed = runner.run("install", python=sys.executable)
    assert installed.returncode == 0, installed.stderr
    (folder,) = runner.told("GITHUB_PATH").splitlines()
    assert [path.name for path in Path(folder).iterdir()] == ["parloader"]
    assert runner.run("seed", url=database.url, rows="1000").returncode == 0
    subprocess.run([f"{folder}/parloader", "verify", "--url", database.url], check=True, capture_output=True)
    assert runner.run("install", python=sys.executable).returncode == 0


def test_no_input_is_part_of_a_script() -> None:
    """A step that pasted an input into its script would run whatever a workflow passes on, for example the title of a pull request."""
    assert not any("${{" in step["run"] for step in STEPS.values())
    used = {name for step in STEPS.values() for value in step["env"].values() for name in EXPRESSION.findall(value)}
    assert used == set(ACTION["inputs"])
    assert ACTION["outputs"]["result"]["value"] == "${{ steps.seed.outputs.result }}"


def test_the_page_lists_every_input() -> None:
    page = (ROOT / "docs/containers.md").read_text(encoding="utf-8")
    section = page.partition("## GitHub Actions")[2].partition("\n## ")[0]
    rows = [cell for line in section.splitlines() if line.startswith("| `") for cell in re.findall(r"`([\w-]+)`", line.split("|")[1])]
    assert set(rows) == set(ACTION["inputs"])
