"""--executor, --scheduler and so on: where the tasks of a command run."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from parloader.cli.options.executor_options import with_execution
from parloader.cli.options.plan_options import procs_option
from parloader.errors import UsageError
from parloader.workers.execution import Credentials, Execution, ExecutorName

ADDRESS = "tcp://host:8786"


def execution(*arguments: str, environment: dict[str, str] | None = None) -> Execution:
    found: list[Execution] = []

    @click.command()
    @procs_option
    @with_execution
    def command(*, procs: int, execution: Execution) -> None:
        found.append(execution)

    result = CliRunner().invoke(command, arguments, env=environment)
    if isinstance(result.exception, UsageError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return found[0]


def test_the_default_is_this_machine() -> None:
    assert execution() == Execution(executor=ExecutorName.LOCAL)


def test_a_scheduler_means_dask() -> None:
    assert execution("--scheduler", ADDRESS) == Execution(executor=ExecutorName.DASK, scheduler=ADDRESS)
    assert execution("--scheduler-file", "s.json") == Execution(executor=ExecutorName.DASK, scheduler_file="s.json")
    assert execution("--executor", "dask") == Execution(executor=ExecutorName.DASK)


def test_only_a_given_number_of_processes_limits_the_tasks() -> None:
    assert execution("--executor", "dask").most_tasks is None
    assert execution("--executor", "dask", "--procs", "3").most_tasks == 3
    assert execution("--executor", "dask", environment={"PARLOADER_PROCS": "4"}).most_tasks == 4


def test_everything_in_variables() -> None:
    values = {"EXECUTOR": "dask", "SCHEDULER_FILE": "s.json", "CREDENTIALS": "worker", "RESOURCES": "DB=1 GPU=2"}
    assert execution(environment={f"PARLOADER_{name}": value for name, value in values.items()}) == Execution(
        executor=ExecutorName.DASK, scheduler_file="s.json", credentials=Credentials.WORKER, resources={"DB": 1.0, "GPU": 2.0}
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--scheduler", ADDRESS, "--scheduler-file", "s.json"), "--scheduler and --scheduler-file are both given"),
        (("--scheduler", ADDRESS, "--executor", "local"), "--scheduler has no effect with --executor local"),
        (("--resources", "DB=1"), "--resources has no effect without --executor dask"),
        (("--credentials", "worker"), "--credentials has no effect without --executor dask"),
    ],
)
def test_contradictions(arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        execution(*arguments)


def test_the_command_line_overrides_variables() -> None:
    cluster = {"PARLOADER_SCHEDULER_FILE": "s.json", "PARLOADER_CREDENTIALS": "worker", "PARLOADER_RESOURCES": "DB=1"}
    assert execution("--executor", "local", environment=cluster) == Execution(executor=ExecutorName.LOCAL)
    assert execution("--scheduler", ADDRESS, environment=cluster) == Execution(
        executor=ExecutorName.DASK, scheduler=ADDRESS, credentials=Credentials.WORKER, resources={"DB": 1.0}
    )
    assert execution("--scheduler-file", "t.json", environment={"PARLOADER_SCHEDULER": ADDRESS}).scheduler is None
    assert execution("--scheduler", ADDRESS, environment={"PARLOADER_EXECUTOR": "local"}).executor is ExecutorName.DASK


@pytest.mark.parametrize("text", ["DB", "=1", "DB=0", "DB=x", "DB=-1", "DB=99999999999"])
def test_resources_that_are_not_valid(text: str) -> None:
    with pytest.raises(AssertionError, match="is not NAME=NUMBER"):
        execution("--executor", "dask", "--resources", text)


def test_without_dask_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from parloader.cli.commands import cli

    monkeypatch.setattr("parloader.workers.runner.find_spec", lambda name: None)
    result = CliRunner().invoke(cli, ["seed", "--url", "mysql://ann@127.0.0.1:1/shop", "--executor", "dask"])
    assert result.exit_code == 2
    assert result.stderr == "error: Dask is not installed, which --executor dask and --scheduler need. Run: pip install 'parloader[dask]'\n"
