"""Amounts of one row that agree, as their names say, and amounts of a parent that are sums over its children.

    orders.subtotal = the sum of order_items.line_total          order_items.line_total = quantity * unit_price
    orders.total = subtotal + tax + shipping - discount           threads.reply_count = the number of its posts

The names become relations like those of CHECKs (inference/numbers/amounts.py), beside these; what cannot hold together with a CHECK, a type or a key
is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from parloader.inference import table_names
from parloader.inference.arithmetic.operands import operand
from parloader.inference.arithmetic.row_systems import boxed, usually
from parloader.inference.numbers import amounts
from parloader.inference.statuses.events import folded
from parloader.inference.value_ranges import allowed_range
from parloader.planner.check_cases import CheckCase
from parloader.planner.refinement.child_counts import largest_family
from parloader.planner.refinement.references import beside, is_new, references
from parloader.planner.refinement.refinement import Refinement
from parloader.planner.relations import Ends, RelationSolver
from parloader.planner.table_draft import TableDraft
from parloader.plans.generators import Aggregate, AggregateFunction, ChildOf, Generator, ShareOf, Uniform, When
from parloader.schema.checks.predicates import Relation
from parloader.schema.model import ColumnSchema, ColumnType

# The parent's column → what it adds up in its children, if these are the parts of which it consists
SUMS: tuple[tuple[str, str], ...] = (
    (amounts.SUBTOTAL, f"{amounts.SUBTOTAL} {amounts.LINE}"),
    (amounts.TAX, amounts.TAX),
    (amounts.TOTAL, f"{amounts.TOTAL} {amounts.LINE}"),
    ("total_quantity total_qty quantity_total total_items total_units", amounts.QUANTITY),
)

# Prices that are copied from the row that is sold, and what they are called there
PICKED = frozenset(
    ["unit_price", "price", "item_price", "list_price", "price_each", "unit_cost", "cost_price", "rate", "hourly_rate", "daily_rate"]
)

PRICES = ("unit_price", "price", "list_price", "base_price", "selling_price", "sale_price", "retail_price")

# Last words of tables whose rows pay their parent
PAYING = frozenset(("payment", "transaction"))

COUNTED = "item line reply comment post message answer vote member participant step leg treatment"


def relate_amounts(refinement: Refinement) -> None:
    """The step: children first, because their parents add up what they have."""
    for table in tuple(refinement.drafts):
        if table in refinement.layouts:
            _Table(refinement=refinement, name=table).relate()


@dataclass(kw_only=True)
class _Table:
    refinement: Refinement
    name: str

    def relate(self) -> None:
        """Gives the columns their generators; as many relations as can hold together."""
        figures = self._figures()
        if figures and not self._apply((), figures):
            figures = {}
        for name, price in (self._prices() | self._shares()).items():
            if self._apply((), {**figures, name: price}):
                figures |= {name: price}
        chosen: list[Relation] = []
        for relation in self._named(figures):
            if self._apply((*chosen, relation), figures):
                chosen.append(relation)

    def _named(self, figures: Mapping[str, tuple[Generator, Ends]]) -> list[Relation]:
        """The relations that the names suggest, between columns that have values of their own in all rows."""
        usable = [column for column in self._draft.schema.columns if self._is_usable(column)]
        found = amounts.relations(usable)
        return [
            one for one in found if one.operator != "=" or (one.lone is not None and self._may_follow(one.lone) and one.lone not in figures)
        ]

    def _is_usable(self, column: ColumnSchema) -> bool:
        planned = self.refinement.tables[self.name].columns
        always = not any(case.domain(column.name).null is True for case in (*self._draft.cases, *self._draft.alternatives))
        return column.name in planned and column.name not in self._draft.given and not column.generated and always

    def _may_follow(self, name: str) -> bool:
        """Whether the column may get any values."""
        keys = {column for key in self._draft.schema.unique_keys for column in key.columns}
        free = self.refinement.is_own(self.name, name) and not self.refinement.is_settled(self.name, name)
        computed = any(case.solved and name in case.solved.derived for case in self._draft.cases)
        return free and name not in keys and not computed and self._draft.group_of(name) is None

    @property
    def _draft(self) -> TableDraft:
        return self.refinement.drafts[self.name]

    def _apply(self, relations: Sequence[Relation], figures: Mapping[str, tuple[Generator, Ends]]) -> bool:
        """Solves the cases of the CHECKs with further relations, and columns with these generators and ranges. False: they cannot hold."""
        draft = self._draft
        everything = [(_all(case, relations), case.compared) for case in (*draft.cases, *draft.alternatives)]
        fixed = {name: ends for name, (_, ends) in figures.items()}
        solver = RelationSolver(draft.schema, draft.given, everything, fixed)
        known = {name: generator for name, (generator, _) in figures.items()}
        cases = [self._solved(solver, case, relations, known) for case in (*draft.cases, *draft.alternatives)]
        if solver.notes or any(case is None for case in cases):
            return False
        done = tuple(case for case in cases if case is not None)
        self.refinement.relate(self.name, done[: len(draft.cases)], done[len(draft.cases) :])
        for name, generator in known.items():
            self.refinement.set(self.name, name, generator)
            self.refinement.settle(self.name, name)
        return True

    def _solved(
        self, solver: RelationSolver, case: CheckCase, relations: Sequence[Relation], known: Mapping[str, Generator]
    ) -> CheckCase | None:
        """None: the relations would change what keys and parents rely on."""
        related = _all(case, relations)
        solved = solver.solved(case.domains, related, case.compared)
        if solved is None:
            return replace(case, solved=None) if case.solved is None else None
        if solved.narrowed(case.domains) != dict(case.domains):
            return None
        usual = {name: generator for system in solved.systems for name, generator in usually(system, solved.generators).items()}
        generators = {**solved.generators, **usual, **{name: generator for name, generator in known.items() if name in solved.columns}}
        return replace(case, related=tuple(related), solved=replace(solved, generators=generators))

    # Prices of the parents

    def _prices(self) -> dict[str, tuple[Generator, Ends]]:
        """Prices that are those of the picked parent row (order_items.unit_price of products.price), and their ranges."""
        found: dict[str, tuple[Generator, Ends]] = {}
        columns = {folded(column.name): column for column in self._draft.schema.columns if self._is_usable(column)}
        for name, column in columns.items():
            for reference in references(self.refinement, self.name):
                of_parent = [name, *(PRICES if name in PRICES else ())]
                schema = {folded(other.name): other for other in self.refinement.request.schema[reference.parent].columns}
                theirs = next((schema[other] for other in of_parent if other in schema), None)
                if name not in PICKED or theirs is None or column.name in found or not reference.required:
                    continue
                alike = theirs.kind is column.kind and theirs.scale <= column.scale and not theirs.nullable
                ends = self._limited(reference.parent, theirs) if alike and is_new(self.refinement, reference.parent) else None
                if ends is not None and self._fits(column, ends):
                    found[column.name] = (beside(self.refinement, reference, theirs.name), ends)
        return found

    def _shares(self) -> dict[str, tuple[Generator, Ends]]:
        """The amount of a child that pays its parent: the payments of an order add up to its total."""
        planned = self.refinement.tables[self.name]
        parents = [generator.parent for generator in planned.columns.values() if isinstance(generator, ChildOf)]
        columns = {folded(column.name): column for column in self._draft.schema.columns if self._is_usable(column)}
        amount = columns.get("amount")
        if amount is None or not parents or table_names.parts(self.name)[-1] not in PAYING or not is_new(self.refinement, parents[0]):
            return {}
        parent = self.refinement.request.schema[parents[0]]
        named = {folded(column.name): column for column in parent.columns}
        total = next((named[name] for name in amounts.TOTAL.split() if name in named), None)
        if total is None or total.nullable or total.kind is not amount.kind or total.scale != amount.scale:
            return {}
        domain = self.refinement.domain(parent.name, total.name)
        allowed = None if domain is None or total.name not in self.refinement.tables[parent.name].columns else allowed_range(total, domain)
        if allowed is None:
            return {}
        ends = (min(0, allowed.low) * allowed.unit, allowed.high * allowed.unit)
        return {amount.name: (ShareOf(parent=parent.name, column=total.name), ends)} if self._fits(amount, ends) else {}

    def _limited(self, table: str, column: ColumnSchema) -> Ends | None:
        """The usual range of a parent's price, to which it keeps from now on. None: the CHECKs leave it no such range."""
        refinement, draft = self.refinement, self.refinement.drafts[table]
        domain = refinement.domain(table, column.name)
        related = any(case.solved and column.name in case.solved.columns for case in draft.cases)
        if domain is None or related or not refinement.is_own(table, column.name) or refinement.is_settled(table, column.name):
            return None
        usual = operand(column, domain)
        if usual is None or usual.early:
            return None
        box = (max(0, usual.low), usual.usual_high)
        limited = boxed(usual, box, domain)
        cases, alternatives = (
            tuple(replace(case, domains={**case.domains, column.name: limited}) for case in each)
            for each in (draft.cases, draft.alternatives)
        )
        compared = [name for name in draft.schema.column_names if refinement.is_compared(table, name) and refinement.is_own(table, name)]
        refinement.relate(table, cases, alternatives, also=compared if column.name in compared else ())
        return box[0] * usual.unit, box[1] * usual.unit

    # Figures of the children

    def _figures(self) -> dict[str, tuple[Generator, Ends]]:
        """The columns that are figures of the table's children, with their generators and the ends of their ranges."""
        found: dict[str, tuple[Generator, Ends]] = {}
        columns = {folded(column.name): column for column in self._draft.schema.columns if self._is_usable(column)}
        for child, key, family in self._families():
            most = largest_family(self.refinement.request.plan.seed, self.refinement.tables[child], key, family, self._rows)
            if most == float("inf"):
                continue
            most = ceil(most)
            if table_names.is_part(child):
                for targets, sources in SUMS:
                    target = next((columns[name] for name in targets.split() if name in columns), None)
                    if target is not None and target.name not in found and (figure := self._sum(target, child, sources, most)):
                        found[target.name] = figure
            for name, column in columns.items():
                if column.name not in found and self._counts(name, child) and self._fits(column, (Fraction(0), Fraction(most))):
                    count = Aggregate(function=AggregateFunction.COUNT, child=child, column=key)
                    found[column.name] = (count, (Fraction(0), Fraction(most)))
        return found

    @property
    def _rows(self) -> int:
        return self.refinement.tables[self.name].rows

    def _families(self) -> list[tuple[str, str, ChildOf]]:
        """The tables whose rows are children of this table's rows, with the column and the generator that say so."""
        return [
            (child, column, generator)
            for child, planned in self.refinement.tables.items()
            for column, generator in planned.columns.items()
            if isinstance(generator, ChildOf) and generator.parent == self.name and child in self.refinement.drafts
        ]

    def _sum(self, target: ColumnSchema, child: str, sources: str, most: int) -> tuple[Generator, Ends] | None:
        columns = {folded(column.name): column for column in self.refinement.drafts[child].schema.columns}
        source = next((columns[name] for name in sources.split() if name in columns), None)
        if source is None or source.kind is not target.kind or source.scale > target.scale:
            return None
        ends = self._range(child, source)
        if ends is None:
            return None
        total = (min(Fraction(0), ends[0] * most), max(Fraction(0), ends[1] * most))
        if not self._fits(target, total):
            return None
        return Aggregate(function=AggregateFunction.SUM, child=child, column=source.name), total

    def _range(self, table: str, column: ColumnSchema) -> Ends | None:
        """The smallest and the largest value of a column of numbers, as its generator gives them. None: unknown."""
        ends = [case.solved.range_of(column.name) if case.solved else None for case in self.refinement.drafts[table].cases]
        generator = self.refinement.tables[table].columns.get(column.name)
        if all(ends):
            known = [one for one in ends if one is not None]
        elif generator is not None and all(isinstance(each, Uniform | When) for each in generator.walk()):
            known = [(Fraction(each.low), Fraction(each.high)) for each in generator.walk() if isinstance(each, Uniform)]
        else:
            return None
        return min(low for low, _ in known), max(high for _, high in known)

    def _counts(self, name: str, child: str) -> bool:
        """Whether a column of this name counts the rows of the child."""
        words = name.split("_")
        if len(words) < 2 or not ({words[0], words[-1]} & {"count", "num", "total"}):
            return False
        nouns = {table_names.singular(word) for word in words} - {"count", "num", "total", "of"}
        last = table_names.parts(child)[-1]
        return nouns == {last} or (nouns <= set(COUNTED.split()) and len(self._families()) == 1 and len(nouns) == 1)

    def _fits(self, column: ColumnSchema, ends: Ends) -> bool:
        """Whether the column may have all values between these, in every case of the CHECKs."""
        if column.kind not in (ColumnType.INTEGER, ColumnType.DECIMAL) or not self._may_follow(column.name):
            return False
        for case in self._draft.cases:
            domain = case.domain(column.name)
            allowed = None if domain.values is not None else allowed_range(column, domain)
            if allowed is None or allowed.excluded or ends[0] < allowed.low * allowed.unit or ends[1] > allowed.high * allowed.unit:
                return False
        return True


def _all(case: CheckCase, relations: Sequence[Relation]) -> list[Relation]:
    return list(dict.fromkeys((*case.related, *relations)))
