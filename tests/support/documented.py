"""Code blocks of documentation pages, and a page whose blocks are run in order, as a reader would type them."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from scale_cluster import started
from support.servers import Database

from parloader.cli.commands import cli

PROGRAMS = Path(sys.executable).parent
"""Where this environment's console scripts are."""

# Languages of blocks that a reader runs. A block with a title is a file that the reader creates
RUNNABLE = ("sql", "sh", "python")

OUTPUT = "text"

EXCERPT = "console"
"""Lines of an output that differs from server to server, or from run to run."""


@dataclass(frozen=True)
class Block:
    language: str
    title: str
    """Name of the file that it is; empty: none."""
    text: str
    start: int
    """Offset of the text in the page."""


def code_blocks(page: str) -> list[Block]:
    """The fenced code blocks in order."""
    fence = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)
    return [Block(found[1], found[2] or "", found[3], found.start(3)) for found in fence.finditer(page)]


def blocks(text: str, language: str) -> list[str]:
    """The contents of the page's code blocks in this language."""
    return [block.text for block in code_blocks(text) if block.language == language]


def as_table(names: tuple[str, ...], rows: tuple[tuple[object, ...], ...]) -> str:
    """A result as the mysql client prints it: numbers to the right, all else to the left."""
    texts = [["NULL" if value is None else str(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *texts, strict=True)]
    numeric = [all(isinstance(row[column], int | float | Decimal | None) for row in rows) for column in range(len(names))]
    rule = "+".join(["", *("-" * (width + 2) for width in widths), ""])
    header = "|".join(["", *(f" {name:<{width}} " for name, width in zip(names, widths, strict=True)), ""])
    lines = [
        "|".join(["", *(f" {text:{'>' if right else '<'}{width}} " for text, width, right in zip(row, widths, numeric, strict=True)), ""])
        for row in texts
    ]
    return "\n".join([rule, header, rule, *lines, rule, ""])


def as_shown(database: Database, query: str) -> str:
    """The query's result as the mysql client prints it."""
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return as_table(tuple(column[0] for column in cursor.description or ()), cursor.fetchall())


@dataclass
class Reader:
    """Runs a page's blocks in the current folder, on a database that PARLOADER_URL names."""

    database: Database
    environment: dict[str, str]
    """Variables that each command and program gets."""
    background: contextlib.ExitStack
    """Ends the commands that run in the background (&)."""
    names: dict[str, object] = field(default_factory=dict)
    """Of the Python programs."""
    instead: Mapping[str, str] = field(default_factory=dict)
    """What is typed in place of a text of the page, such as a port that may be in use."""

    def outputs(self, page: str) -> Iterator[tuple[Block, str]]:
        """Runs the blocks in order. Yields each block of output, with the output as it is now."""
        found = code_blocks(page)
        shown_by = [block for block, following in pairwise(found) if following.language in (OUTPUT, EXCERPT)]
        assert all(block.language in RUNNABLE and not block.title for block in shown_by), "an output follows a file"
        for block, following in zip(found, [*found[1:], None], strict=True):
            language = following.language if following is not None and not following.title else ""
            if block.title:
                Path(block.title).write_text(block.text, encoding="utf-8")
            elif block.language in RUNNABLE:
                if block.language == "sql":
                    output = as_shown(self.database, block.text) if language == OUTPUT else self.execute(block.text)
                else:
                    output = {"sh": self.type, "python": self.evaluate}[block.language](block.text)
                if following is not None and language == OUTPUT:
                    yield following, output
                elif following is not None and language == EXCERPT:
                    missing = [line for line in following.text.splitlines() if line not in output.splitlines()]
                    assert not missing, f"{block.text}does not print\n{missing}\nbut\n{output}"

    def execute(self, statements: str) -> str:
        self.database.execute(
            *(statement.replace("%", "%%") for statement in re.split(r";\s*$", statements, flags=re.MULTILINE) if statement.strip())
        )
        return ""

    def type(self, commands: str) -> str:
        """What the shell commands print, each in a line of its own; a backslash continues it."""
        for text, replacement in self.instead.items():
            commands = commands.replace(text, replacement)
        lines = [line for line in commands.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]
        return "".join(map(self._command, lines))

    def _command(self, line: str) -> str:
        program, *arguments = shlex.split(line, comments=True)
        failing = re.search(r"# exit code (\d+)", line)
        expected = int(failing[1]) if failing else 0
        if program == "export":
            for setting in arguments:
                name, _, value = setting.partition("=")
                self.environment[name] = value
            return ""
        if program == "unset":
            for name in arguments:
                del self.environment[name]
            return ""
        if program == "parloader" and not re.search(r"[|><&$]", line):
            done = CliRunner(env=self.environment).invoke(cli, arguments, prog_name="parloader")
            assert done.exit_code == expected, f"{line}\n{done.stdout}{done.stderr}{done.exception!r}"
            return done.stdout
        environment = {**os.environ, **self.environment, "PATH": os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])}
        if line.endswith(" &"):
            self.background.enter_context(started(line.removesuffix(" &").split(), Path.cwd(), environment))
            return ""
        run = subprocess.run(line, shell=True, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == expected, f"{line}\n{run.stdout}{run.stderr}"
        return run.stdout

    def evaluate(self, program: str) -> str:
        """What the Python program prints. It has the names of those before it, as the cells of a notebook have."""
        output = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output):
            for name, value in self.environment.items():
                patch.setenv(name, value)
            exec(compile(program, "page", "exec"), self.names)
        return output.getvalue()
