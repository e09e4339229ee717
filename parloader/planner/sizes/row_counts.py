"""Row counts: how many rows of each parent table are picked from, by rule or because a unique key requires them, and the note that says why."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from parloader.planner.keys.unique_keys import ParentCapacity
from parloader.planner.keys.uniqueness_layout import UniquenessLayout
from parloader.planner.request import MAX_ROWS, Note, NotFillable, PlanningRequest, listed
from parloader.planner.sizes.row_kinds import RowKinds
from parloader.plans.conditions import Conditions
from parloader.quantities import counted

# One parent row is created for this many rows of its child …
CHILDREN_PER_PARENT = 100

# … but at most this many: they are created quickly before the workers start, and are enough to look real
MAX_ROWS_BY_RULE = 1_000

# A table of which more rows are generated is loaded by the workers
MAX_ROWS_BY_PARENT_PROCESS = 10_000


@dataclass
class RowRequirement:
    """What the children of one table require of it."""

    min_rows: int = 0  # the rows that the unique keys of its children need
    required_by: str = ""  # which unique key needs them, as part of a note
    largest_child_rows: int = 0
    largest_child: str = ""
    by_rule: int = 1  # the rows that the size of its children suggests
    ruled_by: str = ""  # which rule that was, as part of a note
    only_new: bool = False  # existing rows must not be used
    distinct_columns: set[str] = field(default_factory=set)  # in which all rows must differ

    def require_rows(self, rows: int, required_by: str) -> None:
        if rows > self.min_rows:
            self.min_rows, self.required_by = rows, required_by

    def add_child(self, name: str, rows: int, by_rule: int, rule: str) -> None:
        if rows > self.largest_child_rows or not self.largest_child:
            self.largest_child_rows, self.largest_child = rows, name
        if by_rule > self.by_rule or not self.ruled_by:
            self.by_rule, self.ruled_by = by_rule, rule


@dataclass
class RowRequirements:
    """What is required of all tables. Requirements only grow, so that the solver comes to an end."""

    by_table: dict[str, RowRequirement] = field(default_factory=dict)
    equal_size_groups: list[set[str]] = field(default_factory=list)  # tables that must have equally many rows, all new
    lockstep_keys: set[tuple[str, str]] = field(default_factory=set)  # (table, foreign key) in which row i picks parent row i
    kinds: RowKinds = field(default_factory=RowKinds)  # of tables with several kinds, row numbers are of one kind, unless said otherwise

    def table(self, name: str) -> RowRequirement:
        return self.by_table.setdefault(name, RowRequirement())

    def add_child(self, request: PlanningRequest, parent: str, child: str, rows: int) -> None:
        """Notes that rows of the child reference rows of the parent."""
        if request.is_believable:
            by_rule = request.sizes.parents_for(parent, child, rows)
            rule = _rule(request, parent, child, rows, by_rule)
        else:
            by_rule = min(MAX_ROWS_BY_RULE, max(1, -(-rows // CHILDREN_PER_PARENT)))
            rule = f"one per {CHILDREN_PER_PARENT} rows of {child}" + (f", at most {by_rule:,}" if by_rule == MAX_ROWS_BY_RULE else "")
        self.table(parent).add_child(child, rows, by_rule, rule)

    def preferred(self, request: PlanningRequest, name: str, child: str, rows: int) -> int:
        """How many rows of the table so many rows of a child reference at best: a unique key of the child that needs fewer takes that many."""
        if not request.is_believable or name == child:
            return 1
        return request.wanted.get(name) or request.sizes.parents_for(name, child, rows)

    def only_new(self, request: PlanningRequest, name: str) -> bool:
        """Whether existing rows of the table must not be used."""
        return self.table(name).only_new or request.appends(name)

    def add_layout(self, layout: UniquenessLayout) -> None:
        """Notes what the unique keys of a child need of its parents' rows."""
        for parent in layout.only_new:
            self.table(parent).only_new = True
        for parent, column in layout.distinct_in_parent:
            self.table(parent).distinct_columns.add(column)

    def align(self, tables: Iterable[str]) -> None:
        """Puts the tables into one group of equal size, merged with every group that has one of them."""
        group = set(tables)
        touching = [other for other in self.equal_size_groups if other & group]
        self.equal_size_groups = [other for other in self.equal_size_groups if other not in touching]
        self.equal_size_groups.append(group.union(*touching))
        for name in self.equal_size_groups[-1]:
            self.table(name).only_new = True

    def group(self, name: str) -> frozenset[str]:
        return next((frozenset(group) for group in self.equal_size_groups if name in group), frozenset({name}))

    def conditions(self, request: PlanningRequest, name: str) -> tuple[Conditions, ...]:
        """On the existing rows of the table that are reused, for each kind of rows."""
        planned = request.planned(name)
        return planned.reuse_if if planned and planned.reuse_if else self.kinds.conditions(name)

    def existing(self, request: PlanningRequest, name: str) -> int:
        """How many existing rows of each kind can be reused."""
        return request.fitting_rows(name, self.conditions(request, name))

    def reused(self, request: PlanningRequest, name: str, rows: int) -> int:
        """How many of the table's `rows`, of all kinds, exist and can be reused."""
        kinds = self.conditions(request, name)
        if not kinds:
            return request.existing_rows(name)
        return sum(min(request.fitting_rows(name, [each]), rows // len(kinds)) for each in kinds)

    def reuses_only(self, request: PlanningRequest, name: str) -> bool:
        """Whether the existing rows suffice, so that none is generated."""
        planned, requirement, kinds = request.planned(name), self.table(name), max(1, len(self.conditions(request, name)))
        if planned:
            usable, min_rows = planned.reuse and not planned.partitioned and not planned.match, 1
        else:
            usable, min_rows = not self.only_new(request, name), max(1, requirement.min_rows, self._wanted(request, name))
        return usable and self.existing(request, name) >= max(min_rows, -(-(request.fixed_rows(name) or 0) // kinds))

    def rows(self, request: PlanningRequest, name: str, max_rows: int) -> int:
        """The table's row count, of all kinds. `max_rows`: how many it can have."""
        fixed = request.fixed_rows(name)
        if fixed is not None:
            return fixed
        requirement, kinds = self.table(name), self.kinds.count(name)
        if any(name in group for group in self.equal_size_groups):
            return max(1, requirement.min_rows)  # `equalize` has set it
        existing = 0 if self.only_new(request, name) else self.existing(request, name)
        if name in request.wanted:
            return kinds * max(1, requirement.min_rows, existing, min(self._wanted(request, name), max_rows // kinds))
        return kinds * max(1, requirement.min_rows, existing or min(requirement.by_rule, max_rows // kinds))

    def _wanted(self, request: PlanningRequest, name: str) -> int:
        """The rows that the user wants if they fit; 0: no number, or the table has a few fixed values, which exist."""
        is_there = request.sizes.fixed(name) is not None and request.has_rows(name) if name in request.wanted else True
        return 0 if is_there else request.wanted[name]

    def capacity(self, request: PlanningRequest, name: str, max_rows: int, *, only_new: bool, preferred: int = 1) -> ParentCapacity:
        """How many rows of the table can be picked from. `max_rows`: how many can be generated; `only_new`: existing rows do not count.

        `preferred`: as many as need no reason.
        """
        planned, kinds = request.planned(name), self.kinds.count(name)
        fixed = request.fixed_rows(name)
        max_rows //= kinds
        if planned and only_new and planned.reuse and request.has_rows(name):
            return ParentCapacity(existing=0, maximum=0)
        if fixed is not None:
            return ParentCapacity(existing=fixed // kinds, maximum=fixed // kinds)
        if only_new or self.only_new(request, name):
            return ParentCapacity(existing=min(preferred, max_rows), maximum=max_rows)
        existing = self.existing(request, name)
        return ParentCapacity(existing=existing or min(preferred, max_rows), maximum=max(existing, max_rows))

    def equalize(self, request: PlanningRequest, max_rows: dict[str, int]) -> None:
        """Gives the tables of each group the same row count. NotFillable: the request fixes counts that differ or are too small."""
        for group in self.equal_size_groups:
            names = sorted(group)
            rows = self._common_rows(request, names, max_rows)
            for name in names:
                self.table(name).require_rows(rows, f"rows of {listed(names)} are loaded in step")

    def _common_rows(self, request: PlanningRequest, names: list[str], max_rows: dict[str, int]) -> int:
        min_rows = max(self.table(name).min_rows for name in names)
        fixed = {name: rows for name in names if (rows := request.fixed_rows(name)) is not None}
        if not fixed:
            by_rule = max(self.table(name).by_rule for name in names)
            return max(min_rows, min(by_rule, *(max_rows.get(name, MAX_ROWS) for name in names)), 1)
        rows = max(fixed.values())
        if len(set(fixed.values())) > 1 or (len(fixed) < len(names) and min_rows > rows):
            raise NotFillable(
                next(iter(fixed)),
                f"{listed(names)} need equally many rows, because their foreign keys share columns; requested: "
                + listed(f"{name}={count}" for name, count in fixed.items()),
                "Request the same number for each",
            )
        return rows

    def note(self, request: PlanningRequest, name: str, rows: int, *, generated: bool) -> Note:
        """The note that explains the table's row count."""
        requirement = self.table(name)
        existing = self.existing(request, name)
        count = counted(rows, "row")
        if not generated:
            text = f"{count}, all existing"
        elif name in request.parents:
            text = f"{count}, as requested"
        elif requirement.min_rows >= rows and requirement.required_by:
            text = f"{count}{', all new' if requirement.only_new else ''}: {requirement.required_by}"
        elif existing and not self.only_new(request, name):
            text = f"{count}, existing rows first"
        elif name in request.wanted:
            limit = "; its unique keys and the CHECKs allow no more" if rows < request.wanted[name] else ""
            text = f"{count}: {request.sizes.reason(name)}{limit}"
        else:
            limit = "; its unique keys and the CHECKs allow no more" if rows < requirement.by_rule else ""
            text = f"{count}: {requirement.ruled_by}{limit}"
        return Note(table=name, column=None, text=text)


def _rule(request: PlanningRequest, parent: str, child: str, rows: int, by_rule: int) -> str:
    """Why the parent has so many rows, for a note."""
    if request.sizes.fixed(parent) is not None:
        return request.sizes.reason(parent)
    return f"one per {counted(max(1, round(rows / by_rule)), 'row')} of {child}"
