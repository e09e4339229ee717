"""Any input on the command line, in variables or in parloader.toml ends in exit code 2, 3 or 4 and one line, never a traceback.

Valid input ends in 4, because no server is listening in these tests.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from support.offline_commands import URL, parloader

from parloader.builtin.plan import PARAMETERS, parameters, script_execution
from parloader.cli.settings_file import SETTINGS
from parloader.config import BenchConfig, CleanConfig, SeedConfig, VerifyConfig
from parloader.database.target import Target
from parloader.errors import UsageError
from parloader.generation.samples import samples
from parloader.limits import MAX_PROCS, MAX_ROWS

SECRET = "s3cret"

COMMANDS = [("seed",), ("plan",), ("verify",), ("clean",), ("status",), ("bench",), ("schema", "check"), ("schema", "upgrade"), ("guard",)]


def with_file(content: bytes, *arguments: str) -> Result:
    Path("parloader.toml").write_bytes(content)
    return parloader(*arguments)


anything = st.text(max_size=30)

not_utf_8 = st.integers(0xDC80, 0xDCFF).map(chr)  # a byte that is no UTF-8, as Python shows it (PEP 383)

on_a_command_line = st.text(st.characters(exclude_characters="\0", codec="utf-8") | not_utf_8, max_size=30)

integers = st.integers() | st.integers(-3, 3) | st.sampled_from([MAX_ROWS, MAX_ROWS + 1, MAX_PROCS + 1, 10**30])

numbers = integers.map(str) | st.floats().map(str) | st.sampled_from(["1_0", "٣", " 7 ", "0x10", "1e3", "9" * 5000])

typed = numbers | on_a_command_line

commands = st.sampled_from(COMMANDS)

scalars = (
    anything
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.dates()
    | st.times()
    | st.datetimes()
    | st.just("")
    | st.sampled_from(["5", "auto", "insert", URL])
)

toml_values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=3), max_leaves=5)


# The command line
@given(
    command=st.sampled_from(["seed", "plan", "bench"]), option=st.sampled_from(["--rows", "--procs", "--batch", "--writer"]), value=typed
)
def test_sizes(command: str, option: str, value: str) -> None:
    parloader(command, "--url", URL, option, value)


@given(option=st.sampled_from(["--retry-seconds", "--allow-remote", "--set", "--new-run", "--json", "--nothing-of-ours"]), value=typed)
def test_other_options_of_seed(option: str, value: str) -> None:
    parloader("seed", "--url", URL, option, value)


@given(value=numbers)
def test_rounds_of_bench(value: str) -> None:
    parloader("bench", "--url", URL, "--rounds", value)


@given(arguments=st.lists(on_a_command_line, min_size=1, max_size=3))
def test_arguments_that_are_no_command(arguments: list[str]) -> None:
    parloader("server", "start", "--port", "none", *arguments)
    parloader("seed", "--url", URL, "--", *arguments)


names = st.sampled_from(list(PARAMETERS)) | anything

values = (
    typed
    | st.datetimes().map(lambda timestamp: timestamp.isoformat())
    | st.tuples(st.integers(0, 10**13), st.sampled_from("smhdwy")).map(lambda span: f"{span[0]}{span[1]}")
    | st.decimals().map(str)
)


@given(
    command=st.sampled_from(["seed", "plan", "bench"]),
    pairs=st.lists(st.tuples(names, values), max_size=3),
    equals=st.sampled_from(["=", " = ", ""]),
)
def test_plan_parameters(command: str, pairs: Sequence[tuple[str, str]], equals: str) -> None:
    parloader(command, "--url", URL, *(word for name, value in pairs for word in ("--set", f"{name}{equals}{value}".replace("\0", ""))))


@given(
    text=st.dictionaries(names, values, max_size=3),
    rows=st.integers(0, MAX_ROWS) | st.integers(0, 1000) | st.sampled_from([MAX_ROWS, 3 * 10**9]),
)
def test_a_plan_that_is_accepted_has_rows_to_its_last(text: dict[str, str], rows: int) -> None:
    try:
        plan = script_execution(rows, text)
    except UsageError:
        return
    assert parameters(plan.parameters) == plan.parameters
    frames = samples(plan)
    assert all(frame[column].null_count() == 0 for frame in frames.values() for column in (frame.columns[0], frame.columns[-1]))
    start = datetime.fromisoformat(plan.parameters["start"]).replace(tzinfo=None)
    end = start + timedelta(seconds=int(plan.parameters["span"].removesuffix("s")) + 1)
    assert frames["script_execution"]["created_at"].is_between(start, end).all()


@given(
    rows=integers,
    procs=integers,
    rounds=integers,
    retry_seconds=st.floats(),
    which=st.sampled_from([SeedConfig, BenchConfig, VerifyConfig, CleanConfig]),
)
def test_configs(rows: int, procs: int, rounds: int, retry_seconds: float, which: type[Any]) -> None:
    given_fields = {"rows": rows, "rounds": rounds, "procs": (procs,) if which is BenchConfig else procs, "retry_seconds": retry_seconds}
    target = Target(user="ann", database="shop")
    try:
        config = which(target=target, **{n: v for n, v in given_fields.items() if n in which.__dataclass_fields__})
    except UsageError:
        return
    assert 0 <= getattr(config, "rows", 0) <= MAX_ROWS
    assert getattr(config, "retry_seconds", 0) >= 0
    every_procs = config.procs if which is BenchConfig else (config.procs,)
    assert all(1 <= n <= MAX_PROCS for n in every_procs)


# URLs
parts = st.sampled_from(
    [
        "",
        "ann",
        "db",
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::1",
        "%00",
        "%0A",
        "%ZZ",
        "@",
        ":",
        "/",
        "?",
        "#",
        "é",
        " ",
        "\n",
        "a" * 64,
        "..",
        "-1",
        "99999",
    ]
)

part = parts | on_a_command_line

queries = st.lists(st.tuples(st.sampled_from(["unix_socket", "charset", "ssl_ca", "x"]) | part, part), max_size=3).map(
    lambda q: "&".join(f"{n}={v}" for n, v in q)
)

urls = st.builds(
    "{}://{}:{}@{}:{}/{}?{}".format,
    st.sampled_from(["mysql", "mariadb", "mysql+pymysql", "postgresql"]) | part,
    part,
    st.just(SECRET),
    part,
    part,
    part,
    queries,
)


@settings(max_examples=200)
@given(command=commands, url=urls)
def test_urls_made_of_parts(command: tuple[str, ...], url: str) -> None:
    result = parloader(*command, "--url", url)
    assert SECRET not in result.output


@given(url=on_a_command_line, by_environment=st.booleans())
def test_urls_that_are_any_text(url: str, by_environment: bool) -> None:
    if by_environment and url:
        parloader("plan", environment={"PARLOADER_URL": url})
    else:
        parloader("plan", "--url", url)


@given(variable=st.sampled_from(["ROWS", "PROCS", "BATCH", "WRITER", "ALLOW_REMOTE"]), value=typed)
def test_the_environment(variable: str, value: str) -> None:
    parloader("seed", "--url", URL, environment={f"PARLOADER_{variable}": value})


# parloader.toml
@settings(max_examples=300)
@given(command=commands, name=st.sampled_from(list(SETTINGS)), value=toml_values)
def test_every_setting_with_any_value(command: tuple[str, ...], name: str, value: object) -> None:
    content = {"url": URL} | {name: value}
    with_file(tomlkit.dumps(content).encode("utf-8", "surrogatepass"), *command)


@given(name=anything, value=toml_values)
def test_unknown_settings(name: str, value: object) -> None:
    with_file(tomlkit.dumps({name: value}).encode("utf-8", "surrogatepass"), "plan", "--url", URL)


@given(content=st.binary(max_size=60))
def test_a_file_of_any_bytes(content: bytes) -> None:
    with_file(content, "plan", "--url", URL)


broken = ["0x" + "f" * 5000, "9" * 5000, "nan", "true", "#", "\0", "[" * 2000]

words = st.sampled_from([*SETTINGS, "=", "\n", "[", "]", "[set]", "[[set]]", "{", "}", '"', "'", ",", ".", "1", "-", *broken])


@given(content=st.lists(words, max_size=12).map("".join))
def test_a_file_of_broken_toml(content: str) -> None:
    with_file(content.encode(), "plan", "--url", URL)


def test_a_folder_of_that_name() -> None:
    Path("parloader.toml").mkdir()
    assert "cannot be read" in parloader("plan", "--url", URL).stderr


@pytest.mark.parametrize(("name", "value"), [("rows", 1.5), ("rows", True), ("procs", 2.0), ("retry_seconds", False)])
def test_a_value_of_a_wrong_type_is_not_converted(name: str, value: object) -> None:
    """click itself would convert 1.5 rows and true to 1."""
    assert with_file(tomlkit.dumps({name: value}).encode(), "seed", "--url", URL).exit_code == 2
