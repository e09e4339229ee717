"""Parses the text of a CHECK clause or a generated column's expression in information_schema into the same syntax tree for both servers.

Tested with MariaDB 10.11 and MySQL 9.7. MySQL escapes quotes and backslashes in the entire text (also within names), writes an introducer
before each string, and decodes its UTF-8 as Latin-1. MariaDB writes ???? for a character outside the Basic Multilingual Plane.
"""

import re
from collections.abc import Iterable, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from parloader.schema.checks.predicates import UnsupportedCheck
from parloader.schema.model import quote_identifier
from parloader.schema.string_literals import unescape

TOKEN = re.compile(
    r"""(?P<name>`(?:[^`]|``)*`|"(?:[^"]|"")*")   # in ANSI_QUOTES mode names have double quotes; neither server writes strings with them
    |(?:\b_[a-z0-9]+\s*)?'(?P<text>(?:[^'\\]|\\.|'')*)'""",
    re.VERBOSE | re.DOTALL,
)

FIRST_QUOTE = re.compile(r"(?:`(?:[^`]|``)*`|[^`'])*?(?P<quote>\\?')", re.DOTALL)

LOST_CHARACTER = "????"

KNOWN_ARGUMENTS = frozenset(
    {
        "this",
        "expression",
        "expressions",
        "low",
        "high",
        "ifs",
        "default",
        "true",
        "false",
        "to",
        "binary",
        "flag",
        "position",
        "kind",
        "start",
        "length",
    }
    | {"nested", "quoted", "is_string", "is_nvl", "is_null", "is_integer"}
)
"""Arguments of syntax nodes that parser.py takes into account. A clause with any other is rejected, as it might change the meaning."""


ARITHMETIC: Mapping[type[exp.Expr], tuple[str, ...]] = {
    exp.Interval: ("unit",),
    exp.DateDiff: ("unit",),
    exp.TimestampDiff: ("unit",),
    exp.Round: ("decimals",),
    exp.Div: ("safe",),
}
"""Further arguments, which arithmetic.py takes into account."""

FUNCTION = re.compile(
    r"\b(?!(?:cast|convert|trim|extract|if|in|and|or|not|xor|div|then|else|when|case|as|char|decimal|binary|interval)\b)([a-z]\w*)\(",
    re.IGNORECASE,
)
"""The name of a function in an expression, without what is called like one but has a syntax of its own."""

FUNCTION_MARK = "call_"
"""Precedes the names of functions in `parsed_expression`: sqlglot knows no function of such a name, and leaves its arguments as they are."""

RETURNING = re.compile(r"\bjson_value\((`(?:[^`]|``)*`), *('\w+') returning (\w+(?: *\([\d,]+\))?)\)", re.IGNORECASE)


def parsed(clause: str, columns: Mapping[str, str]) -> exp.Expr:
    """The syntax tree of the condition, with decoded strings. `columns`: names in lower case → names to use in the tree.

    UnsupportedCheck: sqlglot cannot parse the condition, or it has parts that are not known here.
    """
    text, strings = _with_placeholders(clause)
    tree = _with_strings(_tree(text), strings, columns)
    for predicate in list(tree.find_all(exp.Like, exp.Is)):
        if predicate.args.get("negate"):  # some versions of sqlglot mark NOT LIKE so, others put a NOT around LIKE
            predicate.set("negate", None)
            outer = predicate.parent if isinstance(predicate.parent, exp.Escape) else predicate
            outer.replace(exp.Not(this=outer.copy()))
    for node in tree.walk():
        if not has_known_arguments(node, ARITHMETIC.get(type(node), ())):
            raise UnsupportedCheck(f"an unknown option of {type(node).__name__}")
    return tree


def parsed_expression(text: str, columns: Mapping[str, str]) -> exp.Expr:
    """The syntax tree of a generated column's or key part's expression, in which every function is an `exp.Anonymous` with a marked name.

    UnsupportedCheck: sqlglot cannot parse it.
    """
    plain, strings = _with_placeholders(text)
    plain = RETURNING.sub(r"cast(json_value(\1,\2) as \3)", plain)
    parts = re.split(r"(`(?:[^`]|``)*`)", plain)
    marked = "".join(part if part.startswith("`") else FUNCTION.sub(rf"{FUNCTION_MARK}\1(", part) for part in parts)
    return _with_strings(_tree(marked), strings, columns)


def has_known_arguments(node: exp.Expr, more: Iterable[str] = ()) -> bool:
    """Whether the node has no argument that might change its meaning unnoticed."""
    return {name for name, value in node.args.items() if value} <= KNOWN_ARGUMENTS.union(more)


def _with_placeholders(clause: str) -> tuple[str, dict[str, str]]:
    """The clause with a placeholder for each string, and the strings by placeholder."""
    as_mysql = _is_mysql(clause)
    text = unescape(clause) if as_mysql else clause
    strings: dict[str, str] = {}

    def placeholder(token: re.Match[str]) -> str:
        if token["name"] is not None:
            quote = token["name"][0]
            return quote_identifier(token["name"][1:-1].replace(quote * 2, quote))
        string = unescape(token["text"])
        if not as_mysql and LOST_CHARACTER in string:
            raise UnsupportedCheck("a string has lost characters")
        key = f"s{len(strings)}"
        strings[key] = string
        return f"'{key}'"

    return TOKEN.sub(placeholder, text), strings


def _with_strings(tree: exp.Expr, strings: Mapping[str, str], columns: Mapping[str, str]) -> exp.Expr:
    for literal in tree.find_all(exp.Literal):
        if literal.is_string and literal.this in strings:
            literal.set("this", strings[literal.this])
    for identifier in tree.find_all(exp.Identifier):
        identifier.set("this", columns.get(identifier.this.lower(), identifier.this))
    return tree


def _tree(condition: str) -> exp.Paren:
    try:
        select = sqlglot.parse_one(f"SELECT {condition}", dialect="mysql")
    except (SqlglotError, RecursionError) as error:
        raise UnsupportedCheck("sqlglot cannot parse it") from error
    clauses = {name for name, value in select.args.items() if value}
    if not isinstance(select, exp.Select) or clauses != {"expressions"} or len(select.expressions) != 1:
        raise UnsupportedCheck("it is not a condition")
    return exp.Paren(this=select.expressions[0])


def _is_mysql(clause: str) -> bool:
    """Whether MySQL wrote the clause: its first string starts with an escaped quote. Without strings, MySQL's has outer parentheses."""
    first = FIRST_QUOTE.match(clause)
    return first["quote"] == "\\'" if first else clause.startswith("(") or not clause.isascii()
