"""SQLAlchemy models: found by name, their tables filled, created where they are missing, and dropped again."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.servers import Database, slow_on_mysql

import parloader
from parloader.errors import Forbidden, Refused, SchemaMismatch, UsageError
from parloader.runs.user_models import create_missing, declared, find_metadata

MODELS = """
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

print("imported")

class Base(DeclarativeBase):
    pass

class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60))

class Order(Base):
    __tablename__ = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id"))
    total: Mapped[float] = mapped_column("select", sa.Numeric(10, 2))

metadata = Base.metadata
empty = sa.MetaData()
number = 5
"""

FOLDERS = iter(range(1000))


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module with models in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    name = f"models_{next(FOLDERS)}"
    (tmp_path / f"{name}.py").write_text(MODELS)
    (tmp_path / f"{name}_broken.py").write_text("import no_such_package")
    (tmp_path / f"{name}_two.py").write_text(
        f"from {name} import Base\nimport sqlalchemy as sa\nother = sa.MetaData()\nsa.Table('t', other)\n"
    )
    (tmp_path / f"{name}_none.py").write_text("x = 1")
    return name


@pytest.mark.parametrize("reference", ["{}:Base", "{}:metadata", "{}:Base.metadata", "{}"])
def test_models_are_found(module: str, reference: str, capsys: pytest.CaptureFixture[str]) -> None:
    models = declared(find_metadata(reference.format(module)), "source")
    assert [table.name for table in models.tables] == ["customer", "order"]
    assert capsys.readouterr() == ("", "imported\n")  # stdout is for the result


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("{}:base", "has no base. Did you mean Base?"),
        ("{}:Base.nothing", "has no Base.nothing"),
        ("{}:number", "has the type int, not a declarative base or a MetaData"),
        ("{}:Customer", "is the model of one table, customer. Name the declarative base, or that table: --table customer"),
        ("{}_two", "has the models of 2 declarative bases. Name one: "),
        ("{}_none", "has no SQLAlchemy models"),
        ("{}_broken", "failed: ModuleNotFoundError: No module named 'no_such_package'"),
        ("no_such_module:Base", 'no Python module "no_such_module"'),
        ("{}.py:Base", "no Python module"),
        ("{}:", "names no models"),
        ("a b:Base", "names no models"),
        ("/", "names no models"),
        ("ü\N{SNOWMAN}", "names no models"),
    ],
)
def test_what_names_no_models(module: str, reference: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_metadata(reference.format(module))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        (5, "metadata has the type int"),
        (sa.MetaData(), "the metadata has no tables"),
        (type("X", (), {"metadata": 1}), "metadata has the type type"),
    ],
)
def test_what_is_no_metadata(metadata: object, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        declared(metadata)


def metadata_of_everything() -> sa.MetaData:
    """Tables that reference each other, odd names, a table of its own kind."""
    metadata = sa.MetaData()
    number = sa.Integer
    sa.Table(
        "team",
        metadata,
        sa.Column("id", number, primary_key=True),
        sa.Column("lead_id", number, sa.ForeignKey("person.id", name="fk_lead")),
    )
    sa.Table("person", metadata, sa.Column("id", number, primary_key=True), sa.Column("team_id", number, sa.ForeignKey("team.id")))
    sa.Table(
        "odd name%`x", metadata, sa.Column("id", number, primary_key=True), sa.Column("odd %`", number, sa.ForeignKey("odd name%`x.id"))
    )
    return metadata


def test_tables_are_created_filled_cleaned_and_dropped(database: Database) -> None:
    metadata = metadata_of_everything()
    engine = sa.create_engine(database_url(database))
    with pytest.raises(
        SchemaMismatch, match=r"3 tables of the models do not exist in \w+: team, person, odd name%`x\. Run your migrations"
    ):
        parloader.seed(engine, metadata=metadata, rows=50)
    database.execute("CREATE TABLE bystander (id INT AUTO_INCREMENT PRIMARY KEY, person_id INT)")
    with parloader.seeded(engine, metadata=metadata, create=True, rows=50) as result:
        assert sorted(result.created_tables) == ["odd name%`x", "person", "team"]
        assert result.as_json()["created_tables"] == [*result.created_tables]
        numbers = [
            database.value(f"SELECT COUNT(*) FROM {name}")
            for name in ("team", "person", "`odd name%%`x`".replace("`x", "``x"), "bystander")
        ]
        assert max(map(int, map(str, numbers))) == 50
        assert all(numbers[:3])
        assert numbers[3] == 0
        assert parloader.seed(engine, metadata=metadata, rows=50).already_complete
        metadata.remove(metadata.tables["odd name%`x"])
        with pytest.raises(parloader.AnotherRun):
            parloader.seed(engine, metadata=metadata, rows=50)
    assert database.rows("SHOW TABLES") == (("bystander",),)


def database_url(database: Database) -> str:
    from parloader.database.application_settings import sqlalchemy_url

    return sqlalchemy_url(database.target)


def test_tables_stay_after_clean_and_rows_are_in_proportion(database: Database, module: str) -> None:
    said = database.parloader("seed", "--models", f"{module}:Base", "--create", "--rows", "90", "--procs", "1")
    assert "created 2 tables: customer, order" in said.stderr
    assert database.value("SELECT COUNT(*) FROM `order`") == 90
    assert 0 < int(str(database.value("SELECT COUNT(*) FROM customer"))) < 90
    assert "already complete" in database.parloader("seed", "--models", f"{module}:metadata", "--rows", "90").stdout
    metadata = find_metadata(f"{module}:Base")
    assert parloader.seed(database.url, metadata=metadata, rows=90).already_complete
    assert "models_" in str(parloader.status(database.url).runs[0].parameters["models"])
    database.execute("DELETE FROM parloader_batch")
    assert f"parloader seed --models {module}:Base --rows 90" in database.parloader("status").stdout


def test_a_program_s_models_have_no_command_that_resumes_them(database: Database) -> None:
    metadata = sa.MetaData()
    sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
    parloader.seed(database.url, metadata=metadata, create=True, rows=30)
    database.execute("DELETE FROM parloader_batch")
    assert "to resume: call parloader.seed again as before (<MetaData>)" in database.parloader("status").stdout


def test_views_and_tables_of_other_databases_are_left_out(database: Database) -> None:
    other = f"{database.target.database}_other"
    database.execute(
        "CREATE TABLE item (id INT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL)",
        "CREATE VIEW items AS SELECT * FROM item",
        f"CREATE DATABASE {other}",
        f"CREATE TABLE {other}.remote (id INT AUTO_INCREMENT PRIMARY KEY)",
    )
    try:
        metadata = sa.MetaData()
        for name, schema in (("item", database.target.database), ("items", None), ("remote", other)):
            sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), schema=schema)
        forecast = parloader.plan(database.url, metadata=metadata, rows=20)
        assert [(table.name, table.made) for table in forecast.tables] == [("item", 20)]
        notes = {note.table: note.text for note in forecast.notes if "left out" in note.text}
        assert notes["items"] == "left out: it is a view"
        assert "another database" in notes[f"`{other}`.`remote`"]
        sa.Table("missing", metadata, sa.Column("id", sa.Integer, primary_key=True), schema=other)
        with pytest.raises(Refused, match=f"the models' table {other}.missing is in another database"):
            parloader.seed(database.url, metadata=metadata, create=True, rows=20)
    finally:
        database.execute(f"DROP DATABASE {other}")


@slow_on_mysql("server")
def test_tables_that_cannot_be_created(database: Database) -> None:
    metadata = sa.MetaData()
    sa.Table("fine", metadata, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table("too_long", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.String))
    with pytest.raises(UsageError, match=r"creating the models' tables: .*VARCHAR requires a length"):
        parloader.seed(database.url, metadata=metadata, create=True, rows=20)
    assert database.rows("SHOW TABLES") == ()
    metadata.remove(metadata.tables["too_long"])
    sa.Table("x" * 70, metadata, sa.Column("id", sa.Integer, primary_key=True))
    with pytest.raises(parloader.ParloaderError, match="creating the models' tables"):
        parloader.seed(database.url, metadata=metadata, create=True, rows=20)
    assert database.rows("SHOW TABLES") == ()
    database.execute("CREATE TABLE parloader_forbidden (id INT)")
    with pytest.raises(Forbidden):
        parloader.seed(database.url, metadata=metadata, create=True, rows=20)
    with pytest.raises(parloader.RemoteHost):
        create_missing(metadata, replace(database.target, unix_socket=None, host="192.0.2.1"))
    with pytest.raises(UsageError, match="create without metadata"):
        parloader.seed(database.url, table="t", create=True)
