"""Messages of operations in the words of the library: functions and arguments in place of commands and options."""

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from parloader.errors import Interrupted, ParloaderError

# Options of commands that messages advise, with a value and without one, as arguments
VALUES = {"allow-database": "allow_databases", "models": "metadata", "rows": "rows", "run": "run", "seed": "seed", "table": "table"}

FLAGS = {
    "accept-unseen-references",
    "allow-history",
    "defer-indexes",
    "dry-run",
    "edited-too",
    "ignore-extra",
    "new-run",
    "with-trigger-rows",
}

NAMES = {
    **VALUES,
    **{option: option.replace("-", "_") for option in FLAGS},
    **{
        option: option.replace("-", "_")
        for option in ("batch", "create", "format", "plan", "procs", "retry-seconds", "rows-per-file", "to")
    },
    **{option: option.replace("-", "_") for option in ("compress", "worker-restarts", "writer")},
    "all": "all_tables",
    "column-rule": "column_rules",
    "parents": "rows",
    "set": "parameters",
    "url": "the URL",
}
"""All options that are an argument."""

# A number of rows, of all tables or of one: 500, orders=500, 'odd name=500'
ROWS = r"(?:'[^'=]+=\d+'|[^\s'\",;()=]+=\d+|\d+)"

COMMAND_OR_OPTION = re.compile(
    r"parloader (?P<command>seed|plan|verify|clean|status|export)(?P<options>(?: --[a-z-]+(?: (?:'[^']*'|[^\s'\",;)-][^\s,;)]*(?<![.:?!])))?)*)(?=\W|$)"
    rf"|(?<![\w-])(?P<rows>--rows {ROWS}(?: --rows {ROWS})*)(?!\w)"
    r"|(?<![\w-])--(?P<option>[a-z]+(?:-[a-z]+)*)(?![\w-])"
)

PHRASES = (
    (re.compile(r"\b([Tt])he same command\b with --new-run"), r"\1he same call with new_run=True"),
    (re.compile(r"\b([Tt])he same command\b(?: without --new-run)?"), r"\1he same call"),
    (re.compile(r"\bRun the (same )?(?:call|command)\b"), r"Make the \1call"),
    (re.compile(r"\brun the (same )?(?:call|command)\b"), r"make the \1call"),
    (re.compile(r"\b([Rr]epeat) the command\b"), r"\1 the call"),
    (
        re.compile(r"--rows (?:'[^'=]+'|[^\s'=]+)=…: this load has no table (.+?)(?=\. |$)"),
        r"rows names a table \1 that this load does not have",
    ),
    (re.compile(r"--rows or --parents"), "rows"),
    (re.compile(r"--create \(in Python, create=True\)"), "create=True"),
    (re.compile(r"--[a-z-]+ (\S+) \(in Python, (\w+)\)"), r'\2=["\1"]'),
    (re.compile(r"--allow-remote (\S+?)(?=[.,:;)]*(?:\s|$))"), r'allow_remote=["\1"]'),
    (re.compile(r"parloader reset --mark"), "parloader.mark(database)"),
    (re.compile(r"without --url,"), "without a database,"),
)


@contextmanager
def in_words_of_the_library() -> Iterator[None]:
    """Raises errors of parloader as a program has to see them; after Ctrl-C, what Python raises then, so that the caller ends as well."""
    try:
        yield
    except Interrupted as error:
        raise KeyboardInterrupt(reworded(str(error))) from None
    except ParloaderError as error:
        error.message, error.next_step = reworded(error.message), reworded(error.next_step)
        error.args, error.lines = (error.message, error.next_step), tuple(map(reworded, error.lines))
        raise


def reworded(text: str) -> str:
    """The text with functions and arguments. A command that has no function stays as it is."""
    for pattern, replacement in PHRASES:
        text = pattern.sub(replacement, text)
    return COMMAND_OR_OPTION.sub(_reworded, text)


def _reworded(found: re.Match[str]) -> str:
    """parloader clean --run 3 becomes parloader.clean(database, run=3), --rows orders=5 rows={"orders": 5}, and --new-run new_run."""
    if found["rows"]:
        numbers = shlex.split(found["rows"])[1::2]
        by_table = [f'"{table}": {number}' for table, _, number in (each.rpartition("=") for each in numbers) if table]
        return f"rows={{{', '.join(by_table)}}}" if by_table else f"rows={numbers[0]}"
    if found["option"]:
        return NAMES.get(found["option"], found[0])
    arguments: dict[str, str] = {}
    rest = ""
    words = shlex.split(found["options"])
    while words:
        option = words.pop(0).removeprefix("--")
        if option in FLAGS:
            arguments[NAMES[option]] = "True"
        elif option in VALUES and words:
            value = words.pop(0)
            arguments[NAMES[option]] = value if value.isdecimal() else f'"{value}"'
        else:
            return found[0]
        while words and not words[0].startswith("--"):  # the sentence continues
            rest += f" {words.pop(0)}"
    given = "".join(f", {name}={value}" for name, value in arguments.items())
    return f"parloader.{found['command']}(database{given}){rest}"
