"""Numbers of rows and names of tables, from options, variables and the file."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.operations import Operation

from parloader.cli.commands import cli

URL = "mysql://ann:s3cret@127.0.0.1:1/shop"


def parloader(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Operation:
    operation = Operation()
    monkeypatch.setattr("parloader.operations.plan.plan", operation)
    return operation


@pytest.mark.parametrize(("option", "shown"), [((), True), (("-q",), False), (("-v",), True)])
def test_a_quiet_seed_shows_no_workers(monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...], shown: bool) -> None:
    asked: list[bool] = []
    monkeypatch.setattr("parloader.operations.seed.seed", Operation())
    monkeypatch.setattr("parloader.cli.texts.report.seed", lambda _, *, with_workers: asked.append(with_workers))
    parloader("seed", "--url", URL, *option)
    assert asked == [shown]


@pytest.mark.parametrize("rows", ["1M", "1e6", "1000k", "1_000_000", "1,000,000"])
def test_numbers_of_rows(monkeypatch: pytest.MonkeyPatch, rows: str) -> None:
    seed, bench = Operation(), Operation()
    monkeypatch.setattr("parloader.operations.seed.seed", seed)
    monkeypatch.setattr("parloader.operations.bench.bench", bench)
    parloader("seed", "--url", URL, "--rows", rows, "--parents", f"t={rows}", "--batch", rows, "--max-rate", rows)
    config = seed.config
    found = (config.rows, config.parents["t"], config.batch.first_rows, config.limits.max_rows_per_second)
    assert found == (10**6,) * 4
    parloader("bench", "--url", URL, "--rows", rows)
    assert bench.config.rows == 10**6


@pytest.mark.parametrize("value", ["1e6", '"1M"', "1_000_000", "1000000.0"])
def test_numbers_of_rows_in_the_file(plan: Operation, value: str) -> None:
    Path("parloader.toml").write_text(f"rows = {value}\n[parents]\nt = {value}\n")
    parloader("plan", "--url", URL)
    assert (plan.config.rows, plan.config.parents) == (10**6, {"t": 10**6})


@pytest.mark.parametrize(
    ("arguments", "environment", "file", "tables"),
    [
        (("--table", "a", "--table", "b c", "--table", "a"), {}, "", ("a", "b c")),
        (("--table", "a,b"), {}, "", ("a,b",)),
        ((), {"PARLOADER_TABLE": "b c,a"}, "", ("b c", "a")),
        ((), {"PARLOADER_TABLE": "b c"}, "", ("b c",)),
        ((), {}, 'table = "a b"', ("a b",)),
        ((), {}, 'table = ["a", "b"]', ("a", "b")),
        ((), {}, "", ()),
    ],
)
def test_tables(
    plan: Operation,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    file: str,
    tables: tuple[str, ...],
) -> None:
    Path("parloader.toml").write_text(file)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    parloader("plan", "--url", URL, *arguments)
    assert plan.config.tables == tables


@pytest.mark.parametrize(
    ("arguments", "environment", "file", "filled"),
    [
        (("--all",), {"PARLOADER_TABLE": "a"}, 'plan = "p.toml"', ((), True, None)),
        (("--table", "b"), {"PARLOADER_TABLE": "a"}, 'plan = "p.toml"', (("b",), False, None)),
        (("--plan", "q.toml"), {}, 'table = "c"', ((), False, "q.toml")),
        ((), {"PARLOADER_TABLE": "a"}, 'plan = "p.toml"', (("a",), False, None)),
    ],
)
def test_an_option_overrides_another_way_to_say_what_to_fill(
    plan: Operation,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    file: str,
    filled: tuple[tuple[str, ...], bool, str | None],
) -> None:
    Path("parloader.toml").write_text(file)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    parloader("plan", "--url", URL, *arguments)
    assert (plan.config.tables, plan.config.all_tables, plan.config.plan) == filled


@pytest.mark.parametrize(("arguments", "file"), [((), 'plan = "p.toml"\ntable = "c"'), (("--all", "--table", "b"), "")])
def test_two_ways_of_the_same_strength_are_refused(plan: Operation, arguments: tuple[str, ...], file: str) -> None:
    Path("parloader.toml").write_text(file)
    result = parloader("plan", "--url", URL, *arguments)
    assert (result.exit_code, "--table cannot be combined" in result.stderr, plan.configs) == (2, True, [])


@pytest.mark.parametrize(("names", "message"), [(("a,b", "c"), "'a,b' has a comma"), (("",), "the name of a table is empty")])
def test_names_of_tables_that_are_not_valid(names: tuple[str, ...], message: str) -> None:
    result = parloader("plan", "--url", URL, *(word for name in names for word in ("--table", name)))
    assert (result.exit_code, message in result.stderr) == (2, True)
