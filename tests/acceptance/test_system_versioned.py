"""System-versioned tables of MariaDB: filled, verified and cleaned with --allow-history; their history keeps the rows."""

import json
from pathlib import Path

import pytest
from support.servers import Database

pytestmark = pytest.mark.parametrize("server", ["mariadb"], indirect=True)

TABLES = (
    "CREATE TABLE contract (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(40) NOT NULL, note VARCHAR(40) WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING",
    """CREATE TABLE policy (id INT AUTO_INCREMENT PRIMARY KEY, contract_id INT NOT NULL, s BIGINT UNSIGNED GENERATED ALWAYS AS ROW START,
        e BIGINT UNSIGNED GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e), root_id INT NOT NULL,
        FOREIGN KEY (contract_id) REFERENCES contract (id), FOREIGN KEY (root_id) REFERENCES policy (id)) WITH SYSTEM VERSIONING""",
    """CREATE TABLE event (code VARCHAR(20) PRIMARY KEY, contract_id INT NOT NULL) WITH SYSTEM VERSIONING
        PARTITION BY SYSTEM_TIME LIMIT 1000 (PARTITION old HISTORY, PARTITION now CURRENT)""",
)

ROWS = {"contract": 4, "event": 300, "policy": 300}


def versions(database: Database, when: str = "") -> dict[str, object]:
    return {name: database.value(f"SELECT COUNT(*) FROM {name} {when}") for name in ROWS}


def test_their_history_keeps_the_rows(database: Database) -> None:
    database.execute(*TABLES, "INSERT INTO contract (title) VALUES ('mine')")
    for table, more in (("policy", ("--parents", "contract=4")), ("event", ())):
        seed = ("seed", "--table", table, "--rows", "300", "--procs", "1", *more)
        assert "Add --allow-history if that is acceptable" in database.parloader(*seed, check=3).stderr
        database.parloader(*seed, "--allow-history")
    assert versions(database) == ROWS
    database.parloader("verify", "--procs", "1")
    result = json.loads(database.parloader("clean", "--yes", "--procs", "1", "--json").stdout)
    assert result["with_history"] == ["event", "policy", "contract"]
    assert versions(database) == {"contract": 1, "event": 0, "policy": 0}
    assert versions(database, "FOR SYSTEM_TIME ALL") == ROWS
    assert database.rows("SHOW TABLES LIKE 'parloader%%'") == ()


def test_the_settings_file_may_allow_it(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database.execute(TABLES[0])
    monkeypatch.chdir(tmp_path)
    settings = tmp_path / "parloader.toml"
    settings.write_text("allow_history = 1\n")
    assert "It has to be true or false" in database.parloader("seed", "--table", "contract", check=2).stderr
    settings.write_text("allow_history = true\n")
    database.parloader("seed", "--table", "contract", "--rows", "5", "--procs", "1")
    assert "the history of contract would keep the rows" in database.parloader("clean", "--dry-run").stdout
