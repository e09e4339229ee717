"""The tables of scripts/soak, and an application that works in them while parloader does: it inserts, changes and deletes rows of its own.

Its rows stand in the tables that parloader fills, and in one that parloader never touches. It remembers what it has written, so that each
of its rows can be compared.
"""

import random
import threading
from dataclasses import dataclass
from itertools import zip_longest

import pymysql
from support.servers import TestServer

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.errors import ParloaderError

TABLES = {
    "customer": """CREATE TABLE customer (
        id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        email VARCHAR(120) NOT NULL UNIQUE,
        visits INT UNSIGNED NOT NULL
    )""",
    "purchase": """CREATE TABLE purchase (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        customer_id INT UNSIGNED NOT NULL,
        reference VARCHAR(40) NOT NULL UNIQUE,
        amount DECIMAL(10, 2) NOT NULL CHECK (amount >= 0),
        note VARCHAR(200) NULL,
        visits INT UNSIGNED NOT NULL,
        created_at DATETIME NOT NULL,
        FOREIGN KEY (customer_id) REFERENCES customer (id)
    )""",
    # rows of this table are found by their text
    "voucher": """CREATE TABLE voucher (
        code CHAR(24) NOT NULL PRIMARY KEY,
        customer_id INT UNSIGNED NOT NULL,
        visits INT UNSIGNED NOT NULL,
        valid_until DATE NOT NULL,
        FOREIGN KEY (customer_id) REFERENCES customer (id)
    )""",
    # these two reference each other: a second pass sets the leaders
    "team": """CREATE TABLE team (
        id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        name VARCHAR(60) NOT NULL,
        leader_id BIGINT UNSIGNED NULL
    )""",
    "member": """CREATE TABLE member (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        team_id INT UNSIGNED NOT NULL,
        email VARCHAR(120) NOT NULL UNIQUE,
        visits INT UNSIGNED NOT NULL,
        FOREIGN KEY (team_id) REFERENCES team (id)
    )""",
    "complaint": """CREATE TABLE complaint (
        id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        customer_id INT UNSIGNED NOT NULL,
        code CHAR(24) NULL,
        text VARCHAR(200) NOT NULL,
        FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE,
        FOREIGN KEY (code) REFERENCES voucher (code) ON DELETE CASCADE
    )""",
}

AFTERWARDS = ("ALTER TABLE team ADD FOREIGN KEY (leader_id) REFERENCES member (id)",)

FIRST_CUSTOMERS = 40

COMPLAINTS = 200

SECONDS_BETWEEN = 0.04

INSERT_SHARE = 0.4

# The text column by which the application finds its rows in a table, and how it makes another one
ROWS = {
    "customer": ("email", "INSERT INTO customer (email, visits) VALUES (%s, 0)"),
    "purchase": (
        "reference",
        "INSERT INTO purchase (customer_id, reference, amount, note, visits, created_at) VALUES (%s, %s, 9.5, 'by hand', 0, '2020-01-01')",
    ),
    "voucher": ("code", "INSERT INTO voucher (customer_id, code, visits, valid_until) VALUES (%s, %s, 0, '2030-01-01')"),
    "member": ("email", "INSERT INTO member (team_id, email, visits) VALUES (1, %s, 0)"),
}


def create(connection: Connection) -> None:
    """Creates the tables and the first rows, which belong to the application."""
    for statement in (*TABLES.values(), *AFTERWARDS):
        sql.execute(connection, statement)
    sql.execute(connection, "INSERT INTO team (id, name) VALUES (1, 'the application')")


@dataclass(frozen=True)
class Difference:
    """A row of the application that is not as it was left."""

    table: str
    text: str
    left: int | None
    found: int | None

    def __str__(self) -> str:
        return f"{self.table} {self.text!r}: the application left visits = {self.left}, found {self.found} (None: no row)"


