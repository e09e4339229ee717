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

    least: int = 0
    asked_by: str = ""
    children: int = 0
    largest_child: str = ""
    fresh: bool = False

    def at_least(self, rows: int, asked_by: str) -> None:
        if rows > self.least:
            self.least, self.asked_by = rows, asked_by

    def child(self, name: str, rows: int) -> None:
        if rows > self.children or not self.largest_child:
            self.children, self.largest_child = rows, name

    @property
    def by_rule(self) -> int:
        return min(MAX_ROWS_BY_RULE, max(1, -(-self.children // CHILDREN_PER_PARENT)))


@dataclass
class RowRequirements:
    """What is asked of all tables; it only ever grows. `alike`: groups of tables that must have equally many rows, all new. `in_step`: the
    foreign keys (table, name) along which these go together."""

    of: dict[str, RowRequirement] = field(default_factory=dict)
    alike: list[set[str]] = field(default_factory=list)
    in_step: set[tuple[str, str]] = field(default_factory=set)

    def table(self, name: str) -> RowRequirement:
        return self.of.setdefault(name, RowRequirement())

    def align(self, tables: Iterable[str]) -> None:
        """One group of these tables, and of those that had to be like one of them."""
        group = set(tables)
        touching = [other for other in self.alike if other & group]
        self.alike = [other for other in self.alike if other not in touching]
        self.alike.append(group.union(*touching))
        for name in self.alike[-1]:
            self.table(name).fresh = True

    def group(self, name: str) -> frozenset[str]:
        return next((frozenset(group) for group in self.alike if name in group), frozenset({name}))

    def uses_only(self, question: PlanningRequest, name: str) -> bool:
        """Whether all rows that are picked are there."""
        there = question.rows_there(name)
        planned = question.planned(name)
        if planned:
            usable = planned.reuse and not planned.partitioned and not planned.match
            return usable and there >= max(1, question.fixed_rows(name) or 0)
        demand = self.table(name)
        return not demand.fresh and there >= max(1, demand.least, question.fixed_rows(name) or 0)

    def rows(self, question: PlanningRequest, name: str, most: int) -> int:
        """`most`: how many it can have."""
        fixed = question.fixed_rows(name)
        if fixed is not None:
            return fixed
        demand = self.table(name)
        if any(name in group for group in self.alike):
            return max(1, demand.least)  # as many as the others: `level` says it
        there = 0 if demand.fresh else question.rows_there(name)
        return max(1, demand.least, there or min(demand.by_rule, most))

    def room(self, question: PlanningRequest, name: str, most: int, *, fresh: bool) -> ParentCapacity:
        """`most`: how many rows can be made of it."""
        there = question.rows_there(name)
        planned = question.planned(name)
        fixed = question.fixed_rows(name)
        if planned and fresh and planned.reuse and there:
            return ParentCapacity(there=0, most=0)
        if fixed is not None:
            return ParentCapacity(there=fixed, most=fixed)
        if fresh or self.table(name).fresh:
            return ParentCapacity(there=min(1, most), most=most)
        return ParentCapacity(there=max(there, min(1, most)), most=max(there, most))

    def level(self, question: PlanningRequest, most: dict[str, int]) -> bool:
        """Lets the tables of each group have equally many rows. CannotBeMade where what is said of them differs. True: something changed."""
        changed = False
        for group in self.alike:
            names = sorted(group)
            said = {name: rows for name in names if (rows := question.fixed_rows(name)) is not None}
            if len(set(said.values())) > 1 or (
                said and len(said) < len(names) and max(self.table(n).least for n in names) > max(said.values())
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
                least = max(self.table(name).least for name in names)
                rows = max(least, min(max(self.table(name).by_rule for name in names), min(most.get(name, MOST_ROWS) for name in names)), 1)
            for name in names:
                if self.table(name).least < rows:
                    self.table(name).at_least(rows, f"rows of {listed(tuple(names))} go together")
                    changed = True
        return changed

    def note(self, question: PlanningRequest, name: str, rows: int, *, made: bool) -> Note:
        demand = self.table(name)
        there = question.rows_there(name)
        if not made:
            text = f"{counted(rows, 'row')} that {'is' if rows == 1 else 'are'} there already"
        elif name in question.parents:
            text = f"{counted(rows, 'row')}, as was asked for"
        elif demand.least >= rows and demand.asked_by:
            text = f"{counted(rows, 'row')}{', all new' if demand.fresh else ''}: {demand.asked_by}"
        elif there and not demand.fresh:
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
