"""A command that fails prints one line on stderr and, with --json, one object on stdout."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from support.operations import Operation

from parloader import errors
from parloader.cli.commands import cli
from parloader.cli.output import failure_document
from parloader.errors import ParloaderError
from parloader.plans.documents.mistakes import PlanError

EXIT_CODES_PAGE = Path(__file__).parents[3] / "docs" / "exit-codes.md"

URL = "mysql://ann:s3cret@127.0.0.1:1/shop"


def parloader(*arguments: str, environment: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, env=environment, prog_name="parloader")


def error_of(result: Result) -> dict[str, object]:
    """The only object on stdout."""
    document = json.loads(result.stdout)
    assert list(document) == ["error"]
    assert list(document["error"]) == ["code", "kind", "message", "next_step"]
    assert document["error"]["code"] == result.exit_code
    return document["error"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("seed", "--rows", "many"), "--rows: 'many' is not a number of rows, such as 5000, 250k, 1e6 or 1M"),
        (
            ("seed", "--rows", "-1"),
            "--rows: '-1' is not a number of rows, such as 5000, 250k, 1e6 or 1M",
        ),
        (
            ("bench", "--rows", "0"),
            "--rows: '0' is not a number of rows from 1 to 9,223,372,036,854,775,807, such as 5000, 250k, 1e6 or 1M",
        ),
        (("seed", "--plan", ""), "--plan: '' is not the name of a plan file or module"),
        (("verify", "--table", ""), "--table: the name of a table is empty"),
        (("plan", "--table", "\udcff"), "--table: '\\udcff' is not UTF-8, so it is not the name of a table"),
        (
            ("seed", "--parents", ""),
            "--parents: '' is not TABLE=ROWS, for example customer=1000 or customer=10k (1 to 9,223,372,036,854,775,807 rows)",
        ),
        (("bench", "--procs", ""), "--procs: '' is not a number from 1 to 1024"),
        (("bench", "--writer", ""), "--writer: '' is not a writer; valid are insert, load-data"),
        (("seed", "--rows", "1.5"), "--rows: '1.5' is not a whole number of rows"),
        (("seed", "--procs", "0"), "--procs: '0' is not a whole number from 1 to 1,024"),
        (("clean", "--run", "x"), "--run: 'x' is not the number of a run, such as 2; parloader status lists the runs"),
        (("verify", "--run", "0"), "--run: '0' is not the number of a run, such as 2; parloader status lists the runs"),
        (("seed", "--worker-restarts", "x"), "--worker-restarts: 'x' is not a whole number of at least 0"),
        (("seed", "--retry-seconds", "nan"), "--retry-seconds: 'nan' is not a number of seconds from 0 to 31,536,000"),
        (("seed", "--max-lag", "-1"), "--max-lag: '-1' is not a number of seconds from 0 to 31,536,000"),
        (("seed", "--writer", "x"), "--writer: 'x' is not one of 'insert', 'load-data'"),
        (
            ("seed", "--tabel", "x"),
            "parloader seed: no such option '--tabel'. Did you mean --table? parloader seed --help shows what is valid",
        ),
        (("sede",), "parloader: no such command 'sede'. Did you mean seed? parloader --help shows what is valid"),
        (("server", "strat"), "parloader server: no such command 'strat'. Did you mean start? parloader server --help shows what is valid"),
        (("--nope",), "parloader: no such option '--nope'. parloader --help shows what is valid"),
        (("seed", "--rows"), "option '--rows' requires an argument. Add the value"),
    ],
)
def test_a_usage_error_is_one_line(arguments: tuple[str, ...], line: str) -> None:
    result = parloader(*arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"error: {line}\n")
    in_json = parloader(*arguments, "--json")
    assert in_json.exit_code == 2
    assert error_of(in_json)["kind"] == "usage_error"


def test_a_usage_error_names_the_variable_or_the_file_that_has_the_value() -> None:
    assert parloader("plan", environment={"PARLOADER_ROWS": "x"}).stderr.startswith("error: PARLOADER_ROWS: 'x' is not")
    with open("parloader.toml", "w") as file:
        file.write('max_rate = "fast"')
    assert parloader("seed", "--url", URL).stderr.startswith("error: max_rate in parloader.toml: 'fast' is not a number of rows")


def test_all_wrong_settings_of_the_file_are_lines() -> None:
    Path("parloader.toml").write_text(
        'rows = "many"\nprocs = 0\nwriter = "x"\nbatch = "y"\nmax_rate = "fast"\n[set]\nnope = 1\n', encoding="utf-8"
    )
    done = parloader("seed", "--url", URL, "--batch", "100", environment={"PARLOADER_PROCS": "2"})
    names = [line.removeprefix("error: ").split(" in parloader.toml: ")[0] for line in done.stderr.splitlines()]
    assert (done.exit_code, sorted(names)) == (2, ["max_rate", "rows", "set", "writer"])


def test_a_file_of_settings_that_is_not_valid_is_reported_in_json() -> None:
    with open("parloader.toml", "w") as file:
        file.write("rows = ")
    assert "parloader.toml cannot be read" in str(error_of(parloader("plan", "--json"))["message"])


@pytest.mark.parametrize("command", [("seed",), ("verify",), ("clean", "--yes"), ("status",), ("pause",), ("schema", "check"), ("guard",)])
def test_every_verb_reports_a_failure_in_json(command: tuple[str, ...]) -> None:
    result = parloader(*command, "--url", URL, "--json")
    error = error_of(result)
    assert (result.exit_code, error["kind"]) == (4, "connect_error")
    assert result.stderr == f"error: {error['message']}. {error['next_step']}\n"


def test_an_interrupted_command_reports_it_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("parloader.operations.status.status", interrupt)
    result = parloader("status", "--url", URL, "--json")
    assert (result.exit_code, error_of(result)) == (
        130,
        {"code": 130, "kind": "interrupted", "message": "interrupted", "next_step": ""},
    )


def test_a_fault_of_parloader_reports_it_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr("parloader.operations.status.status", fail)
    result = parloader("status", "--url", URL, "--json")
    assert (result.exit_code, error_of(result)["message"]) == (1, "internal error: ZeroDivisionError: a fault")


def test_a_bench_whose_chart_cannot_be_drawn_reports_both_its_result_and_the_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object, file: Path) -> None:
        raise OSError(28, "No space left on device", str(file))

    monkeypatch.setattr("parloader.operations.bench.bench", Operation())
    monkeypatch.setattr("parloader.cli.pages.bench_chart.draw_bench", fail)
    result = parloader("bench", "--url", URL, "--plot", "chart.png", "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["result"]) == (1, "of the operation")
    assert document["error"]["message"] == "chart.png: No space left on device"
    assert result.stderr == "error: chart.png: No space left on device. PARLOADER_TRACEBACK=1 shows where it happened\n"


ERRORS = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, ParloaderError)]


@given(error=st.sampled_from(ERRORS), message=st.text(), next_step=st.text())
def test_every_error_has_a_kind_of_its_own(error: type[ParloaderError], message: str, next_step: str) -> None:
    document = failure_document(error(message, next_step))["error"]
    assert (document["code"], document["message"], document["next_step"]) == (error.exit_code, message, next_step)
    kinds = {failure_document(other("x"))["error"]["kind"] for other in ERRORS}
    assert len(kinds) == len(ERRORS)


def printed(of: type[ParloaderError]) -> Iterator[type[ParloaderError]]:
    """This error and all its kinds in the modules of parloader, without the base of errors about plans, which is never raised itself."""
    if of is not PlanError:
        yield of
    for kind in of.__subclasses__():
        if kind.__module__.startswith("parloader."):
            yield from printed(kind)


def test_the_page_lists_the_kind_of_every_error_under_its_exit_code() -> None:
    table = EXIT_CODES_PAGE.read_text().split("| code | kinds |\n|---|---|\n")[1].split("\n\n")[0]
    listed = {
        (int(code), kind)
        for code, kinds in re.findall(r"^\| (\d+) \| (.*) \|$", table, re.MULTILINE)
        for kind in re.findall(r"`(\w+)`", kinds)
    }
    documents = [failure_document(error("x", "y"))["error"] for error in printed(ParloaderError)]
    assert listed == {(document["code"], document["kind"]) for document in documents}


@pytest.mark.parametrize("group", [(), ("server",), ("schema",)])
def test_a_group_alone_prints_its_help(group: tuple[str, ...]) -> None:
    result = parloader(*group)
    assert result.output.startswith(f"Usage: {' '.join(('parloader', *group))} [OPTIONS] COMMAND"), result.output
    assert "Error" not in result.output
    assert "\nCommands:\n" in result.output
