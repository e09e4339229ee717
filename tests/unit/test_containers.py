"""The Dockerfile, and the examples of docs/containers.md."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest
from check_jsonschema import main as check_jsonschema  # type: ignore[import-untyped]
from click.testing import CliRunner
from support.image import stages

from parloader.cli.commands import cli

ROOT = Path(__file__).parents[2]

BUILD, FINAL = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))

PAGE = (ROOT / "docs/containers.md").read_text(encoding="utf-8")


def test_the_image_runs_parloader_as_a_user_without_privileges() -> None:
    assert json.loads(FINAL.last("ENTRYPOINT")) == ["parloader"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", FINAL.last("USER"))
    assert BUILD.base == FINAL.base  # the same Python in both


def test_what_is_copied_is_all_that_is_sent_to_the_engine() -> None:
    copied = {word for line in BUILD.all("COPY") for word in line.split()[:-1]}
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    assert copied == {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_has_what_the_build_needs() -> None:
    """pyproject.toml's own hooks and files; the readme is read by the hook."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {
        "pyproject.toml",
        "README.md",
        *project["project"]["license-files"],
        project["tool"]["hatch"]["metadata"]["hooks"]["custom"]["path"],
    }
    assert needed <= {word for line in BUILD.all("COPY") for word in line.split()[:-1]}


def docker_runs() -> list[list[str]]:
    """The arguments of each `docker run` of the page, without continuation lines and comments."""
    text = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)).replace("\\\n", " ")
    return [shlex.split(line, comments=True)[2:] for line in text.splitlines() if line.startswith("docker run ")]


def test_the_commands_after_the_image_are_commands_of_parloader() -> None:
    assert len(docker_runs()) >= 4
    for words in docker_runs():
        verb, *arguments = words[words.index("parloader") + 1 :]
        command = cli.get_command(click.Context(cli, **cli.context_settings), verb)
        assert command
        command.make_context(verb, arguments, resilient_parsing=False, ignore_unknown_options=False)


@pytest.mark.parametrize(("number", "schema"), [(0, "compose-spec"), (1, "github-workflows"), (2, "gitlab-ci")])
def test_an_example_has_only_what_its_schema_knows(number: int, schema: str, tmp_path: Path) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 3
    (tmp_path / "example.yaml").write_text(blocks[number], encoding="utf-8")
    done = CliRunner().invoke(check_jsonschema, ["--builtin-schema", f"vendor.{schema}", str(tmp_path / "example.yaml")])
    assert done.exit_code == 0, done.output


def test_the_workflow_gives_only_inputs_that_the_action_has() -> None:
    action = (ROOT / "action.yml").read_text(encoding="utf-8")
    given = re.findall(
        r"^          ([\w-]+):", PAGE.partition("uses: OWNER/parloader@VERSION\n")[2].partition("\n      -")[0], re.MULTILINE
    )
    assert given
    assert all(f"\n  {name}:\n" in action for name in given)
