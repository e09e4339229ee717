"""The driver's connection on real servers: pipelined statements, LOAD DATA from memory, and servers that ask for other files."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

import pymysql
import pytest
from support.faults import settings
from support.proxy import packet, packets, without_tls
from support.servers import PATIENCE_SECONDS, Database, own_tcp_port, until

from parloader.database import error_codes, sql
from parloader.database.compression import COM_QUERY, FILE_PACKET_BYTES, MAX_PLAIN_PACKET_BYTES
from parloader.database.driver import MAX_UNREAD_ANSWERS, Connection, Leading, LoadDataResult
from parloader.database.error_codes import Action
from parloader.database.session import connect
from parloader.database.target import Target
from parloader.errors import ServerNotSupported

MANY = 3 * MAX_UNREAD_ANSWERS + 7

TABLE = "CREATE TABLE t (place INT AUTO_INCREMENT PRIMARY KEY, n INT UNIQUE) ENGINE=InnoDB"


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A connection that may run LOAD DATA LOCAL, without autocommit, to a database with a table t."""
    database.execute(TABLE)
    with closing(connect(database.target, autocommit=False, local_infile=True)) as connection:
        yield connection


def inserts(numbers: range) -> list[bytes]:
    return [b"INSERT INTO t (n) VALUES (%d)" % n for n in numbers]


@pytest.mark.parametrize("count", [0, 1, MAX_UNREAD_ANSWERS - 1, MAX_UNREAD_ANSWERS, MAX_UNREAD_ANSWERS + 1, MANY])
def test_all_statements_run_in_order(connection: Connection, database: Database, count: int) -> None:
    assert connection.execute_pipelined(inserts(range(count))) == count
    connection.commit()
    assert [n for (n,) in database.rows("SELECT n FROM t ORDER BY place")] == list(range(count))
    assert sql.value(connection, "SELECT 'still here'") == "still here"


def test_changed_rows_are_counted_over_all_statements(connection: Connection) -> None:
    statements = [b"INSERT INTO t (n) VALUES (1), (2), (3)", b"UPDATE t SET n = n + 10 WHERE n > 1", b"SELECT 1 FROM t WHERE FALSE"]
    assert connection.execute_pipelined([*statements, b"DELETE FROM t WHERE n = 12"]) == 3 + 2 + 0 + 1


def test_neither_side_waits_for_the_other_to_read(connection: Connection) -> None:
    """More data than the kernel buffers, in both directions: a server that cannot send an answer stops reading statements."""
    connection._write_timeout = PATIENCE_SECONDS  # else a failing test would never end
    statements = [b"DO /* " + b"." * 1000 + b" */ 1"] * 3000
    assert connection.execute_pipelined(statements) == 0
    assert sql.value(connection, "SELECT 'still here'") == "still here"


@pytest.mark.parametrize("bad", [0, 1, MAX_UNREAD_ANSWERS, MANY - 1])
def test_an_error_in_the_middle_is_raised_and_the_connection_stays_usable(connection: Connection, database: Database, bad: int) -> None:
    statements = inserts(range(MANY))
    statements[bad : bad + 2] = b"INSERT INTO t (n) VALUES (NULL), (-1), (-1)", b"INSERT INTO no_such_table VALUES (1)"
    with pytest.raises(pymysql.IntegrityError) as caught:
        connection.execute_pipelined(statements)
    assert error_codes.is_duplicate_key(caught.value), "not the first error, but a later one"
    connection.rollback()
    assert connection.execute_pipelined(inserts(range(5))) == 5
    connection.commit()
    assert database.rows("SELECT n FROM t ORDER BY place") == tuple((n,) for n in range(5))


@pytest.mark.parametrize("more_bytes", [-1, 0])
def test_the_answer_to_a_statement_of_several_packets(database: Database, more_bytes: int) -> None:
    """It continues their numbers. Of a statement with its command byte that fills a packet, and of a shorter one."""
    head, tail = b"INSERT INTO t (n) VALUES (1) /* ", b" */"
    large = head + b"." * (MAX_PLAIN_PACKET_BYTES - len(COM_QUERY + head + tail) + more_bytes) + tail
    database.execute(TABLE)
    with (
        settings(database.server, max_allowed_packet=2**25),
        closing(connect(database.target, autocommit=False)) as connection,
    ):
        small = b"INSERT INTO t (n) VALUES (2)"
        assert connection.execute_pipelined([small.replace(b"2", b"3"), large, small], Leading(b"DO 1")) == 3
        connection.rollback()
        with pytest.raises(pymysql.IntegrityError):
            connection.execute_pipelined([small, large.replace(b"(1)", b"(2)"), small])
        connection.rollback()
        assert sql.value(connection, "SELECT COUNT(*) FROM t") == 0


def test_a_connection_killed_before(connection: Connection, database: Database) -> None:
    with database.server.connection() as admin:
        sql.execute(admin, "KILL %s", connection.thread_id())
    with pytest.raises(pymysql.Error) as caught:
        connection.execute_pipelined(inserts(range(MANY)))
    assert error_codes.classify(caught.value) is Action.RECONNECT
    assert database.value("SELECT COUNT(*) FROM t") == 0


