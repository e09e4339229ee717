"""Takes out one protection after another, in a copy of parloader, and checks that the tests named for it fail without it.

Each protection is a small change of one file (protections_*.py). Its tests have to pass on the code as it is, and one of them has to fail
with the change. Exit code 1: no test notices that a protection is gone, or a change no longer applies.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import click
from protections_begin import BEGIN
from protections_clean import CLEAN
from protections_dask import DASK
from protections_indexes import INDEXES
from protections_model import Protection
from protections_others import OTHERS
from protections_process import PROCESS
from protections_server import SERVER
from protections_session import SESSIONS
from protections_write import WRITE
from report_section import write_section

PROTECTIONS = (*BEGIN, *WRITE, *CLEAN, *OTHERS, *INDEXES, *SESSIONS, *SERVER, *PROCESS, *DASK)

ROOT = Path(__file__).parents[1]

# Where scripts/lib.sh unpacks the programs of a cluster
GALERA = ROOT / ".servers/galera/usr/bin"

COPIED = ("parloader", "tests", "scripts", "docs", "pyproject.toml", "README.md", "CHANGELOG.md")

# A test that hangs without the protection notices it, too
MAX_SECONDS = 240.0

PASSED, FAILED = 0, 1


class Verdict(StrEnum):
    FAILS = "a test fails without it"
    UNNOTICED = "NO TEST NOTICES"
    CANNOT_RUN = "ITS TESTS CANNOT RUN"


@dataclass(frozen=True, kw_only=True)
class Result:
    protection: Protection
    verdict: Verdict
    failing: tuple[str, ...] = ()
    seconds: float = 0.0
    output: str = ""


def run_tests(root: Path, tests: Sequence[str], *options: str, max_seconds: float | None) -> tuple[int | None, str]:
    """Runs these tests on the package in this folder; returns pytest's exit code (None: they take longer) and its output."""
    with tempfile.TemporaryDirectory(prefix="p-") as temporary:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-m",
            "",
            "-p",
            "no:cacheprovider",
            "--basetemp",
            f"{temporary}/t",
            *options,
            *tests,
        ]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (root, root / "tests", root / "scripts"))),
            "PATH": os.pathsep.join((os.environ["PATH"], str(GALERA))),
            "TMPDIR": temporary,
        }
        with subprocess.Popen(
            command, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                output, _ = process.communicate(timeout=max_seconds)
            except subprocess.TimeoutExpired:
                process.terminate()
                output, _ = process.communicate()
                return None, output
        return process.returncode, output


def verdict(code: int | None, output: str) -> Verdict:
    """What pytest's exit code and output say about a change. Tests that are all skipped, or whose fixtures fail, say nothing."""
    if code is None or (code == FAILED and re.search("^FAILED ", output, re.MULTILINE)):
        return Verdict.FAILS
    return Verdict.UNNOTICED if code == PASSED and re.search(r"\b\d+ passed", output) else Verdict.CANNOT_RUN


def failing_tests(output: str) -> tuple[str, ...]:
    """The ids of the tests that failed, from pytest's summary."""
    lines = (line.removeprefix("FAILED ") for line in output.splitlines() if line.startswith("FAILED "))
    return tuple(line.split(" - ")[0] for line in lines)


def copy_of_project(folder: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)


def without(protection: Protection) -> Result:
    """Runs the protection's tests without it."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="without-") as folder:
        root = Path(folder)
        copy_of_project(root)
        (root / protection.file).write_text(protection.applied(ROOT))
        code, output = run_tests(root, protection.tests, "-x", max_seconds=MAX_SECONDS)
    return Result(
        protection=protection,
        verdict=verdict(code, output),
        failing=failing_tests(output) or (protection.tests[:1] if code is None else ()),
        seconds=time.monotonic() - begun,
        output=output,
    )


def markdown(results: Sequence[Result]) -> str:
    """The section that `--report` writes."""
    lines = ["| without this protection | this test fails |", "|---|---|"]
    for result in results:
        tests = ", ".join(f"`{test.removeprefix('tests/')}`" for test in result.failing) or result.verdict
        lines.append(f"| {result.protection.what} | {tests} |")
    return "\n".join(lines)


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="How many protections to try at once.")
@click.option("--report", type=click.Path(path_type=Path, exists=True), help="Write the table into its section of this document.")
@click.option("--verbose", is_flag=True, help="Show pytest's output.")
def main(names: tuple[str, ...], jobs: int, report: Path | None, verbose: bool) -> None:
    chosen = [each for each in PROTECTIONS if not names or each.name in names]
    if unknown := set(names) - {each.name for each in chosen}:
        raise click.UsageError(f"no protection is named {', '.join(sorted(unknown))}")
    for protection in chosen:
        protection.applied(ROOT)  # ValueError names one that no longer applies
    tests = sorted({test for each in chosen for test in each.tests})
    code, output = run_tests(ROOT, tests, "-n", str(jobs), max_seconds=None)
    if code != PASSED:
        raise click.ClickException(f"these tests have to pass on the code as it is:\n{output[-5000:]}")
    results = []
    with ThreadPoolExecutor(jobs) as threads:
        for result in threads.map(without, chosen):
            results.append(result)
            click.echo(f"{result.protection.name}: {result.verdict} ({result.seconds:.0f} s) {' '.join(result.failing)}", err=True)
            if verbose or result.verdict is not Verdict.FAILS:
                click.echo(result.output[-3000:], err=True)
    click.echo(markdown(results))
    bad = [result for result in results if result.verdict is not Verdict.FAILS]
    if bad:
        raise click.ClickException(f"{len(bad)} of {len(results)}: {', '.join(result.protection.name for result in bad)}")
    if report:
        write_section(report, "scripts/protections", markdown(results))


if __name__ == "__main__":
    main()
