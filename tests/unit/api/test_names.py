"""The names that `import parloader` offers: found when they are used, the same for type checkers, and nothing large is imported for the others."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import parloader
from parloader.api import exports, loading, names

SCRIPT = """
import parloader

def show(update: parloader.ProgressUpdate) -> None:
    print(update.done_rows + 1)

try:
    result: parloader.SeedResult = parloader.seed("mysql://a@b/c", table="orders", rows={"orders": 10}, progress=show)
    rows: int = result.rows
    with parloader.seeded(None, plan=parloader.Plan(name="p", tables=()), procs=1) as seeded:
        seeded.run_id
except parloader.Refused as error:
    text: str = error.next_step
ok: bool = parloader.verify(None, run=1).ok
reveal_type(parloader.clean(None).tables)
"""

WRONG = {
    'parloader.seed("mysql://a@b/c", tabel="orders")': "call-arg",
    "parloader.seed(rows=1.5)": "arg-type",
    "parloader.seeded(rows=None, tabel=1)": "call-arg",
    "parloader.no_such_name": "attr-defined",
}


def run_python(*code: str) -> str:
    return subprocess.run([sys.executable, "-c", "\n".join(code)], capture_output=True, text=True, check=True).stdout


def test_the_names_are_those_of_the_type_checkers() -> None:
    assert parloader.__all__ == sorted(exports.__all__)
    for name in parloader.__all__:
        assert getattr(parloader, name) is getattr(exports, name)
    assert {*parloader.__all__} <= {*dir(parloader)}


def test_every_error_of_the_library_is_public() -> None:
    from parloader import errors

    of_commands = {"ResultNotWritten", "VerifyFailed", "TablesNotFilled", "SchedulerLost"}
    all_errors = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert all_errors - of_commands <= {*parloader.__all__}


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="module 'parloader' has no attribute 'sed'"):
        parloader.sed  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'Seed'"):
        exec("from parloader import Seed")


def test_import_parloader_alone_is_cheap() -> None:
    large = ("polars", "sqlalchemy", "pymysql", "click", "parloader.config")
    said = run_python(
        "import sys, parloader",
        f"print([name for name in {large!r} if name in sys.modules])",
        "parloader.Refused",
        f"print([name for name in {large!r} if name in sys.modules])",
        "from parloader import *",
        "print(seed.__name__, Plan.__name__, Refused.__name__)",
    )
    assert said.splitlines() == ["[]", "[]", "seed Plan Refused"]


def test_seeded_takes_the_arguments_of_seed() -> None:
    parameters = inspect.signature(parloader.seed).parameters
    assert [*loading.SeedOptions.__annotations__] == [name for name in parameters if name != "database"]


def test_plan_and_export_take_those_that_select_rows() -> None:
    selecting = {
        "table",
        "all_tables",
        "plan",
        "metadata",
        "rows",
        "seed",
        "procs",
        "new_run",
        "parameters",
        "column_rules",
        "allow_databases",
        "allow_history",
    }
    for function in (parloader.plan, parloader.export):
        assert selecting <= {*inspect.signature(function).parameters}


@pytest.mark.parametrize("name", [name for listed in names.MODULES.values() for name in listed.split() if name[0].islower()])
def test_every_argument_is_documented_in_order(name: str) -> None:
    function = getattr(parloader, name)
    text = inspect.getdoc(function) or ""
    parameters = list(inspect.signature(function).parameters)
    described = [
        line.partition(":")[0].strip()
        for line in text.partition("Args:\n")[2].partition("\n\n")[0].splitlines()
        if line[:4].strip() == "" and line[4:5].strip()
    ]
    assert described == [parameter for parameter in parameters if parameter in described]
    if "so are the arguments that are not listed here" not in text and name != "seeded":
        assert described == parameters
    assert [word for word in ("Returns:", "Yields:", "Raises:", "Examples:") if word in text][1:] == ["Raises:", "Examples:"]


@pytest.mark.slow
def test_a_script_of_a_user_is_type_checked(tmp_path: Path) -> None:
    lines = [SCRIPT, *WRONG]
    script = tmp_path / "script.py"
    script.write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(tmp_path / "cache"), str(script)]
    found = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    errors = [line for line in found.stdout.splitlines() if ": error: " in line]
    assert [line.rpartition("[")[2].rstrip("]") for line in errors] == list(WRONG.values()), found.stdout
    assert 'Revealed type is "tuple[tuple[str, int], ...]"' in found.stdout
