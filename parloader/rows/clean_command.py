"""The clean command that a message suggests. It has the options of the command that failed: without them, it would delete other rows."""

from collections.abc import Collection
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class CleanCommand:
    """A clean command, with the options that decide what is deleted; its text is what a user can run."""

    runs: tuple[int, ...] = ()
    """empty: all runs"""
    accept_unseen_references: bool = False
    edited_too: bool = False
    with_trigger_rows: bool = False
    yes: bool = False
    """whether it deletes without asking"""

    def with_runs(self, *runs: int) -> "CleanCommand":
        """The command that also has these runs."""
        return replace(self, runs=tuple(dict.fromkeys((*self.runs, *runs))))

    def despite_edits(self, keyless: Collection[str]) -> str:
        """What to do about edited rows, as advice. `keyless`: those of their tables that have no key."""
        command = replace(self, edited_too=True)
        if not keyless:
            return f"{command} deletes these rows as well"
        return (
            f"{command} keeps those of {', '.join(keyless)}: without a key, an edited row cannot be told from one that somebody else added"
        )

    def __str__(self) -> str:
        runs = [f"--run {run}" for run in self.runs]
        flags = {
            "--accept-unseen-references": self.accept_unseen_references,
            "--edited-too": self.edited_too,
            "--with-trigger-rows": self.with_trigger_rows,
            "--yes": self.yes,
        }
        return " ".join(("parloader clean", *runs, *(flag for flag, given in flags.items() if given)))
