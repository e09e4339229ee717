"""Names of tables and columns in another case than the server's."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support.servers import Database, TestServer, private_server, quiet, until_gone

from parloader.database.private_server.binary import find_binary
from parloader.database.private_server.data_directory import DataDirectory

LOWER_CASE = "--lower-case-table-names=1"

TABLES = (
    "CREATE TABLE Customer (Id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, Name VARCHAR(30) NOT NULL UNIQUE) ENGINE=InnoDB",
    "CREATE TABLE OrderLine (Id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, Customer_Id INT NOT NULL, Net DECIMAL(8,2) NOT NULL, "
    "Total DECIMAL(9,2) NOT NULL, FOREIGN KEY (Customer_Id) REFERENCES Customer (Id)) ENGINE=InnoDB",
)

PLAN = """plan = "p"
[table.CUSTOMER]
rows = 5
[table.CUSTOMER.column]
NAME = { template = "customer {i}" }
[table.%s]
rows = 50
[table.%s.column]
CUSTOMER_ID = { pick = "CUSTOMER.ID" }
net = { uniform = ["1.00", "9.00"] }
TOTAL = { expr = "net * 2" }
[[count]]
name = "with a total"
column = "total"
"""


@dataclass(frozen=True, kw_only=True)
class LowerCaseDirectory(DataDirectory):
    """MySQL takes lower_case_table_names when it creates the data directory only."""

    def server_arguments(self) -> list[str]:
        return [*super().server_arguments(), LOWER_CASE]


@pytest.fixture(params=["mariadb", pytest.param("mysql", marks=pytest.mark.slow)])
def lower_case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database on a server that takes names of tables which differ in case for the same."""
    home = tmp_path / "home"
    home.mkdir()
    server = replace(private_server(home, request.param), options=(LOWER_CASE,))
    binary = find_binary(server.kinds)
    path = home / f"{binary.kind.lower()}-data"
    LowerCaseDirectory(binary=binary, path=path, temporary=home / "tmp", redo_log_bytes=server.redo_log_bytes).create()
    server.start(quiet)
    yield Database(TestServer(request.param, server.target), server.target, tmp_path)
    server.stop()
    until_gone(home)


def test_tables_in_any_case(lower_case: Database) -> None:
    lower_case.execute(*TABLES)
    lower_case.parloader("seed", "--table", "OrderLine", "--rows", "50", "--parents", "Customer=5", "--procs", "1")
    again = lower_case.parloader("seed", "--table", "ORDERLINE", "--rows", "50", "--parents", "CUSTOMER=5", "--procs", "1")
    assert "run 1 is already complete; nothing was changed" in again.stdout
    assert lower_case.rows("SELECT table_name FROM parloader_table ORDER BY position") == (("customer",), ("orderline",))
    assert lower_case.value("SELECT COUNT(*) FROM customer") == 5
    lower_case.parloader("verify")
    lower_case.parloader("clean", "--yes", "--procs", "1")
    file = lower_case.folder / "plan.toml"
    file.write_text(PLAN.replace("%s", "ORDERLINE"))
    lower_case.parloader("seed", "--plan", str(file), "--procs", "1")
    assert lower_case.value("SELECT SUM(total = 2 * net) FROM orderline") == 50
    lower_case.parloader("verify")
    lower_case.parloader("clean", "--yes", "--procs", "1")
    assert lower_case.rows("SHOW TABLES") == (("customer",), ("orderline",))


def test_columns_in_any_case_on_every_server(database: Database) -> None:
    database.execute(*TABLES)
    file = database.folder / "plan.toml"
    file.write_text(PLAN.replace("%s", "OrderLine").replace("CUSTOMER", "Customer"))
    if database.value("SELECT @@lower_case_table_names") == 0:
        assert "orderline" in database.parloader("seed", "--table", "orderline", "--rows", "50", check=None).stderr
        assert database.rows("SHOW TABLES") == (("Customer",), ("OrderLine",))
    database.parloader("seed", "--plan", str(file), "--procs", "1")
    assert database.value("SELECT SUM(Total = 2 * Net) FROM OrderLine") == 50
    database.parloader("verify")
    database.parloader("clean", "--yes", "--procs", "1")


def test_a_ledger_with_names_in_another_case(lower_case: Database) -> None:
    """As after a copy from a server that keeps the case."""
    lower_case.execute(*TABLES)
    lower_case.parloader("seed", "--table", "orderline", "--rows", "20", "--procs", "1")
    lower_case.execute(
        "UPDATE parloader_run SET definition = REPLACE(definition, '\"orderline\"', '\"OrderLine\"'), target = 'OrderLine'",
        "UPDATE parloader_table SET table_name = 'OrderLine' WHERE table_name = 'orderline'",
        "UPDATE parloader_batch SET table_name = 'OrderLine' WHERE table_name = 'orderline'",
    )
    for command in (("verify",), ("clean", "--yes", "--edited-too"), ("seed", "--table", "orderline", "--rows", "20")):
        said = lower_case.parloader(*command, check=3).stderr
        assert "run 1 in the ledger has rows of the table OrderLine, which this server calls orderline" in said
    assert lower_case.value("SELECT COUNT(*) FROM orderline") == 20


@pytest.mark.slow
def test_a_table_of_another_database_in_any_case(lower_case: Database) -> None:
    lower_case.execute(
        "CREATE DATABASE Crm",
        "CREATE TABLE Crm.Customer (Id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, Name VARCHAR(30) NOT NULL) ENGINE=InnoDB",
        "CREATE TABLE Customer (Id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, Crm_Id INT NOT NULL, FOREIGN KEY (Crm_Id) REFERENCES CRM.CUSTOMER (Id)) "
        "ENGINE=InnoDB",
    )
    seed = ("seed", "--rows", "50", "--procs", "1", "--allow-database", "CRM")
    lower_case.parloader(*seed, "--table", "Customer", "--parents", "CRM.Customer=4")
    again = lower_case.parloader(*seed, "--table", "CUSTOMER", "--parents", "crm.customer=4")
    assert "run 1 is already complete; nothing was changed" in again.stdout
    assert lower_case.rows("SELECT table_name FROM parloader_table ORDER BY position") == (("`crm`.`customer`",), ("customer",))
    assert lower_case.value("SELECT COUNT(*) FROM crm.customer") == 4
    lower_case.parloader("verify", "--table", "CRM.customer")
    lower_case.parloader("clean", "--yes", "--procs", "1")
    assert lower_case.value("SELECT (SELECT COUNT(*) FROM customer) + (SELECT COUNT(*) FROM crm.customer)") == 0
