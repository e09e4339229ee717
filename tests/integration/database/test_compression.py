"""Compressed connections on real servers: statements, results and files of any size, logins, lost connections, and servers without it."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pymysql
import pytest
from pymysql.constants import CLIENT
from support.servers import Database, tcp_address, until

from parloader.database import error_codes, sql
from parloader.database.compression import FILE_PACKET_BYTES, Compress, Packed
from parloader.database.driver import MAX_UNREAD_ANSWERS, Connection, LoadDataResult
from parloader.database.error_codes import Action
from parloader.database.session import connect
from parloader.database.target import Target
from parloader.database.tls import SslMode, Tls
from parloader.errors import ConnectError, ServerNotSupported

MANY = 2 * MAX_UNREAD_ANSWERS + 7

LOAD = b"LOAD DATA LOCAL INFILE 'batch' INTO TABLE t"


@pytest.fixture
def compressed(database: Database) -> Target:
    return replace(database.target, compress=Compress.ON)


@pytest.fixture
def connection(database: Database, compressed: Target) -> Iterator[Connection]:
    """A compressed connection that may run LOAD DATA LOCAL, without autocommit, to a database with a table t."""
    database.execute("CREATE TABLE t (place INT AUTO_INCREMENT PRIMARY KEY, n INT UNIQUE, text VARCHAR(200)) ENGINE=InnoDB")
    with closing(connect(compressed, autocommit=False, local_infile=True)) as connection:
        assert connection.compressed
        yield connection


def inserts(numbers: range) -> list[bytes]:
    """Every other one is compressed ahead."""
    statements = [b"INSERT INTO t (n, text) VALUES (%d, '%s')" % (n, b"." * (n % 150)) for n in numbers]
    return [Packed.statement(statement) if n % 2 else statement for n, statement in enumerate(statements)]


def test_pipelined_statements(connection: Connection, database: Database) -> None:
    assert connection.execute_pipelined(inserts(range(MANY))) == MANY
    connection.commit()
    assert [n for (n,) in database.rows("SELECT n FROM t ORDER BY place")] == list(range(MANY))


@pytest.mark.parametrize("bad", [0, MAX_UNREAD_ANSWERS])
def test_an_error_in_the_middle(connection: Connection, bad: int) -> None:
    statements = inserts(range(MANY))
    statements[bad] = Packed.statement(b"INSERT INTO t (n) VALUES (-1), (-1)")
    with pytest.raises(pymysql.IntegrityError) as caught:
        connection.execute_pipelined(statements)
    assert error_codes.is_duplicate_key(caught.value)
    connection.rollback()
    assert connection.execute_pipelined(inserts(range(5))) == 5
    assert sql.value(connection, "SELECT COUNT(*) FROM t") == 5


def test_large_results_and_statements(connection: Connection) -> None:
    connection.execute_pipelined(inserts(range(1000)))
    texts = sql.rows(connection, "SELECT a.n, b.text FROM t a, t b WHERE a.n < 20 AND b.n < 1000 ORDER BY a.n, b.n")
    assert texts == tuple((a, "." * (b % 150)) for a in range(20) for b in range(1000))
    for size in (1, 10_000, 3_000_000):
        assert sql.value(connection, f"SELECT LENGTH('{'x' * size}')") == size
        assert sql.value(connection, "SELECT REPEAT('x', %s)", size) == "x" * size
    traffic = connection.traffic
    assert traffic is not None
    assert traffic.sent_data_bytes > 3 * traffic.sent_bytes > 0
    assert traffic.received_data_bytes > 3 * traffic.received_bytes > 0


def test_a_file_of_any_size(connection: Connection) -> None:
    for n, size in enumerate([3, FILE_PACKET_BYTES, 4 * FILE_PACKET_BYTES + 1, 40 * FILE_PACKET_BYTES]):
        content = b"\n".rjust(size - 2, b".") + b"%d\n" % n
        for file in (content, Packed.file(content)):
            assert connection.load_local(LOAD + b" IGNORE 1 LINES (n)", file) == LoadDataResult(records=1, skipped=0, warnings=0)
            assert sql.rows(connection, "SELECT n FROM t") == ((n,),)
            connection.rollback()
    assert connection.load_local(LOAD, b"").records == 0


def test_a_failed_load_leaves_no_content_behind(connection: Connection) -> None:
    with pytest.raises(pymysql.Error, match="no_such_table"):
        connection.load_local(b"LOAD DATA LOCAL INFILE 'batch' INTO TABLE no_such_table", b"1\n")
    with pytest.raises(ServerNotSupported, match="asked for the file 'batch'"):
        connection.query(LOAD + b" (n)")


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


def test_an_answer_that_comes_too_late(connection: Connection) -> None:
    connection.set_read_timeout(0.05)
    with pytest.raises(pymysql.Error) as caught:
        sql.value(connection, "SELECT SLEEP(600)")
    assert error_codes.classify(caught.value) is Action.RECONNECT
    assert not connection.open


@pytest.mark.parametrize("mode", [SslMode.DISABLED, SslMode.PREFERRED])
def test_compression_begins_after_the_login(database: Database, mode: SslMode) -> None:
    """Over TCP, by the complete exchange of MySQL's default plugin (RSA without TLS), and by a plugin to which the server switches."""
    name = database.target.database
    with database.server.connection() as admin:
        host, port = tcp_address(database.target, admin)
        of_mysql = ("WITH caching_sha2_password BY 'pw'", "WITH sha256_password BY 'pw'")
        for plugin in of_mysql if database.server.kind == "mysql" else ("BY 'pw'",):
            sql.execute(admin, "DROP USER IF EXISTS 'compressed'@'%%'")
            sql.execute(admin, f"CREATE USER 'compressed'@'%%' IDENTIFIED {plugin}")  # a new account: its password is in no cache
            sql.execute(admin, f"GRANT ALL ON {name}.* TO 'compressed'@'%%'")
            target = Target(
                user="compressed",
                password="pw",
                host=host,
                port=port,
                database=name,
                tls=Tls(explicit_mode=mode),
                compress=Compress.ON,
            )
            with closing(connect(target)) as connection:
                assert connection.compressed
                assert sql.value(connection, "SELECT REPEAT('x', 100000)") == "x" * 100_000
                tls = bool(sql.row(connection, "SHOW SESSION STATUS LIKE 'Ssl_cipher'")[1])
                assert sql.row(connection, "SHOW SESSION STATUS LIKE 'Compression'")[1] == "ON"
            assert tls == (mode is SslMode.PREFERRED and bool(connection.server_capabilities & CLIENT.SSL))
            with pytest.raises(ConnectError, match="refuses the login"):
                connect(replace(target, password="wrong"))


@pytest.mark.parametrize("server", ["mysql"], indirect=True)
def test_a_server_that_does_not_offer_it(database: Database, compressed: Target) -> None:
    """MariaDB always offers zlib."""
    with database.server.connection() as admin:
        sql.execute(admin, "SET GLOBAL protocol_compression_algorithms = 'uncompressed'")
        try:
            said = database.parloader("status", "--compress", "on", check=3).stderr
            assert len(said.splitlines()) == 1
            assert "does not offer compression, but --compress is on" in said
            far = replace(compressed, compress=Compress.AUTO, unix_socket=None, host="127.0.0.1", round_trip_seconds=1.0)
            assert far.compresses
            with closing(connect(replace(far, unix_socket=database.target.unix_socket))) as connection:
                assert not connection.compressed
            sql.execute(admin, "SET GLOBAL protocol_compression_algorithms = 'zlib'")
            said = database.parloader("status", check=4).stderr
            assert len(said.splitlines()) == 1
            assert "Use --compress on" in said
            assert "no run" in database.parloader("status", "--compress", "on").stdout
        finally:
            sql.execute(admin, "SET GLOBAL protocol_compression_algorithms = DEFAULT")
