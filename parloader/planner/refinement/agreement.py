"""Foreign keys of one row that lead to the same table lead to the same row of it: an order belongs to the tenant of its user.

For each table, parents before children:

1. The foreign keys are sorted: the one whose children the rows are, then those that are never NULL, and of these the one from whose parent
   most of the other parents are reached, then those whose parents have too few rows for each of their owners.
2. A foreign key to a table that an earlier one reaches takes the row that it reaches: `tenant_id = { pick = "users.tenant_id", group = "user" }`.
3. A foreign key to a table whose rows belong to a row that an earlier foreign key reaches picks among these:
   `address_id = { pick = "addresses.id", among = "user_id" }`. If it cannot be NULL, there must be such a row for each.

What the names say decides whether two ways to a table mean the same row (inference/table_names.py): posts.user_id and votes.user_id do not.
"""

from dataclasses import replace

from parloader.generation.relations.owners import MAX_INVERTED_ROWS, Owner, owner_of
from parloader.generation.relations.picks import covered_rows
from parloader.inference import table_names
from parloader.planner.check_cases import ANY
from parloader.planner.refinement.parent_columns import carried, parent_column, paths
from parloader.planner.refinement.reference import Path, Reference, UnfinishedPlan
from parloader.planner.refinement.references import beside, change, is_child, is_even, is_new, picks_of, references
from parloader.planner.refinement.refinement import Refinement
from parloader.plans.generators import Distribution

MAX_DEPTH = 6  # foreign keys of a path


def make_parents_agree(refinement: Refinement) -> None:
    """Parents first, so that the rows of a parent agree already."""
    for table in reversed(tuple(refinement.drafts)):
        _Agreement(refinement, table).settle()