def test_a_connection_killed_during_a_statement(connection: Connection, database: Database) -> None:
    raised: list[BaseException] = []

    def work() -> None:
        try:
            connection.execute_pipelined([*inserts(range(10)), b"DO SLEEP(600)", *inserts(range(10, MANY))])
        except pymysql.Error as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    asleep = "SELECT COUNT(*) FROM information_schema.processlist WHERE id = %s AND info LIKE 'DO SLEEP%%'"
    with database.server.connection() as admin:
        until(lambda: sql.value(admin, asleep, connection.thread_id()), "the connection is running its statement")
        sql.execute(admin, "KILL %s", connection.thread_id())
    thread.join()
    (error,) = raised
    assert isinstance(error, pymysql.Error)
    assert error_codes.classify(error) is Action.RECONNECT
    assert not connection.open
    assert database.value("SELECT COUNT(*) FROM t") == 0


LOAD = b"LOAD DATA LOCAL INFILE 'batch' INTO TABLE t"


def test_the_counts_of_a_load(connection: Connection) -> None:
    assert connection.load_local(LOAD + b" (n)", b"1\n2\n3\n") == LoadDataResult(records=3, skipped=0, warnings=0)
    assert connection.load_local(LOAD + b" (n)", b"3\n4\n1\n") == LoadDataResult(records=3, skipped=2, warnings=2)
    assert connection.load_local(LOAD + b" (n)", b"99999999999\n") == LoadDataResult(records=1, skipped=0, warnings=1)
    assert connection.load_local(LOAD + b" (n)", b"") == LoadDataResult(records=0, skipped=0, warnings=0)
    assert sql.rows(connection, "SELECT n FROM t ORDER BY place") == ((1,), (2,), (3,), (4,), (2**31 - 1,))


@pytest.mark.parametrize("size", [FILE_PACKET_BYTES - 1, FILE_PACKET_BYTES, FILE_PACKET_BYTES + 1, 257 * FILE_PACKET_BYTES])
def test_a_file_of_any_size(connection: Connection, size: int) -> None:
    """Its packets are numbered modulo 256."""
    content = b"\n".rjust(size - 2, b".") + b"7\n"
    assert connection.load_local(LOAD + b" IGNORE 1 LINES (n)", content).records == 1
    assert sql.rows(connection, "SELECT n FROM t") == ((7,),)


def test_a_failed_load_leaves_no_content_behind(connection: Connection) -> None:
    with pytest.raises(pymysql.Error, match="no_such_table"):
        connection.load_local(b"LOAD DATA LOCAL INFILE 'batch' INTO TABLE no_such_table", b"1\n")
    with pytest.raises(ServerNotSupported, match="asked for the file 'batch'"):
        connection.query(LOAD + b" (n)")


class Liar(socketserver.ThreadingTCPServer):
    """A proxy between client and server that records what the client sends.

    It asks for the file `secret` when the server asks for a file, and when the client sends the statement `lie_at` (which it does not forward).
    """

    def __init__(self, server: tuple[str, int], secret: str) -> None:
        super().__init__(("127.0.0.1", 0), _Between)
        self.server = server
        self.request_packet = b"\xfb" + secret.encode()
        self.lie_at = b""
        self.asks_twice = False
        self.sent = bytearray()
        self.lies = 0


class _Between(socketserver.StreamRequestHandler):
    server: Liar
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with socket.create_connection(self.server.server) as server, server.makefile("rb") as answers:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self.answer, args=(cast(BinaryIO, answers),))
            back.start()
            with suppress(OSError):
                for number, payload in packets(cast(BinaryIO, self.rfile)):
                    self.server.sent += payload
                    if self.server.lie_at and payload == b"\x03" + self.server.lie_at:
                        self.server.lies += 1
                        self.connection.sendall(packet(1, self.server.request_packet))
                    elif self.server.asks_twice and not payload:  # the end of the file
                        self.server.lies += 1
                        self.connection.sendall(packet(number + 1, self.server.request_packet))
                    else:
                        server.sendall(packet(number, payload))
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            back.join()

    def answer(self, answers: BinaryIO) -> None:
        with suppress(OSError):
            for place, (number, payload) in enumerate(packets(answers)):
                if place == 0:
                    payload = without_tls(payload)
                if payload == b"\xfbbatch":
                    self.server.lies += 1
                    payload = self.server.request_packet
                self.connection.sendall(packet(number, payload))


