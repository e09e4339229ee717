"""The cases of a table: each is one way in which a row meets all of its CHECKs and has a place in its partitions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from parloader.plans.checks import Atom, Compared, NotNull, Understood, understand
from parloader.plans.domains import Domain, combine, comparisons, domains
from parloader.plans.generators import Const, Generator, Pick, When
from parloader.plans.partitioning import limits_of_partitions
from parloader.plans.question import CannotBeMade, Note, listed
from parloader.plans.shape import Check, Column, Table

ANY = Domain()
# `a` IS NOT NULL, or two such terms and an operator between them, as both servers write them
TERM = r"\(*`([^`]+)` is (?:not )?null\)*"
ON_NULL = re.compile(rf"{TERM}(?: (?:<>|=|and|or|xor) {TERM})?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What it says of each column (of most: nothing), and of columns with one another."""

    domains: Mapping[str, Domain] = field(default_factory=dict)
    compared: tuple[Compared, ...] = ()

    def domain(self, column: str) -> Domain:
        return self.domains.get(column, ANY)

    def demands(self, column: str) -> bool:
        """Whether the column must not be NULL."""
        return self.domain(column).null is False


@dataclass(frozen=True, kw_only=True)
class Cases:
    """One or more; the rows of a table take turns. `notes`: the CHECKs that are not understood."""

    cases: tuple[Case, ...] = (Case(),)
    notes: tuple[Note, ...] = ()
    because: str = ""  # the CHECKs' names

    def demanded(self, table: Table, *, in_all: bool) -> frozenset[str]:
        """The nullable columns that must have a value: in each case, or (not `in_all`) in the case that needs the fewest."""
        demands = [frozenset(c.name for c in table.columns if c.nullable and case.demands(c.name)) for case in self.cases]
        return frozenset.intersection(*demands) if in_all else min(demands, key=len)

    def without(self, table: str, null: frozenset[str]) -> "Cases":
        """The cases in which the columns `null` can be NULL. CannotBeMade where there is none."""
        left = tuple(case for case in self.cases if not any(case.demands(column) for column in null))
        if not left:
            reason = f"its CHECK {self.because} demands a value where none can be had: {listed(tuple(sorted(null)))}"
            raise CannotBeMade(table, reason, "Give these columns in a plan file")
        return replace(self, cases=left)


def cases(table: Table, given: Mapping[str, Generator]) -> Cases:
    """CannotBeMade where no row can be valid. CHECKs on nothing but `given` columns are left to who gave them."""
    notes = []
    met: list[tuple[Check, Understood]] = []
    for check in (*table.checks, *limits_of_partitions(table)):
        if _on_null_of_given(check, table, given):
            continue
        found = understand(check.clause)
        if found is None or not _known(found, table):
            notes.append(
                Note(table=table.name, column=None, text=f"CHECK {check.name} is not understood, it is tried on a sample: {check.clause}")
            )
        elif not _columns(found) <= given.keys():
            met.append((check, _spelled(found, table)))
    if not met:
        return Cases(notes=tuple(notes))
    because = listed(tuple(check.name for check, _ in met))
    spoken_of = frozenset().union(*(_columns(understood) for _, understood in met))
    not_null = [NotNull(column=c.name) for c in table.columns if c.name in spoken_of and not c.nullable]
    possible = tuple(
        Case(domains=by_column, compared=comparisons(atoms))
        for atoms in combine([Understood(cases=(tuple(not_null),)), *(understood for _, understood in met)])
        if _can_be(table, given, by_column := domains(atoms))
    )
    if not possible:
        clauses = " AND ".join(check.clause for check, _ in met)
        raise CannotBeMade(
            table.name, f"no row can meet its CHECK {because}: {clauses}", "Correct the CHECK, or give its columns in a plan file"
        )
    return Cases(cases=possible, notes=tuple(notes), because=because)


def _on_null_of_given(check: Check, table: Table, given: Mapping[str, Generator]) -> bool:
    """Whether the CHECK only says which of the `given` columns are NULL, so that it need not be parsed: sqlglot takes 0.1 s to import.

    Example: the CHECK of script_execution, "exactly one of two columns has a value".
    """
    found = ON_NULL.fullmatch(check.clause.strip())
    columns = {column.name for column in table.columns if not column.generated and column.name in given}
    return found is not None and {name for name in found.groups() if name} <= columns


def free(domain: Domain) -> bool:
    """Whether any integer above 0 is allowed."""
    low = domain.low is None or (isinstance(domain.low, int) and domain.low <= (0 if domain.low_open else 1))
    above = any(not isinstance(value, int) or value > 0 for value in domain.excluded)
    return low and not above and domain.high is None and domain.values is None and not domain.unsure and domain.null is not True


def _can_be(table: Table, given: Mapping[str, Generator], said: Mapping[str, Domain]) -> bool:
    """Whether NULL is asked for where it can be, and a value where there can be one."""
    for column in table.columns:
        null = said.get(column.name, ANY).null
        if column.name in given:
            alternates = isinstance(given[column.name], When) or given[column.name].null_share or _indexed(given[column.name])
            if null is not None and not alternates and null != (given[column.name] == Const(value=None)):
                return False
        elif null is True and (not column.nullable or column.generated):
            return False
    return True


def _indexed(generator: Generator) -> bool:
    return isinstance(generator, Pick) and generator.index is not None


def _atoms(understood: Understood) -> list[Atom]:
    return [atom for case in understood.cases for atom in case]


def _columns(understood: Understood) -> frozenset[str]:
    return frozenset(name for atom in _atoms(understood) for name in _names(atom))


def _names(atom: Atom) -> tuple[str, ...]:
    return (atom.left, atom.right) if isinstance(atom, Compared) else (atom.column,)


def _known(understood: Understood, table: Table) -> bool:
    """Whether it speaks of nothing but columns that can be written."""
    writable = {column.name.lower() for column in table.columns if not column.generated}
    return all(name.lower() in writable for name in _columns(understood))


def _spelled(understood: Understood, table: Table) -> Understood:
    """With the columns' names as the table has them: a clause may have another case."""
    return Understood(cases=tuple(tuple(_renamed(atom, table) for atom in case) for case in understood.cases))


def _renamed(atom: Atom, table: Table) -> Atom:
    if isinstance(atom, Compared):
        return replace(atom, left=_named(atom.left, table).name, right=_named(atom.right, table).name)
    return replace(atom, column=_named(atom.column, table).name)


def _named(name: str, table: Table) -> Column:
    return next(column for column in table.columns if column.name.lower() == name.lower())