class _Agreement:
    """The foreign keys of one table."""

    def __init__(self, refinement: Refinement, table: str) -> None:
        self.refinement = refinement
        self.table = table
        self.references = references(refinement, table)
        self.settled: list[Reference] = []  # those that follow no other one

    def settle(self) -> None:
        for reference in sorted(self.references, key=self._rank):
            if not self._follow(reference):
                self.settled.append(reference)
        for number, reference in enumerate(self.settled):
            self._pick_among(reference, self.settled[:number])

    def _rank(self, reference: Reference) -> tuple[bool, bool, int, bool]:
        reached = sum(1 for other in self.references if other is not reference and self._ways(reference, other))
        owners = [taken[-1] for _, taken in self._owners(reference.parent)]
        covers = all(self._rows(owner) >= self._covered(owner) for owner in owners if owner.generated)
        return not self._is_settled(reference), not reference.required, -reached, covers

    def _is_settled(self, reference: Reference) -> bool:
        return reference.counts or is_child(self.refinement, reference)

    def _is_free(self, reference: Reference) -> bool:
        """Whether the foreign key may pick any row, so far."""
        return not self._is_settled(reference) and all(map(is_even, picks_of(self.refinement, reference).values()))

    def _follow(self, reference: Reference) -> bool:
        """Takes the row of the parent that an earlier foreign key reaches, if there is one."""
        if not self._is_free(reference):
            return False
        for earlier in self.settled:
            for way in self._ways(earlier, reference) if earlier.required else ():
                held = {column: carried(self.refinement, way, referenced) for column, referenced in reference.referenced.items()}
                sources = {column: source for column, source in held.items() if source is not None}
                if len(sources) == len(held) and self._holds(way[-1], reference):
                    for column, source in sources.items():
                        self.refinement.set(self.table, column, beside(self.refinement, earlier, source))
                    self.refinement.followed.setdefault(self.table, []).append((reference, way))
                    return True
        return False

    def _holds(self, last: Reference, reference: Reference) -> bool:
        """Whether the columns of the reference hold all values that those of `last` do, and no CHECK limits them."""
        refinement = self.refinement
        mine, theirs = refinement.request.schema[self.table], refinement.request.schema[last.table]
        for column, referenced in reference.referenced.items():
            domain = refinement.domain(self.table, column)
            if domain is None or replace(domain, null=None) != ANY:
                return False
            source = next((name for name, other in last.referenced.items() if other == referenced), None)
            parent = refinement.request.schema[reference.parent].column(referenced)
            held, wanted = mine.column(column), parent if source is None else theirs.column(source)
            if (
                (held.kind, held.charset) != (wanted.kind, wanted.charset)
                or held.min_value > wanted.min_value
                or held.max_value < wanted.max_value
            ):
                return False
            if held.length < wanted.length or held.values != wanted.values or held.precision - held.scale < wanted.precision - wanted.scale:
                return False
        return True

    def _ways(self, earlier: Reference, reference: Reference) -> list[Path]:
        """The paths that begin with one foreign key, and lead to the row that another one means."""
        if earlier.parent == reference.parent:
            return []
        found = paths(self.refinement, earlier.parent, reference.parent, MAX_DEPTH - 1)
        return [(earlier, *path) for path in found if self._means((earlier, *path), reference)]

    def _means(self, way: Path, reference: Reference) -> bool:
        """Whether the way leads to the row that the foreign key means."""
        alike = way[-1].key.columns[-1].lower() == reference.key.columns[-1].lower()
        if table_names.is_owner(reference.parent):
            only = [other for other in self.references if other.parent == reference.parent] == [reference]
            return alike or only
        return alike and not self._is_public((reference, *way[:-1]), reference.parent)

    def _is_public(self, steps: Path, ancestor: str) -> bool:
        """Whether the ancestor is a person, and another one may use the things on the way."""
        if not table_names.is_any(ancestor, table_names.PEOPLE):
            return False
        between = {step.parent for step in steps if step.parent != ancestor} | {step.table for step in steps if step.table != self.table}
        return table_names.is_interaction(self.table) or any(table_names.is_any(name, table_names.PUBLIC) for name in between)

    def _pick_among(self, reference: Reference, others: list[Reference]) -> None:
        """Picks among the rows of the parent that belong to a row that an earlier foreign key reaches, if there are such."""
        if not self._is_free(reference) or len(reference.key.columns) > 1:
            return
        for earlier in others:
            for way, back in self._common(earlier, reference) if earlier.required else ():
                column = self._owner_column(way)
                possible = column is not None and self._can_be_among(reference, column)
                if possible and (not reference.required or self._is_covered(way, reference, back)):
                    change(self.refinement, reference, among=column)
                    return

    def _owner_column(self, way: Path) -> str | None:
        """The column of the row, possibly a helper, that references the last table of the way."""
        earlier, *further = way
        if not further:
            return earlier.column
        held = carried(self.refinement, way, further[-1].key.referenced[0])
        return None if held is None else parent_column(self.refinement, earlier, held)

    def _can_be_among(self, reference: Reference, column: str) -> bool:
        """Whether the rows of the parent can be looked up by the row to which that column belongs."""
        tables = self.refinement.tables
        pick = replace(picks_of(self.refinement, reference)[reference.column], among=column)
        found = isinstance(owner_of(UnfinishedPlan(tuple(tables.values())), tables[self.table], pick), Owner)
        return found and tables[reference.parent].rows <= MAX_INVERTED_ROWS

    def _common(self, earlier: Reference, reference: Reference) -> list[tuple[Path, Path]]:
        """The ways from an earlier foreign key to a row that owns the parent of this one, and the ways on which the parent reaches it."""
        found = []
        for owner, taken in self._owners(reference.parent):
            ways: list[Path] = [(earlier,)] if earlier.parent == owner.parent else []
            ways += [(earlier, *path) for path in paths(self.refinement, earlier.parent, owner.parent, MAX_DEPTH - 1)]
            found += [(way, taken) for way in ways if self._is_same(way, (reference, owner))]
        return found

    def _owners(self, table: str) -> list[tuple[Reference, Path]]:
        """The foreign keys of one column from a table to what may own its rows, each with the path that it takes."""
        found: list[tuple[Reference, Path]] = [(r, (r,)) for r in references(self.refinement, table) if r.required]
        found += self.refinement.followed.get(table, [])
        return [each for each in found if len(each[0].key.columns) == 1]

    def _is_same(self, way: Path, other: Path) -> bool:
        """Whether both ways lead to the same row of their last table, by the names."""
        last, owner = way[-1], other[-1]
        if last.key.referenced != owner.key.referenced:
            return False
        alike = last.key.columns[-1].lower() == owner.key.columns[-1].lower()
        if table_names.is_any(owner.parent, table_names.TENANTS):
            return True
        if table_names.is_owner(owner.parent):
            return alike
        # a column of the row itself: whose address it is
        between = other[:-1] if len(way) == 1 else (*way[:-1], *other[:-1])
        known = len(way) == 1 or table_names.is_any(owner.parent, table_names.PEOPLE)
        return alike and known and not self._is_public((*way[:1], *between), owner.parent)

    def _is_covered(self, way: Path, reference: Reference, back: Path) -> bool:
        """Whether each row of the owner that can occur has a row of the parent, whose foreign keys are kept even for that."""
        _, *further = way
        if tuple(further) == back:
            return True  # the earlier one picks such a row of the same parent

        if not all(is_new(self.refinement, step.table) for step in further):  # existing rows may have other owners than those of the plan
            return False
        *inner, last = back
        if not all(map(self._picks_all, inner)):
            return False
        if not self._is_kept(last) and self._may_cover(last) and self._may_cover(way[-1]) and self._rows(last) >= self._covered(last):
            for step in (last, way[-1]):
                change(self.refinement, step, distribution=Distribution.COVERING)
        elif self._picks_all(last):
            inner.append(last)
        else:
            return False
        for step in inner:
            self.refinement.covering.setdefault(step.table, set()).add(step.key.name)
        return True

    def _picks_all(self, step: Reference) -> bool:
        """Whether each parent row is picked at least once, if the foreign key stays as it is."""
        even = all(map(is_even, picks_of(self.refinement, step).values())) if step.generated else False
        enough = even and self._rows(step) >= self.refinement.tables[step.parent].rows
        return enough and not step.counts and is_new(self.refinement, step.table)

    def _may_cover(self, step: Reference) -> bool:
        """Whether a foreign key may leave out the parents that no one covers."""
        picks = picks_of(self.refinement, step).values() if step.generated else ()
        free = bool(picks) and not step.counts and is_new(self.refinement, step.table)
        return free and all(is_even(pick) or pick.distribution is Distribution.COVERING for pick in picks)

    def _is_kept(self, step: Reference) -> bool:
        return step.key.name in self.refinement.covering.get(step.table, ())

    def _rows(self, step: Reference) -> int:
        """How many rows, or trees of rows, pick a parent by themselves."""
        rows = self.refinement.tables[step.table].rows
        return min(pick.trees if pick.trees > 1 else rows for pick in picks_of(self.refinement, step).values())

    def _covered(self, step: Reference) -> int:
        return covered_rows(self.refinement.tables[step.parent].rows)