SECRET = b"5ecret of this machine"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret.txt"
    file.write_bytes(SECRET)
    return file


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The files that this process opens during the test."""
    files: list[object] = []
    really_open: Callable[..., object] = open

    def noting_open(file: object, *arguments: object, **options: object) -> object:
        files.append(file)
        return really_open(file, *arguments, **options)

    monkeypatch.setattr("builtins.open", noting_open)
    return files


@contextmanager
def lying(database: Database, secret: Path) -> Iterator[tuple[Liar, Target]]:
    """A liar in front of the server, and the database reached through it."""
    admin, target = database.server.admin, database.target
    where = (admin.host, admin.port)
    if admin.unix_socket:
        with database.server.connection() as connection:
            where = ("127.0.0.1", own_tcp_port(connection))
            sql.execute(connection, "DROP USER IF EXISTS 'wire'@'127.0.0.1'")
            sql.execute(connection, "CREATE USER 'wire'@'127.0.0.1' IDENTIFIED BY 'pass'")
            sql.execute(connection, f"GRANT ALL ON {target.database}.* TO 'wire'@'127.0.0.1'")
        target = replace(target, user="wire", password="pass", unix_socket=None)
    with Liar(where, str(secret)) as liar:
        thread = threading.Thread(target=liar.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield liar, replace(target, host="127.0.0.1", port=liar.server_address[1])
        finally:
            liar.shutdown()
            thread.join()


def test_a_server_that_asks_for_another_file_still_gets_only_the_rows(database: Database, secret: Path, opened: list[object]) -> None:
    database.execute(TABLE)
    with lying(database, secret) as (liar, target):
        with closing(connect(target, local_infile=True)) as connection:
            assert connection.load_local(LOAD + b" (n)", b"11\n22\n33\n") == LoadDataResult(records=3, skipped=0, warnings=0)
        assert liar.lies == 1
    assert database.rows("SELECT n FROM t ORDER BY place") == ((11,), (22,), (33,))
    assert b"11\n22\n33\n" in liar.sent
    assert SECRET not in liar.sent
    assert str(secret) not in map(str, opened)


def test_a_server_that_asks_for_a_second_file_gets_nothing_more(database: Database, secret: Path) -> None:
    database.execute(TABLE)
    with lying(database, secret) as (liar, target):
        liar.asks_twice = True
        with (
            closing(connect(target, local_infile=True)) as connection,
            pytest.raises(ServerNotSupported, match="asked for the file"),
        ):
            connection.load_local(LOAD + b" (n)", b"11\n22\n")
        assert liar.lies == 2
    assert SECRET not in liar.sent


STATEMENT = "SELECT 'a plain query'"


@pytest.mark.parametrize(("local_infile", "loads_before"), [(False, 0), (True, 0), (True, 1)])
def test_a_server_that_asks_for_a_file_unprompted_gets_nothing(
    database: Database, secret: Path, opened: list[object], local_infile: bool, loads_before: int
) -> None:
    database.execute(TABLE)
    with lying(database, secret) as (liar, target):
        with closing(connect(target, local_infile=local_infile)) as connection:
            for _ in range(loads_before):
                connection.load_local(LOAD + b" (n)", b"11\n")
            sent_bytes = len(liar.sent)
            liar.lie_at = STATEMENT.encode()
            with pytest.raises(ServerNotSupported, match="asked for the file") as caught:
                sql.value(connection, STATEMENT)
            assert not connection.open
        assert liar.lies == loads_before + 1
    text = str(caught.value)
    assert str(secret) in text
    assert len(text.splitlines()) == 1
    assert liar.sent[sent_bytes:] == b"\x03" + STATEMENT.encode()
    assert SECRET not in liar.sent
    assert str(secret) not in map(str, opened)


@pytest.mark.parametrize(
    "lie_at", [b"SET NAMES utf8mb4", b"SELECT VERSION(), CURRENT_USER() LIMIT 1"], ids=["at the login", "at the first question"]
)
def test_a_command_that_is_asked_for_a_file_says_so_in_one_line(database: Database, secret: Path, lie_at: bytes) -> None:
    with lying(database, secret) as (liar, target):
        liar.lie_at = lie_at
        done = Database(database.server, target, database.folder).parloader("status", check=3)
    assert liar.lies >= 1
    assert str(secret) in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert SECRET not in liar.sent


def test_a_server_that_asks_for_a_file_at_a_commit_gets_an_error(database: Database, secret: Path, opened: list[object]) -> None:
    """The driver itself reads the answer to a COMMIT."""
    with lying(database, secret) as (liar, target):
        liar.lie_at = b"COMMIT"
        with closing(connect(target, local_infile=True)) as connection, pytest.raises(pymysql.Error) as caught:
            connection.commit()
    assert error_codes.classify(caught.value) is Action.GIVE_UP
    assert liar.lies == 1
    assert SECRET not in liar.sent
    assert str(secret) not in map(str, opened)


def test_an_entire_load_through_a_server_that_asks_for_other_files(database: Database, secret: Path) -> None:
    with lying(database, secret) as (liar, target):
        remote = Database(database.server, target, database.folder)
        remote.parloader("seed", "--rows", "1000", "--procs", "2", "--batch", "250", "--writer", "load-data", "--compress", "off")
        assert liar.lies == 4
        remote.parloader("verify", "--compress", "off")
    assert SECRET not in liar.sent


@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES"])
def test_a_value_is_sent_as_it_is(database: Database, mode: str) -> None:
    with database.connection() as connection:
        sql.execute(connection, f"SET SESSION sql_mode = '{mode}'")
        for value in ("it's", '"', "\\", "\\'", "';--", "%s"):
            assert sql.value(connection, "SELECT %s", value) == value