class Application:
    """A session that works with its own rows until it is stopped. It connects to the server directly, and again after a restart.

    It never deletes a customer: the load may use any of them as a parent.
    """

    def __init__(self, server: TestServer, database: str, seed: int) -> None:
        self._server = server
        self._database = database
        self._random = random.Random(seed)
        self._rows: dict[str, dict[str, int]] = {table: {} for table in ROWS}
        self._kept_voucher = ""  # its complaints reference it
        self._customers: list[int] = []
        self._complaints: tuple[tuple[object, ...], ...] = ()
        self._doubt: tuple[str, str, int | None] | None = None  # a write whose answer was lost: table, text, visits afterwards
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.failure: Exception | None = None
        self.writes = 0

    def start(self) -> None:
        """Creates its first rows, then goes on in a thread of its own."""
        with self._server.connection(self._database) as connection:
            for _ in range(FIRST_CUSTOMERS):
                self._write(connection, "customer", None)
            self._customers = [int(number) for (number,) in sql.rows(connection, "SELECT id FROM customer ORDER BY id")]
            for table in ("purchase", "voucher", "member"):
                self._write(connection, table, None)
            voucher = next(iter(self._rows["voucher"]))
            for number in range(COMPLAINTS):
                statement = "INSERT INTO complaint (customer_id, code, text) VALUES (%s, %s, %s)"
                sql.execute(connection, statement, self._random.choice(self._customers), voucher, f"complaint {number}")
            self._complaints = self._read_complaints(connection)
        self._kept_voucher = voucher
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def count(self, table: str) -> int:
        """How many rows of the table are the application's. Only after stop."""
        return len(self._rows.get(table, ())) + (table == "team")

    def differences(self, connection: Connection) -> list[Difference]:
        """Compares each of its rows with the database. Only after stop."""
        self._settle(connection)
        result = []
        for table, (column, _) in ROWS.items():
            found = dict(sql.rows(connection, f"SELECT {column}, visits FROM {table} WHERE {column} LIKE 'app %%'"))
            left = self._rows[table]
            texts = sorted({*left, *found})
            result += [Difference(table, text, left.get(text), found.get(text)) for text in texts if left.get(text) != found.get(text)]
        for before, now in zip_longest(self._complaints, self._read_complaints(connection)):
            if before != now:
                result.append(Difference("complaint", str(before or now), 1 if before else None, None))
        return result

    def _read_complaints(self, connection: Connection) -> tuple[tuple[object, ...], ...]:
        return sql.rows(connection, "SELECT id, customer_id, code, text FROM complaint ORDER BY id")

    def _work(self) -> None:
        while not self._over.is_set():
            try:
                with self._server.connection(self._database) as connection:
                    self._settle(connection)
                    while not self._over.wait(SECONDS_BETWEEN):
                        table = self._random.choice([*ROWS])
                        texts = [*self._rows[table]]
                        insert = len(texts) < FIRST_CUSTOMERS or self._random.random() < INSERT_SHARE
                        self._write(connection, table, None if insert else self._random.choice(texts))
            except (pymysql.Error, ParloaderError, OSError):  # parloader has locked the row, or the server is being restarted
                self._over.wait(SECONDS_BETWEEN)
            except Exception as error:
                self.failure = error
                return

    def _write(self, connection: Connection, table: str, text: str | None) -> None:
        """Inserts a row; or changes or deletes the one with this text."""
        column, insert = ROWS[table]
        rows = self._rows[table]
        after: int | None = 0
        if text is None:
            text = f"app {self.writes:06}"
            values = [text] if table in ("customer", "member") else [self._random.choice(self._customers), text]
            statement = insert
        elif table == "customer" or text == self._kept_voucher or self._random.random() < 0.5:
            after = rows[text] + 1
            statement, values = f"UPDATE {table} SET visits = visits + 1 WHERE {column} = %s", [text]
        else:
            after = None
            statement, values = f"DELETE FROM {table} WHERE {column} = %s", [text]
        self.writes += 1
        self._doubt = table, text, after
        sql.execute(connection, statement, *values)
        self._note(after)

    def _settle(self, connection: Connection) -> None:
        """Looks up whether a write succeeded whose answer was lost."""
        if self._doubt is None:
            return
        table, text, after = self._doubt
        column, _ = ROWS[table]
        found = sql.rows(connection, f"SELECT visits FROM {table} WHERE {column} = %s", text)
        visits = int(found[0][0]) if found else None
        if visits == after:
            self._note(after)
        self._doubt = None

    def _note(self, after: int | None) -> None:
        assert self._doubt
        table, text, _ = self._doubt
        if after is None:
            del self._rows[table][text]
        else:
            self._rows[table][text] = after
        self._doubt = None
