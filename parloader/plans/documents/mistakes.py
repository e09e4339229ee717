"""Mistakes in a plan: what is wrong, where it stands, and what to do about it. All that are found at once are reported together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Self, TypeAlias

from parloader.errors import ParloaderError, SchemaMismatch, UsageError
from parloader.quantities import counted

EntryPath: TypeAlias = tuple[str | int, ...]
"""The keys that lead to an entry of a document: ("table", "orders", "column", "status")."""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One entry of a plan that is not valid."""

    what: str
    next_step: str
    path: EntryPath = ()
    """Leads to the entry."""
    places: tuple[str, ...] = ()
    """The same in words: ("table orders", "column status")."""

    def __str__(self) -> str:
        return f"{', '.join(self.places)}: {self.what}" if self.places else self.what


# Lines of one error; the rest are counted
MAX_SHOWN = 20


class PlanError(ParloaderError):
    """A plan has mistakes. Its subclasses say of which kind."""

    introduction = ""
    """What precedes the mistakes on one line."""

    def __init__(self, what: str, next_step: str = "", *, path: EntryPath = (), places: tuple[str, ...] = ()) -> None:
        super().__init__(what, next_step)
        self._set((Mistake(what=what, next_step=next_step, path=path, places=places),), "")

    @classmethod
    def of(cls, mistakes: Sequence[Mistake], introduction: str = "") -> Self:
        """The error that reports all of these, at least one."""
        error = cls(mistakes[0].what, mistakes[0].next_step)
        error._set(tuple(mistakes), introduction)
        return error

    def _set(self, mistakes: tuple[Mistake, ...], introduction: str) -> None:
        self.mistakes = mistakes
        self.introduction = introduction
        self.message = introduction + "; ".join(map(str, mistakes))
        self.next_step = ". ".join(dict.fromkeys(mistake.next_step for mistake in mistakes))

    def in_file(self, name: str, line_of: Callable[[EntryPath], int | None] = lambda path: None) -> ParloaderError:
        """The same error with the name of the file and the line of each mistake, one line per mistake, in the order of the file."""
        kind: type[ParloaderError] = SchemaMismatch if isinstance(self, SchemaMismatch) else UsageError
        numbered = sorted(((line_of(m.path) or 0, m) for m in self.mistakes), key=itemgetter(0))
        located = [(f"{name}, line {line}: {m}" if line else f"{name}: {m}", m.next_step) for line, m in numbered]
        shown = located[:MAX_SHOWN]
        error = kind("; ".join(what for what, _ in shown), ". ".join(dict.fromkeys(next_step for _, next_step in shown)))
        if len(located) > 1:
            error.lines = tuple(f"{what}. {next_step}" for what, next_step in shown)
        if more := len(located) - len(shown):
            error.lines += (f"{name}: {counted(more, 'more mistake')}. Correct these first",)
        return error


class InvalidPlan(PlanError, UsageError):
    """Entries of a plan are not valid."""


class PlanMismatch(PlanError, SchemaMismatch):
    """The plan does not fit the live schema."""


class Mistakes(list[Mistake]):
    """Collects mistakes, each once, so that they are reported together."""

    def note(self, mistakes: Iterable[Mistake]) -> None:
        self.extend(dict.fromkeys(mistake for mistake in mistakes if mistake not in self))

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Collects the mistakes of an InvalidPlan that is raised inside, which ends the block but not the caller."""
        try:
            yield
        except InvalidPlan as error:
            self.note(error.mistakes)

    def report(self) -> None:
        """InvalidPlan, if there is a mistake."""
        if self:
            raise InvalidPlan.of(self)


@contextmanager
def located(path: EntryPath, place: str) -> Iterator[None]:
    """Adds this place to the mistakes of an InvalidPlan that is raised inside."""
    try:
        yield
    except InvalidPlan as error:
        inside = [replace(m, path=(*path, *m.path), places=(place, *m.places)) for m in error.mistakes]
        raise InvalidPlan.of(inside) from error


def column_mistake(table: str, column: str, what: str, next_step: str) -> Mistake:
    """A mistake in the generator of a column."""
    path = ("table", table, "column", column)
    return Mistake(what=what, next_step=next_step, path=path, places=(f"table {table}", f"column {column}"))
