"""What the commands import: every start of parloader pays for it."""

import subprocess
import sys


def imported(modules: str, among: set[str]) -> list[str]:
    """Which packages of `among` importing the modules imports."""
    code = f"import sys, {modules}; print(*sorted({{name.partition('.')[0] for name in sys.modules}} & {among}))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_help_imports_nothing_large() -> None:
    assert (
        imported(
            "parloader.cli.program",
            {"polars", "pymysql", "sqlalchemy", "sqlglot", "tomlkit", "tqdm", "psutil", "platformdirs", "distributed"},
        )
        == []
    )


def test_workers_of_seed_start_before_the_parent_process_imports_what_is_large() -> None:
    assert imported("parloader.cli, parloader.config, parloader.workers.processes", {"polars", "sqlalchemy", "sqlglot"}) == []


def test_a_command_imports_nothing_large_that_it_may_not_need() -> None:
    operations = ", ".join(f"parloader.operations.{name}" for name in ("seed", "plan", "verify", "clean", "status"))
    modules = f"parloader.cli.commands, parloader.cli.texts.report, parloader.workers.progress, parloader.workers.runner, {operations}"
    assert imported(modules, {"sqlglot", "tomlkit", "tqdm", "psutil", "platformdirs", "matplotlib", "distributed"}) == []
