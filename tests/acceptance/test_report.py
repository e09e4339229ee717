"""--report writes a page about a command, whose figures are those of the database."""

import json
from pathlib import Path

from support.pages import read_page
from support.servers import Database, slow_on_mysql

TABLES = (
    "CREATE TABLE users (id BIGINT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(60) NOT NULL UNIQUE)",
    """CREATE TABLE orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, user_id BIGINT NOT NULL, total DECIMAL(10, 2) NOT NULL CHECK (total >= 0),
        parent_id BIGINT NULL, FOREIGN KEY (user_id) REFERENCES users (id), FOREIGN KEY (parent_id) REFERENCES orders (id))""",
)

SEED = ("seed", "--table", "orders", "--rows", "900", "--procs", "2", "--batch", "100")


def test_seed_verify_and_clean(database: Database, tmp_path: Path) -> None:
    database.execute(*TABLES)
    files = {command: tmp_path / f"{command}.html" for command in ("seed", "verify", "clean")}
    said = json.loads(database.parloader(*SEED, "--server-limit", "1M", "--report", str(files["seed"]), "--json").stdout)
    page = read_page(files["seed"])
    assert page.outcome_kind == "ok"
    assert sum(page.numbers("Workers", "rows")) == sum(worker["rows"] for worker in said["workers"])
    assert sum(page.numbers("Steps", "done")) == sum(table["rows"] for table in said["tables"])
    rows = dict(zip(page.column("Tables of run 1", "table"), page.numbers("Tables of run 1", "rows of the run"), strict=True))
    assert rows == {"users": database.value("SELECT COUNT(*) FROM users"), "orders": 900}
    assert page.facts["rows"] == "900 of orders"
    assert page.facts["server"].split()[0] in ("MariaDB", "MySQL")
    assert page.facts["server limit"].startswith("1,000,000 rows/s, as parloader bench measured it; this load reached ")
    assert ">server limit<" in files["seed"].read_text(encoding="utf-8")
    assert page.facts["began"].endswith(" UTC")
    assert page.command.startswith("parloader seed --table orders --rows 900 --procs 2 --batch 100")
    assert (page.marks, page.column("Options", "option")[:2]) == ([], ["--table", "--rows"])

    database.execute("DELETE FROM orders WHERE id = 700", "UPDATE orders SET total = total + 1 WHERE id = 800")
    database.parloader("verify", "--report", str(files["verify"]), check=1)
    page = read_page(files["verify"])
    assert page.outcome_kind == "failed"
    assert page.outcome.startswith("the database does not match the plan: 1 missing, 1 different")
    assert page.numbers("Compared with the plan", "missing") == page.numbers("Compared with the plan", "different") == [1]
    assert sorted(zip(page.column("Differences", "kind"), page.column("Differences", "key"), strict=True)) == [
        ("different", "800"),
        ("missing", "700"),
    ]

    refused = database.parloader("clean", "--yes", "--report", str(files["clean"]), check=3)
    page = read_page(files["clean"])
    assert page.outcome_kind == "failed"
    assert page.outcome in refused.stderr.removeprefix("error: ")
    database.parloader("clean", "--yes", "--edited-too", "--report", str(files["clean"]))
    page = read_page(files["clean"])
    assert page.outcome_kind == "ok"
    assert "orders" in page.column("Deleted rows", "table")


@slow_on_mysql("server")
def test_a_load_that_fails_has_a_page(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "run.html"
    said = database.parloader("seed", "--table", "nothing", "--report", str(file), check=3)
    page = read_page(file)
    assert (page.outcome_kind, page.labels) == ("failed", [])
    assert page.outcome.startswith("there is no table nothing")
    assert f"wrote {file}" in said.stderr


@slow_on_mysql("server")
def test_a_page_that_cannot_be_written_is_one_line_and_no_failure(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "run.html"
    (tmp_path / ".run.html.unfinished").mkdir()  # where the page is written before it gets its name
    database.execute(*TABLES)
    done = database.parloader(*SEED, "--report", str(file), "-q")
    message = f"{file} cannot be written: Is a directory. Name a file in a writable folder"
    assert done.stderr.splitlines() == [f"the report was not written: {message}"]
    assert not file.exists()
