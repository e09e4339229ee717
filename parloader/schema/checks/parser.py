"""Parses a CHECK clause into cases: the boolean structure, in disjunctive normal form.

A row of any case satisfies the clause; the clause may allow further rows. predicates.RequiredTruth says what a part has to be.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from decimal import Decimal
from itertools import product

from sqlglot import exp

from parloader.schema.checks.arithmetic import related
from parloader.schema.checks.clause_text import parsed
from parloader.schema.checks.comparisons import HOLDS, NEGATED, bare, compared, constant, is_null, one_of
from parloader.schema.checks.patterns import (
    constants,
    like_avoids,
    like_constant,
    like_matches,
    regexp_avoids,
    regexp_matches,
    repeats_group,
)
from parloader.schema.checks.predicates import (
    ALWAYS,
    NEVER,
    Disjunction,
    Json,
    NotNull,
    Null,
    ParsedCheck,
    RequiredTruth,
    UnsupportedCheck,
    all_of,
    any_of,
    together,
)
from parloader.schema.checks.regexp import FLAGS

MAX_TERMS = 256
"""Combinations of values in a sum of conditions: eight conditions have as many."""

OPERATORS: dict[type[exp.Expr], str] = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}

PREDICATES: tuple[type[exp.Expr], ...] = (
    exp.Connector,
    exp.Not,
    exp.Is,
    exp.In,
    exp.Between,
    exp.Like,
    exp.Escape,
    exp.RegexpLike,
    exp.NullSafeEQ,
    *OPERATORS,
)

STRICT: tuple[type[exp.Expr], ...] = (exp.Lower, exp.Upper, exp.Trim, exp.Add, exp.Sub, exp.Mul, exp.Neg)
"""Functions and operators that are NULL if one of their operands is, and only then."""


def parse(clause: str, columns: Mapping[str, str]) -> ParsedCheck:
    """UnsupportedCheck: a part of the clause is not supported. `columns`: as in clause_text.parsed."""
    try:
        return ParsedCheck(cases=_disjunction(parsed(clause, columns), RequiredTruth.NOT_FALSE))
    except RecursionError as error:
        raise UnsupportedCheck("a deep clause") from error


def _disjunction(node: exp.Expr, required: RequiredTruth) -> Disjunction:
    """Cases, each of which is enough for the node to have the required truth value."""
    match node:
        case exp.Paren():
            return _disjunction(node.this, required)
        case exp.Not():
            return _disjunction(node.this, required.opposite)
        case exp.And() | exp.Or():
            both = isinstance(node, exp.And) is not required.negated
            return (all_of if both else any_of)(_disjunction(node.left, required), _disjunction(node.right, required))
        case exp.Xor():
            return _either(node.left, node.right, required)
        case exp.Is():
            return _is(node, required)
        case exp.NullSafeEQ():
            return _null_safe(node, required)
        case exp.Between(this=subject):
            low, high = exp.GTE(this=subject, expression=node.args["low"]), exp.LTE(this=subject, expression=node.args["high"])
            return _disjunction(exp.And(this=low, expression=high), required)
        case exp.Case() | exp.If():
            return any_of(
                *(all_of(condition, _disjunction(value, required)) for condition, value in _branches(node)), _without_branch(node, required)
            )
    if type(node) in OPERATORS:
        return _comparison(node, OPERATORS[type(node)], required)
    if is_null(node):
        return NEVER if required.strict else ALWAYS
    value = constant(node)
    if isinstance(value, int | Decimal):
        return _known(bool(value), required)
    return _strictly(node, _leaf(node, required), required)


def _known(value: bool, required: RequiredTruth) -> Disjunction:
    return ALWAYS if value is not required.negated else NEVER


def _strictly(node: exp.Expr, cases: Disjunction, required: RequiredTruth) -> Disjunction:
    """The cases without NULLs, if unknown is not enough: a comparison is unknown only because of a NULL."""
    if not required.strict:
        return cases
    not_null = tuple(dict.fromkeys(NotNull(column=column.name) for column in node.find_all(exp.Column)))
    return tuple(together(case, not_null) for case in cases)


def _either(left: exp.Expr, right: exp.Expr, required: RequiredTruth) -> Disjunction:
    """Exactly one of the two holds; negated: both or neither."""
    holds = RequiredTruth.TRUE if required.strict else RequiredTruth.NOT_FALSE
    with_left, without_left = (holds, holds.opposite) if required.negated else (holds.opposite, holds)
    return any_of(
        all_of(_disjunction(left, holds), _disjunction(right, with_left)),
        all_of(_disjunction(left, holds.opposite), _disjunction(right, without_left)),
    )


def _is(node: exp.Is, required: RequiredTruth) -> Disjunction:
    """IS TRUE, IS FALSE and IS NULL, which are never unknown."""
    subject = node.this.unnest()
    if is_null(node.expression):
        return _null(subject, negated=required.negated)
    if not isinstance(node.expression, exp.Boolean):
        raise UnsupportedCheck("IS")
    subject_truth = RequiredTruth.TRUE if node.expression.this else RequiredTruth.FALSE
    if required.negated:
        subject_truth = {RequiredTruth.TRUE: RequiredTruth.NOT_TRUE, RequiredTruth.FALSE: RequiredTruth.NOT_FALSE}[subject_truth]
    return _disjunction(node.this, subject_truth)


def _null(node: exp.Expr, *, negated: bool) -> Disjunction:
    """The cases in which an expression is NULL; `negated`: in which it is not."""
    inner = node.unnest()
    match inner:
        case exp.Column():
            return ((NotNull(column=inner.name),),) if negated else ((Null(column=inner.name),),)
        case exp.Case() | exp.If():
            found = any_of(*(all_of(condition, _null(value, negated=negated)) for condition, value in _branches(inner)))
            return found if negated else any_of(found, _without_branch(inner, RequiredTruth.NOT_FALSE))
        case exp.Coalesce():
            return (any_of if negated else all_of)(*(_null(one, negated=negated) for one in (inner.this, *inner.expressions)))
    if is_null(inner) or constant(inner) is not None:
        return ALWAYS if is_null(inner) is not negated else NEVER
    if isinstance(inner, STRICT):
        operands = [one for one in (inner.args.get("this"), inner.args.get("expression")) if isinstance(one, exp.Expr)]
        return (all_of if negated else any_of)(*(_null(one, negated=negated) for one in operands))
    raise UnsupportedCheck("IS NULL of an expression")


def _null_safe(node: exp.NullSafeEQ, required: RequiredTruth) -> Disjunction:
    left, right = node.left, node.right
    if is_null(left) or is_null(right):
        return _is(exp.Is(this=left if is_null(right) else right, expression=exp.Null()), required)
    operands = [operand.unnest() for operand in (left, right)]
    columns = [operand for operand in operands if isinstance(operand, exp.Column)]
    if not columns or any(not isinstance(operand, exp.Column) and constant(operand) is None for operand in operands):
        raise UnsupportedCheck("<=> of expressions")
    equal = exp.EQ(this=left, expression=right)
    null = [exp.Is(this=column, expression=exp.Null()) for column in columns]
    same = _disjunction(equal, RequiredTruth.FALSE if required.negated else RequiredTruth.TRUE)
    if len(columns) == 1:
        return any_of(same, _disjunction(null[0], RequiredTruth.TRUE)) if required.negated else same
    return any_of(
        same,
        _either(null[0], null[1], RequiredTruth.TRUE)
        if required.negated
        else all_of(*(_disjunction(one, RequiredTruth.TRUE) for one in null)),
    )


def _comparison(node: exp.Expr, operator: str, required: RequiredTruth) -> Disjunction:
    left, right = node.args["this"], node.args["expression"]
    if isinstance(right, PREDICATES):  # all comparisons have the same precedence on the servers, but not in sqlglot
        raise UnsupportedCheck("comparisons without parentheses")
    if is_null(left) or is_null(right):
        return NEVER if required.strict else ALWAYS
    if required.negated:
        operator, required = NEGATED[operator], required.opposite
    for truth, number in ((left, constant(right)), (right, constant(left))):
        if _is_boolean(truth) and number in (0, 1) and operator in ("=", "<>"):
            return _disjunction(truth, required if (number == 1) == (operator == "=") else required.opposite)
    if _is_boolean(left) and _is_boolean(right) and operator in ("=", "<>"):
        return _either(left, right, required if operator == "<>" else required.opposite)
    if any(map(_counts, (left, right))):
        with suppress(UnsupportedCheck):
            return _counted(left, operator, right)
    first, second = constant(left), constant(right)
    if first is not None and second is not None:
        if isinstance(first, str) or isinstance(second, str):
            raise UnsupportedCheck("two strings compared")
        return _known(HOLDS[operator](first, second), RequiredTruth.TRUE)
    try:
        cases = compared(left, operator, right)
    except UnsupportedCheck:
        cases = related(left, operator, right, _branches)
    return _strictly(node, cases, required)


def _is_boolean(node: exp.Expr) -> bool:
    inner = node.unnest()
    return (
        isinstance(inner, PREDICATES)
        or _is_json(inner)
        or (isinstance(inner, exp.Case | exp.If) and all(_is_boolean(value) for _, value in _branches(inner)))
    )


def _is_json(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == "json_valid" and isinstance(node.expressions[0], exp.Column)


def _counts(node: exp.Expr) -> bool:
    """Whether the node is a number computed from conditions: (a IS NULL) + (b IS NULL), CASE WHEN … THEN 1 ELSE 0 END."""
    inner = node.unnest()
    if isinstance(inner, exp.Add):
        return _counts(inner.left) or _counts(inner.right)
    return isinstance(inner, exp.Case | exp.If) or _is_boolean(inner)


def _counted(left: exp.Expr, operator: str, right: exp.Expr) -> Disjunction:
    return any_of(
        *(all_of(one, other) for (first, one), (second, other) in product(_values(left), _values(right)) if HOLDS[operator](first, second))
    )


def _values(node: exp.Expr) -> list[tuple[int, Disjunction]]:
    """Each value that the node can have, and the cases in which it has it."""
    inner = node.unnest()
    value = constant(inner)
    if isinstance(value, int):
        return [(value, ALWAYS)]
    if isinstance(inner, exp.Add):
        sums = [(a + b, all_of(one, other)) for (a, one), (b, other) in product(_values(inner.left), _values(inner.right))]
        if len(sums) > MAX_TERMS:
            raise UnsupportedCheck("a long sum")
        return sums
    if isinstance(inner, exp.Case | exp.If) and not _is_boolean(inner):
        return [
            (number, all_of(condition, cases))
            for condition, then in _branches(inner)
            if not is_null(then)
            for number, cases in _values(then)
        ]
    if _is_boolean(inner):
        return [(1, _disjunction(inner, RequiredTruth.TRUE)), (0, _disjunction(inner, RequiredTruth.FALSE))]
    raise UnsupportedCheck("a number computed from expressions")


def _branches(node: exp.Expr) -> list[tuple[Disjunction, exp.Expr]]:
    """The condition and the result of each branch of CASE or IF; a missing ELSE is left out."""
    ifs = [node] if isinstance(node, exp.If) else node.args["ifs"]
    subject = node.this if isinstance(node, exp.Case) else None
    not_before, branches = ALWAYS, []
    for branch in ifs:
        condition = exp.EQ(this=subject, expression=branch.this) if subject else branch.this
        branches.append((all_of(not_before, _disjunction(condition, RequiredTruth.TRUE)), branch.args["true"]))
        not_before = all_of(not_before, _disjunction(condition, RequiredTruth.NOT_TRUE))
    otherwise = node.args.get("false" if isinstance(node, exp.If) else "default")
    return [*branches, (not_before, otherwise)] if otherwise else branches


def _without_branch(node: exp.Expr, required: RequiredTruth) -> Disjunction:
    """The cases in which no branch applies and the result is NULL, if that is enough."""
    if required.strict or node.args.get("false" if isinstance(node, exp.If) else "default"):
        return NEVER
    conditions = [node.this] if isinstance(node, exp.If) else [branch.this for branch in node.args["ifs"]]
    if isinstance(node, exp.Case) and node.this:
        conditions = [exp.EQ(this=node.this, expression=condition) for condition in conditions]
    return all_of(*(_disjunction(condition, RequiredTruth.NOT_TRUE) for condition in conditions))


def _leaf(node: exp.Expr, required: RequiredTruth) -> Disjunction:
    """Cases in which a condition on columns has the required truth value, or is unknown."""
    match node:
        case exp.Column():
            return one_of(node, (0,), negated=not required.negated)
        case exp.In(this=subject, expressions=[*values]) if values and not node.args.get("query"):
            return _in(subject, values, required)
        case exp.RegexpLike(this=exp.Column() as column, expression=pattern):
            flag = node.args.get("flag")
            if flag and not set(str(constant(flag))) <= FLAGS:
                raise UnsupportedCheck("flags of a pattern")
            return _regexp(column, _text(pattern), required)
        case exp.Like(this=exp.Column(), expression=pattern):
            return _like(node.this, _text(pattern), "\\", required)
        case exp.Escape(this=exp.Like(this=exp.Column() as column, expression=pattern), expression=escape):
            return _like(column, _text(pattern), _text(escape), required)
        case exp.Anonymous() if _is_json(node) and not required.negated:
            return ((Json(column=node.expressions[0].name),),)
    raise UnsupportedCheck(type(node).__name__)


def _text(node: exp.Expr) -> str:
    value = constant(bare(node))
    if not isinstance(value, str) or not (value.isascii() or bare(node) is node):  # LIKE BINARY and REGEXP BINARY compare bytes
        raise UnsupportedCheck("a pattern that is not a constant")
    return value


def _regexp(column: exp.Column, pattern: str, required: RequiredTruth) -> Disjunction:
    if required.negated:
        return ((regexp_avoids(column.name, pattern),),)
    alternatives = regexp_matches(column.name, pattern)
    texts = None if repeats_group(pattern) else constants(alternatives)
    return tuple((one,) for one in alternatives) if texts is None else one_of(column, texts, negated=False)


def _like(column: exp.Column, pattern: str, escape: str, required: RequiredTruth) -> Disjunction:
    text = like_constant(pattern, escape)
    if text is not None:
        return one_of(column, (text,), negated=required.negated)
    return ((like_avoids(column.name, pattern, escape) if required.negated else like_matches(column.name, pattern, escape),),)


def _in(subject: exp.Expr, nodes: list[exp.Expr], required: RequiredTruth) -> Disjunction:
    """IN. With a NULL in the list, a value that equals none of the others is unknown, not false."""
    values = [constant(node) for node in nodes if not is_null(node)]
    if required is RequiredTruth.FALSE and len(values) < len(nodes):
        return NEVER
    constants = tuple(value for value in values if value is not None)
    if len(constants) < len(values):
        raise UnsupportedCheck("IN of expressions")
    try:
        return one_of(subject, constants, negated=required.negated)
    except UnsupportedCheck:
        equal = [_disjunction(exp.EQ(this=subject, expression=node), required) for node in nodes]
        return all_of(*equal) if required.negated else any_of(*equal)


def parse_check(clause: str, columns: Iterable[str] = ()) -> ParsedCheck | None:
    """The cases of a CHECK clause in either server's text. None: a part of it is not supported.

    The predicates use the names in `columns`: MySQL prints a column's name as it was typed in the clause, in any case.
    Rows that satisfy a case satisfy the CHECK; it may allow further rows.
    """
    try:
        return parse(clause, {column.lower(): column for column in columns})
    except UnsupportedCheck:
        return None
