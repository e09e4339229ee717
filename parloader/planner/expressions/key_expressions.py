"""Follows the expressions of a table's UNIQUE keys to the columns that they are made of.

An example: a key over LOWER(email) is another one in each row if `email` is, as long as no two of its values differ in their case alone.

>>> from parloader.planner.expressions.key_expressions import KeyExpressions
>>> from parloader.schema.checks.domains import Domain
>>> from parloader.schema.model import ColumnSchema, ColumnType, TableSchema, UniqueKey
>>> email = ColumnSchema(name="email", kind=ColumnType.TEXT, type_text="varchar(100)", length=100, charset="utf8mb4")
>>> key = UniqueKey(name="uq_email", columns=(), expressions=("lower(`email`)",))
>>> table = TableSchema(name="login", columns=(email,), unique_keys=(key,))
>>> expressions = KeyExpressions(table)
>>> expressions.base_columns(key)
('email',)
>>> form = next(iter(expressions.forms("email", Domain(), None, key)))
>>> form.generator.prefix, form.generator.suffix
('user-', '@example.com')
>>> sorted(expressions.told_apart(key, {"email": form.image}))
['email']
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from sqlglot import exp

from parloader.planner.expressions import forms
from parloader.planner.expressions.evaluation import Evaluator, json_steps
from parloader.planner.expressions.forms import Form
from parloader.planner.expressions.images import NULL, Image, Text, first, told_apart
from parloader.schema.checks.clause_text import parsed_expression
from parloader.schema.checks.comparisons import constant
from parloader.schema.checks.domains import Domain
from parloader.schema.checks.predicates import UnsupportedCheck
from parloader.schema.model import TableSchema, UniqueKey

_Asked: TypeAlias = tuple[str, Domain, int | None, UniqueKey]


class KeyExpressions:
    """The generated columns and functional key parts of one table's unique keys."""

    def __init__(self, schema: TableSchema) -> None:
        self._schema = schema
        self._columns = {name.lower(): name for name in schema.column_names}
        self._trees: dict[str, exp.Expr | None] = {}
        self._forms: dict[_Asked, Sequence[Form]] = {}
        self._serving: dict[_Asked, Sequence[Form]] = {}

    def base_columns(self, key: UniqueKey) -> tuple[str, ...]:
        """The columns that the key's expressions are made of, also through other generated columns."""
        return tuple(
            dict.fromkeys(node.name for tree in self._all_trees(key) for node in tree.find_all(exp.Column) if self._is_base(node.name))
        )

    def told_apart(self, key: UniqueKey, images: Mapping[str, Image]) -> frozenset[str]:
        """The columns of which other values make it another key, or one with a NULL, if the columns have these images."""
        return frozenset[str]().union(*(told_apart(image) for image in self._parts(key, images)))

    def has_null(self, key: UniqueKey, images: Mapping[str, Image]) -> bool:
        """Whether a part of the key is NULL in each row."""
        return any(image == NULL for image in self._parts(key, images))

    def forms(self, column: str, domain: Domain, prefix: int | None, key: UniqueKey) -> Sequence[Form]:
        """The forms that the column's unique values may have, with regard to what the key makes of them; see forms.forms."""
        asked = column, domain, prefix, key
        if asked not in self._forms:
            literals = [value for tree in self._all_trees(key) for node in tree.walk() if (value := constant(node)) is not None]
            numbers = [abs(value) for value in literals if isinstance(value, int)]
            found = [json_steps(value) for value in literals if isinstance(value, str) and value.startswith("$")]
            paths = tuple(dict.fromkeys(steps for steps in found if steps is not None))
            prefixes = [prefix for prefix in key.prefixes if prefix is not None]
            self._forms[asked] = forms.forms(self._schema.column(column), domain, prefix, [*numbers, *prefixes], paths)
        return self._forms[asked]

    def serving_forms(self, column: str, domain: Domain, prefix: int | None, key: UniqueKey) -> Sequence[Form]:
        """Those of `forms` that the key's expressions keep apart, whatever the other columns are."""
        asked = column, domain, prefix, key
        if asked not in self._serving:
            self._serving[asked] = [form for form in self.forms(*asked) if column in self.told_apart(key, {column: form.image})]
        return self._serving[asked]

    def _parts(self, key: UniqueKey, images: Mapping[str, Image]) -> Iterable[Image]:
        evaluator = Evaluator(self._schema, self._tree, images)
        for number, column in enumerate(key.columns):
            image = evaluator.part(column)
            prefix = key.prefixes[number] if key.prefixes else None
            yield first(image, prefix) if prefix is not None and isinstance(image, Text) else image
        for expression in key.expressions:
            yield evaluator.expression(expression)

    def _all_trees(self, key: UniqueKey) -> list[exp.Expr]:
        """The trees of the key's expressions, and of the generated columns in them."""
        trees: dict[str, exp.Expr] = {}
        waiting = [*key.expressions, *(self._schema.column(name).expression for name in key.columns)]
        while waiting:
            text = waiting.pop(0)
            tree = self._tree(text) if text and text not in trees else None
            if tree is not None:
                trees[text] = tree
                waiting += [
                    self._schema.column(c.name).expression for c in tree.find_all(exp.Column) if c.name in self._schema.column_names
                ]
        return list(trees.values())

    def _tree(self, text: str) -> exp.Expr | None:
        if text not in self._trees:
            try:
                self._trees[text] = parsed_expression(text, self._columns)
            except (UnsupportedCheck, RecursionError):
                self._trees[text] = None
        return self._trees[text]

    def _is_base(self, name: str) -> bool:
        return name in self._schema.column_names and not self._schema.column(name).generated
