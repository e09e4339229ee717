"""plan --profile says what the rows will look like; once they are loaded, SQL says the same."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from support.servers import Database, slow_on_mysql

TABLES = (
    "CREATE TABLE users (id BIGINT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(60) NOT NULL UNIQUE, nickname VARCHAR(30) NULL)",
    """CREATE TABLE orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, user_id BIGINT NOT NULL, status ENUM('new', 'paid', 'shipped') NOT NULL,
        total DECIMAL(10, 2) NOT NULL, note VARCHAR(80) NULL COMMENT '<b>&', created_at DATETIME NOT NULL, paid_at DATETIME NULL,
        FOREIGN KEY (user_id) REFERENCES users (id))""",
)

ROWS = ("--table", "orders", "--rows", "900", "--rows", "users=200")


def profiled(database: Database) -> dict[str, dict[str, Any]]:
    said = json.loads(database.parloader("plan", *ROWS, "--profile", "--json").stdout)
    return {profile["table"]: profile for profile in said["profiles"]}


@slow_on_mysql("server")
def test_the_profile_is_what_sql_finds_in_the_rows(database: Database, tmp_path: Path) -> None:
    database.execute(*TABLES)
    found = profiled(database)
    assert (found["orders"]["rows"], found["orders"]["profiled"], found["orders"]["sampled"]) == (900, 900, [])
    database.parloader("seed", *ROWS, "--procs", "1")
    for column in found["orders"]["columns"]:
        name = column["column"]
        ((nulls, distinct, smallest, largest),) = database.rows(
            f"SELECT SUM({name} IS NULL), COUNT(DISTINCT {name}), MIN({name}), MAX({name}) FROM orders"
        )
        assert (column["nulls"], column["distinct"]) == (int(str(nulls)), distinct)
        assert column["null_share"] == int(str(nulls)) / 900
        if name in ("id", "user_id", "total", "created_at", "paid_at"):
            assert (str(column["smallest"]), str(column["largest"])) == (str(smallest), str(largest))
        rows = {
            str(value): int(str(n))
            for value, n in database.rows(f"SELECT {name}, COUNT(*) FROM orders WHERE {name} IS NOT NULL GROUP BY {name}")
        }
        for each in column["most_frequent"]:
            assert each["rows"] == rows[str(each["value"])]
        if column["most_frequent"]:
            assert column["most_frequent"][0]["rows"] == max(rows.values())
    total = next(column for column in found["orders"]["columns"] if column["column"] == "total")
    assert Decimal(total["median"]) == database.value("SELECT total FROM orders ORDER BY total LIMIT 1 OFFSET 449")
    (children,) = found["orders"]["children"]
    counts = sorted(
        int(str(n)) for (n,) in database.rows("SELECT (SELECT COUNT(*) FROM orders WHERE user_id = users.id) FROM users ORDER BY 1")
    )
    assert (children["parents"], children["children"]) == (200, 900)
    assert (children["median"], children["largest"], children["mean"]) == (counts[99], counts[-1], 4.5)
    assert children["none_share"] == counts.count(0) / 200
    assert children["top_share"] == sum(counts[-2:]) / 900


@slow_on_mysql("server")
def test_the_profile_as_text_and_as_a_page(database: Database, tmp_path: Path) -> None:
    database.execute(*TABLES)
    file = tmp_path / "profile.html"
    said = database.parloader("plan", *ROWS, "--profile", "--html", str(file))
    lines = said.stdout[said.stdout.index("orders: 900 rows, all profiled") :].splitlines()
    assert max(map(len, lines)) <= 80
    assert re.search(r"^status +0 % +3 ", "\n".join(lines), re.MULTILINE)
    assert "rows for each of 200 rows of users (user_id): none for" in " ".join(line.strip() for line in lines)
    assert database.value("SELECT COUNT(*) FROM orders") == 0
    page = file.read_text(encoding="utf-8")
    assert page.count("<article>") == 3 + 7 + 1
    assert page.count("<svg") == page.count("</svg>") >= 10
    assert not re.search(r"src=|https?:|url\(|@import|<script|<link", page)
    missing = tmp_path / "nowhere" / "profile.html"
    assert "there is no folder" in database.parloader("plan", *ROWS, "--html", str(missing), check=2).stderr
