"""The results of scripts/schemas: lines of JSON in a file, which several runs and shards may add to."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar
from zlib import crc32

import click
from schemas_trial import Outcome, Trial


@dataclass(frozen=True)
class Shard:
    """The `number`-th of `count` parts of all tables. A table is in one part, which is the same in each run, whatever else is tried."""

    number: int
    count: int

    PARAMETER: ClassVar["_ShardParameter"]

    def has(self, schema: str, table: str) -> bool:
        return crc32(f"{schema}.{table}".encode()) % self.count == self.number - 1


class _ShardParameter(click.ParamType[Shard]):
    name = "K/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Shard:
        if isinstance(value, Shard):
            return value
        number, slash, count = str(value).partition("/")
        if not (slash and number.isascii() and number.isdigit() and count.isascii() and count.isdigit() and 1 <= int(number) <= int(count)):
            self.fail(f"{value!r} is not a part such as 3/8", param, ctx)
        return Shard(int(number), int(count))


Shard.PARAMETER = _ShardParameter()


@dataclass(frozen=True, kw_only=True)
class About:
    """A schema as loaded into a server of this version, for trials with this number of rows. `own`: it is one of tests/schemas; `about` is
    then its leading comment. `skipped`: statements of an application that were not run, and how many."""

    schema: str
    server: str
    version: str
    rows: int
    origin: str = ""
    own: bool = False
    about: str = ""
    skipped: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """An application that could not be installed, or did not create its tables on this server."""

    schema: str
    server: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Results:
    abouts: tuple[About, ...] = ()
    trials: tuple[Trial, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def add(file: Path, found: About | LeftOut | Trial) -> None:
    """Appends a result to the file."""
    with open(file, "a", encoding="utf-8") as lines:
        lines.write(json.dumps({"what": type(found).__name__, **asdict(found)}) + "\n")


def read(files: Iterable[Path]) -> Results:
    """The contents of the files. Of each schema and each table the last entry counts. A line that is torn, because the disk was full or the
    command was killed, is left out: its table is tried again."""
    abouts: dict[tuple[str, str], About] = {}
    trials: dict[tuple[str, str, str], Trial] = {}
    left_out: dict[tuple[str, str], LeftOut] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
            try:
                found: dict[str, Any] = json.loads(line)
            except json.JSONDecodeError:
                continue
            what, key = found.pop("what"), (found["schema"], found["server"])
            if what == "About":
                abouts[key] = About(**{**found, "skipped": tuple((what, count) for what, count in found["skipped"])})
                left_out.pop(key, None)
            elif what == "LeftOut":
                left_out[key] = LeftOut(**found)
            else:
                trials[(*key, found["table"])] = Trial(**{**found, "outcome": Outcome(found["outcome"])})
    missing = tuple(each for key, each in left_out.items() if key not in abouts)
    return Results(abouts=tuple(abouts.values()), trials=tuple(trials.values()), left_out=missing)
