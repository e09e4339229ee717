"""Unique keys of expressions that hold because a part of them is NULL in every row, such as UNIQUE ((CASE WHEN is_active THEN account END))."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from parloader.planner.check_cases import CheckCases, cases_of_table
from parloader.planner.keys.expression_keys import key_expressions
from parloader.planner.request import NotFillable, PlanningRequest
from parloader.plans.generators import Generator
from parloader.schema.checks.predicates import Predicate
from parloader.schema.model import Check, UniqueKey


@dataclass(kw_only=True)
class NullKeys:
    """The tables of one planning request, with conditions that their rows satisfy as they do the CHECKs: that an expression is NULL."""

    request: PlanningRequest
    given: Callable[[str], Mapping[str, Generator]]  # table → the generators that the plan gives it
    _conditions: dict[str, tuple[Check, ...]] = field(default_factory=dict)  # by table; each is named after its key

    def names(self, table: str) -> frozenset[str]:
        """The names of the table's unique keys that are NULL in every row."""
        return frozenset(condition.name for condition in self._conditions.get(table, ()))

    def cases(self, table: str, wanted: tuple[Predicate, ...] = ()) -> CheckCases:
        """The cases of the table's rows that also satisfy the predicates `wanted`. NotFillable: see cases_of_table."""
        return self._cases(table, self._conditions.get(table, ()), wanted)

    def add(self, table: str, key: UniqueKey) -> None:
        """From now on, the key is NULL in every row of the table."""
        condition = self.condition(table, key)
        assert condition is not None
        self._conditions[table] = (*self._conditions.get(table, ()), condition)

    def condition(self, table: str, key: UniqueKey) -> Check | None:
        """A condition that makes an expression of the key NULL. None: the table's rows cannot satisfy any that is known here."""
        schema = self.request.table_schema(table)
        columns = key_expressions(schema).base_columns(key)
        if not columns or self.given(table).keys() & {*columns}:
            return None
        before = self._conditions.get(table, ())
        for text in filter(None, (*key.expressions, *(schema.column(column).expression for column in key.columns))):
            condition = Check(name=key.name, clause=f"(({text}) is null)")
            with suppress(NotFillable):
                if len(self._cases(table, (*before, condition)).notes) == len(self._cases(table, before).notes):  # it could be analysed
                    return condition
        return None

    def _cases(self, table: str, conditions: tuple[Check, ...], wanted: tuple[Predicate, ...] = ()) -> CheckCases:
        schema = self.request.table_schema(table)
        return cases_of_table(replace(schema, checks=(*schema.checks, *conditions)), self.given(table), wanted)
