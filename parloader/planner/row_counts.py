"""How many rows of each table are picked from: the rule, what keys ask for beyond it, and how it is said."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from parloader.planner.request import MOST_ROWS, Note, NotFillable, PlanningRequest, counted, listed
from parloader.planner.unique_keys import ParentCapacity

# One parent row for so many rows of its child …
CHILDREN_PER_PARENT = 100

# … up to so many, which are quick to make before the workers start and enough to look real
MAX_ROWS_BY_RULE = 1_000

# A table of which more rows are made is loaded by the workers
MAX_ROWS_BY_PARENT_PROCESS = 10_000


@dataclass
class RowRequirement:
    """`least`: what the unique keys of children ask for, `asked_by` which of them. `children`: the rows of the largest child. `fresh`: no row
    that is there may be used."""

    min_rows: int = 0
    required_by: str = ""
    largest_child_rows: int = 0
    largest_child: str = ""
    only_new: bool = False

    def require_rows(self, rows: int, asked_by: str) -> None:
        if rows > self.min_rows:
            self.min_rows, self.required_by = rows, asked_by

    def add_child(self, name: str, rows: int) -> None:
        if rows > self.largest_child_rows or not self.largest_child:
            self.largest_child_rows, self.largest_child = rows, name

    @property
    def by_rule(self) -> int:
        return min(MAX_ROWS_BY_RULE, max(1, -(-self.largest_child_rows // CHILDREN_PER_PARENT)))


@dataclass
class RowRequirements:
    """What is asked of all tables; it only ever grows. `alike`: groups of tables that must have equally many rows, all new. `in_step`: the
    foreign keys (table, name) along which these go together."""

    by_table: dict[str, RowRequirement] = field(default_factory=dict)
    equal_size_groups: list[set[str]] = field(default_factory=list)
    lockstep_keys: set[tuple[str, str]] = field(default_factory=set)

    def table(self, name: str) -> RowRequirement:
        return self.by_table.setdefault(name, RowRequirement())

    def align(self, tables: Iterable[str]) -> None:
        """One group of these tables, and of those that had to be like one of them."""
        group = set(tables)
        touching = [other for other in self.equal_size_groups if other & group]
        self.equal_size_groups = [other for other in self.equal_size_groups if other not in touching]
        self.equal_size_groups.append(group.union(*touching))
        for name in self.equal_size_groups[-1]:
            self.table(name).only_new = True

    def group(self, name: str) -> frozenset[str]:
        return next((frozenset(group) for group in self.equal_size_groups if name in group), frozenset({name}))

    def reuses_only(self, question: PlanningRequest, name: str) -> bool:
        """Whether all rows that are picked are there."""
        there = question.existing_rows(name)
        planned = question.planned(name)
        if planned:
            usable = planned.reuse and not planned.partitioned and not planned.match
            return usable and there >= max(1, question.fixed_rows(name) or 0)
        demand = self.table(name)
        return not demand.only_new and there >= max(1, demand.min_rows, question.fixed_rows(name) or 0)

    def rows(self, question: PlanningRequest, name: str, most: int) -> int:
        """`most`: how many it can have."""
        fixed = question.fixed_rows(name)
        if fixed is not None:
            return fixed
        demand = self.table(name)
        if any(name in group for group in self.equal_size_groups):
            return max(1, demand.min_rows)  # as many as the others: `level` says it
        there = 0 if demand.only_new else question.existing_rows(name)
        return max(1, demand.min_rows, there or min(demand.by_rule, most))

    def capacity(self, question: PlanningRequest, name: str, most: int, *, fresh: bool) -> ParentCapacity:
        """`most`: how many rows can be made of it."""
        there = question.existing_rows(name)
        planned = question.planned(name)
        fixed = question.fixed_rows(name)
        if planned and fresh and planned.reuse and there:
            return ParentCapacity(existing=0, maximum=0)
        if fixed is not None:
            return ParentCapacity(existing=fixed, maximum=fixed)
        if fresh or self.table(name).only_new:
            return ParentCapacity(existing=min(1, most), maximum=most)
        return ParentCapacity(existing=max(there, min(1, most)), maximum=max(there, most))

    def equalize(self, question: PlanningRequest, most: dict[str, int]) -> bool:
        """Lets the tables of each group have equally many rows. CannotBeMade where what is said of them differs. True: something changed."""
        changed = False
        for group in self.equal_size_groups:
            names = sorted(group)
            said = {name: rows for name in names if (rows := question.fixed_rows(name)) is not None}
            if len(set(said.values())) > 1 or (
                said and len(said) < len(names) and max(self.table(n).min_rows for n in names) > max(said.values())
            ):
                raise NotFillable(
                    next(iter(said)),
                    f"rows of {listed(tuple(names))} must go together, so they must be equally many, but are to be "
                    + listed(tuple(f"{name}={rows}" for name, rows in said.items())),
                    "Say the same number for each",
                )
            if said:
                rows = max(said.values())
            else:
                least = max(self.table(name).min_rows for name in names)
                rows = max(least, min(max(self.table(name).by_rule for name in names), min(most.get(name, MOST_ROWS) for name in names)), 1)
            for name in names:
                if self.table(name).min_rows < rows:
                    self.table(name).require_rows(rows, f"rows of {listed(tuple(names))} go together")
                    changed = True
        return changed

    def note(self, question: PlanningRequest, name: str, rows: int, *, made: bool) -> Note:
        demand = self.table(name)
        there = question.existing_rows(name)
        if not made:
            text = f"{counted(rows, 'row')} that {'is' if rows == 1 else 'are'} there already"
        elif name in question.parents:
            text = f"{counted(rows, 'row')}, as was asked for"
        elif demand.min_rows >= rows and demand.required_by:
            text = f"{counted(rows, 'row')}{', all new' if demand.only_new else ''}: {demand.required_by}"
        elif there and not demand.only_new:
            text = f"{counted(rows, 'row')}, those that are there first"
        else:
            most = (
                f", at most {MAX_ROWS_BY_RULE:,}"
                if rows == MAX_ROWS_BY_RULE
                else ", as many as it can have"
                if rows < demand.by_rule
                else ""
            )
            text = f"{counted(rows, 'row')}: one for each {CHILDREN_PER_PARENT} of {demand.largest_child}{most}"
        return Note(table=name, column=None, text=text)
