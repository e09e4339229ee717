"""The log of scripts/soak, a JSON line for each fault and each round, and its table of the kinds of faults."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import IO


class Kind(StrEnum):
    """The kinds of faults, as the table lists them."""

    CUT = "connection reset"
    CLOSE = "connection closed"
    STALL = "connection stalled"
    KILL_CONNECTION = "KILL CONNECTION"
    KILL_QUERY = "KILL QUERY"
    LOCK = "rows locked by another session"
    DEADLOCK = "deadlock"
    PAUSE = "process stopped and continued (SIGSTOP)"
    WORKER = "worker killed (SIGKILL, SIGTERM)"
    PARENT = "command killed (SIGKILL, SIGTERM)"
    SERVER_KILLED = "server killed and started"
    SERVER_RESTARTED = "server shut down and started"


class Outcome(StrEnum):
    """What parloader did about a fault that hit."""

    RETRIED = "retried"  # it noticed, and the same command did the work again on a new connection, in a new transaction or by a new worker
    REPEATED = "repeated"  # the command ended, with a documented exit code, and the same command did the rest
    WAITED = "waited"  # nothing had failed: the statement took longer
    NOT_NEEDED = "not needed"  # nothing more was to be done on the connection or by the process


@dataclass(kw_only=True)
class Fault:
    """One fault."""

    kind: Kind
    place: str
    command: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    hit: bool = False
    process_id: int = 0  # whose connection it was
    outcome: Outcome | None = None  # None: it did not hit, or what parloader does is not known yet

    def as_json(self) -> dict[str, object]:
        return {
            "at": f"{self.at:%Y-%m-%dT%H:%M:%S.%f}Z",
            "command": self.command,
            "fault": self.kind,
            "place": self.place,
            "hit": self.hit,
            "process": self.process_id or None,
            "outcome": self.outcome,
        }


@dataclass(kw_only=True)
class Round:
    """A table that was seeded, verified and cleaned under faults, and what was found afterwards."""

    server: str
    seed: int
    what: str
    rows: int
    faults: list[Fault] = field(default_factory=list)
    exit_codes: Counter[str] = field(default_factory=Counter)  # of all commands, as "seed 4"
    lost: int = 0
    doubled: int = 0
    touched: int = 0
    """rows of the application that were changed, deleted or created"""
    orphans: int = 0
    """processes, sessions, tables and rows that were left behind"""
    errors: list[str] = field(default_factory=list)
    """what the commands said that ended early"""
    problems: list[str] = field(default_factory=list)
    log_file: IO[str] | None = None

    def log(self, fault: Fault) -> None:
        """Writes the line of a fault, when it is known what parloader did about it."""
        self._write(fault.as_json())

    def log_end(self) -> None:
        """Writes the line of the round."""
        self._write(self.as_json())

    def _write(self, entry: dict[str, object]) -> None:
        if self.log_file:
            print(json.dumps({"server": self.server, "seed": self.seed, **entry}), file=self.log_file, flush=True)

    @property
    def hits(self) -> int:
        return sum(fault.hit for fault in self.faults)

    def as_json(self) -> dict[str, object]:
        return {
            "round": self.what,
            "rows": self.rows,
            "hits": self.hits,
            "exit_codes": dict(sorted(self.exit_codes.items())),
            "lost": self.lost,
            "doubled": self.doubled,
            "touched": self.touched,
            "orphans": self.orphans,
            "errors": self.errors,
            "problems": self.problems,
        }


HEADINGS = ("fault", "injected", "hit", "detected", "retried", "command repeated", "waited", "not needed", "rows lost", "rows doubled")


def kind_rows(rounds: Sequence[Round]) -> list[tuple[str, ...]]:
    """The table's rows: one for each kind, and their sum. Rows are lost or doubled by a round, so they count for each kind that hit in it."""

    def cells(name: str, faults: Sequence[Fault], of: Iterable[Round]) -> tuple[str, ...]:
        outcomes = Counter(fault.outcome for fault in faults if fault.hit)
        concerned = [*of]
        counts = (
            len(faults),
            sum(fault.hit for fault in faults),
            outcomes[Outcome.RETRIED] + outcomes[Outcome.REPEATED],
            *(outcomes[outcome] for outcome in Outcome),
            sum(each.lost for each in concerned),
            sum(each.doubled for each in concerned),
        )
        return (name, *(f"{count:,}" for count in counts))

    every = [fault for each in rounds for fault in each.faults]
    rows = []
    for kind in Kind:
        hitting = [each for each in rounds if any(fault.hit and fault.kind is kind for fault in each.faults)]
        rows.append(cells(kind, [fault for fault in every if fault.kind is kind], hitting))
    return [*rows, cells("all", every, rounds)]


def markdown(rounds: Sequence[Round], *, command: str, servers: Iterable[str], minutes: float) -> str:
    """The section that `--report` writes."""
    by_command: Counter[str] = Counter()
    for each in rounds:
        by_command.update(each.exit_codes)
    verbs = ("seed", "verify", "clean")
    ran = {verb: sum(count for name, count in by_command.items() if name.split()[0] == verb) for verb in verbs}
    sums = {
        "rows lost": sum(each.lost for each in rounds),
        "rows doubled": sum(each.doubled for each in rounds),
        "rows of others changed": sum(each.touched for each in rounds),
        "processes, sessions or tables left behind": sum(each.orphans for each in rounds),
    }
    commands = ", ".join(f"{count:,} × {verb}" for verb, count in ran.items())
    codes = ", ".join(f"{name} ({count:,})" for name, count in sorted(by_command.items()) if not name.endswith(" 0"))
    lines = [
        f"`{command}` on {' and '.join(servers)}: {sum(each.hits for each in rounds):,} faults that hit, in {minutes:.0f} minutes. "
        f"{len(rounds)} rounds loaded, verified and cleaned {sum(each.rows for each in rounds):,} rows ({commands}), "
        "while an application worked in the same tables.",
        "",
        f"**{'; '.join(f'{count:,} {name}' for name, count in sums.items())}.**",
        "",
        f"| {' | '.join(HEADINGS)} |",
        f"|{'|'.join(['---', *['---:'] * (len(HEADINGS) - 1)])}|",
        *(f"| {' | '.join(row)} |" for row in kind_rows(rounds)),
        "",
        "A fault hits if it strikes a running statement or transaction, or ends a live connection or process. *Detected*: parloader saw an error; "
        "it either *retried* in the same command, or the command ended and was *repeated*, as a user would. *Waited*: nothing failed, it only took longer. "
        "*Not needed*: the connection or process had finished its work.",
    ]
    if codes:
        lines += ["", f"Commands that ended early, with their exit codes (negative: the signal that killed them): {codes}."]
    return "\n".join(lines)
