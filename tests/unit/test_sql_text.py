"""SQL text stands only in database/, ledger/, rows/ and builtin/; and in formats/, as the content of files."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import parloader

ROOT = Path(parloader.__file__).parent

PACKAGES_WITH_SQL = {"database", "ledger", "rows", "builtin", "formats"}

STATEMENT = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|LOAD DATA|ALTER|CREATE|DROP|TRUNCATE|ANALYZE|SHOW|SET|START|BEGIN|COMMIT|(ROLLBACK TO )?SAVEPOINT)\s\S"
)

# Strings that begin like a statement, but are not sent to a server
ALLOWED = {
    "SELECT {}",  # schema/checks/clause_text.py: lets sqlglot parse a CHECK
    "ALTER TABLE … ENGINE={}",  # planner/given/compatibility.py: advice
    "ALTER TABLE … ENGINE={}, or name another table",  # planner/request.py: advice
}

MODULES = sorted(path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] not in PACKAGES_WITH_SQL)


def strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, text) of every string that is not a docstring; {} stands for a placeholder of an f-string."""
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            yield node.lineno, "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def statements(source: str) -> list[tuple[int, str]]:
    return [(line, text) for line, text in strings(ast.parse(source)) if STATEMENT.match(text) and text not in ALLOWED]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_module_has_no_sql_text(path: Path) -> None:
    assert statements(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('execute(f"SELECT {column} FROM {table}")', ["SELECT {} FROM {}"]),
        ('execute("""\n    UPDATE t SET a = 1""")', ["\n    UPDATE t SET a = 1"]),
        ('execute("ANALYZE TABLE " + name)', ["ANALYZE TABLE "]),
        ('"""SELECT is explained here."""', []),
        ('event = "INSERT"', []),
        ('advice = "Turn it on (SET GLOBAL local_infile = 1)"', []),
    ],
)
def test_statements_are_found(source: str, found: list[str]) -> None:
    assert [text for _, text in statements(source)] == found
