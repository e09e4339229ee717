"""Rows are read through an application's SQLAlchemy tables, and what these cannot convert is reported with the column."""

import sys
from pathlib import Path

import pytest
import sqlalchemy
from schemas_read_rows import with_sqlalchemy

MODELS = """
import sqlalchemy
metadata = sqlalchemy.MetaData()
def declare():
    sqlalchemy.Table("read_rows_good", metadata, sqlalchemy.Column("state", sqlalchemy.Enum("new", "done")), sqlalchemy.Column("dropped", sqlalchemy.Integer))
    sqlalchemy.Table("read_rows_bad", metadata, sqlalchemy.Column("a", sqlalchemy.Integer), sqlalchemy.Column("state", sqlalchemy.Enum("new", "done")))
"""


def test_rows_are_read_through_the_tables_of_the_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "read_rows_models.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    url = f"sqlite:///{tmp_path / 'database'}"
    with sqlalchemy.create_engine(url).begin() as connection:
        for statement in (
            "CREATE TABLE read_rows_good (state TEXT)",
            "INSERT INTO read_rows_good VALUES ('new'), ('done')",
            "CREATE TABLE read_rows_bad (a INT, state TEXT)",
            "INSERT INTO read_rows_bad VALUES (1, 'new'), (2, 'other')",
            "CREATE TABLE read_rows_unknown (a INT)",
        ):
            connection.execute(sqlalchemy.text(statement))
    read = with_sqlalchemy(url, ("read_rows_models:declare", "read_rows_no_such_module"))
    assert read("read_rows_good") == ""
    assert read("read_rows_unknown") is None
    assert (read("read_rows_bad") or "").startswith("state (Enum): LookupError: 'other' is not among the defined enum values")
