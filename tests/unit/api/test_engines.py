"""SQLAlchemy URLs and engines as targets: what their drivers would be called with."""

import ssl
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from parloader.api.databases import target_of
from parloader.database.compression import Compress
from parloader.database.target import Target
from parloader.database.tls import SslMode, Tls
from parloader.errors import UsageError
from parloader.testing.database import Database as Given

TARGET = Target(user="app", password="s3cr:t/@", database="shop", host="db.example.com", port=3307)

URL = "mysql+pymysql://app:s3cr%3At%2F%40@db.example.com:3307/shop"


@pytest.fixture(autouse=True)
def option_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One whose settings no engine may get."""
    (tmp_path / ".my.cnf").write_text(
        "[client]\nuser=other\npassword=leaked\nhost=elsewhere\nport=9\nsocket=/x\nssl-mode=REQUIRED\n[parloader]\ndatabase=d\n"
    )
    (tmp_path / ".my.cnf").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize("driver", ["", "+pymysql", "+mysqldb", "+mysqlconnector", "+aiomysql", "+asyncmy", "+unknown"])
@pytest.mark.parametrize("backend", ["mysql", "mariadb"])
def test_a_url_with_any_driver(backend: str, driver: str) -> None:
    assert target_of(sa.make_url(URL.replace("mysql+pymysql", backend + driver) + "?charset=utf8mb4")) == TARGET


def test_tls_of_a_url() -> None:
    assert target_of(sa.make_url(URL + "?ssl_disabled=true")).tls.mode is SslMode.DISABLED
    assert target_of(sa.make_url(URL + "?ssl_disabled=false&ssl_verify_cert=false")).tls.mode is SslMode.PREFERRED
    assert target_of(sa.make_url(URL + "?ssl_verify_identity=true&compress=true")).tls.mode is SslMode.VERIFY_IDENTITY


def test_a_text_takes_what_it_lacks_from_the_option_file_and_an_engine_does_not() -> None:
    assert target_of("mysql+pymysql://a@b/c?ssl-mode=DISABLED").password == "leaked"
    for database in (sa.make_url("mysql+pymysql://a@/c"), sa.create_engine("mysql+pymysql://a@/c")):
        assert target_of(database) == Target(user="a", database="c", host="localhost")


def test_the_arguments_of_an_engine() -> None:
    engine = sa.create_engine(
        "mysql+pymysql://app@/shop", connect_args={"unix_socket": "/run/s", "password": "pass", "init_command": "SET x=1"}
    )
    assert target_of(engine) == Target(user="app", password="pass", database="shop", unix_socket="/run/s")
    assert target_of(SimpleNamespace(sync_engine=engine)) == target_of(engine)  # as AsyncEngine has it
    compressed = sa.create_engine("mysql+pymysql://app@h/shop", connect_args={"compress": True})
    assert target_of(compressed).compress is Compress.ON


def test_a_listener_that_changes_the_arguments() -> None:
    engine = sa.create_engine("mysql+pymysql://app@h/shop")

    @sa.event.listens_for(engine, "do_connect")
    def add_token(_dialect: object, _record: object, _positional: object, arguments: dict[str, Any]) -> None:
        arguments["password"] = "token"

    assert target_of(engine).password == "token"


@pytest.mark.parametrize(
    ("arguments", "tls"),
    [
        ({}, Tls()),
        ({"ssl": {"ca": "CA"}}, Tls(explicit_mode=SslMode.VERIFY_CA, ca="CA")),
        ({"ssl": {"ca": "CA", "check_hostname": True}}, Tls(explicit_mode=SslMode.VERIFY_IDENTITY, ca="CA")),
        ({"ssl_ca": "CA"}, Tls(explicit_mode=None, ca="CA")),
        ({"ssl_ca": "CA", "ssl_verify_identity": True}, Tls(explicit_mode=SslMode.VERIFY_IDENTITY, ca="CA")),
        ({"ssl": True}, Tls(explicit_mode=SslMode.REQUIRED)),
        ({"ssl": {"x": 1}}, Tls(explicit_mode=SslMode.REQUIRED)),
        ({"ssl_mode": "required"}, Tls(explicit_mode=SslMode.REQUIRED)),
        ({"ssl_disabled": True}, Tls(explicit_mode=SslMode.DISABLED)),
    ],
)
def test_tls(arguments: dict[str, Any], tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tls, "context", lambda _: None)  # there is no such file
    found = target_of(sa.create_engine("mysql+pymysql://app@h/shop", connect_args=arguments)).tls
    assert (found.mode, found.ca) == (tls.mode, tls.ca)


@pytest.mark.parametrize(
    ("database", "says"),
    [
        (sa.create_engine("sqlite://"), "the engine is for sqlite, not for mysql or mariadb"),
        (sa.make_url("postgresql+psycopg://a@b/c"), "the URL is for postgresql"),
        (sa.create_engine("mysql+pymysql://a@b"), "names no database"),
        (sa.create_engine("mysql+pymysql://b/c"), "names no user"),
        (sa.create_engine("mysql+pymysql://a@b/c", connect_args={"ssl": ssl.create_default_context()}), "SSLContext"),
        (sa.create_engine("mysql+pymysql://a@b/c", connect_args={"ssl": {"capath": "/x"}}), "capath"),
        (sa.create_engine("mysql+pymysql://a@b/c", connect_args={"read_default_file": "/x"}), "read_default_file=/x"),
        (sa.create_engine("mysql+pymysql://a@b/c", connect_args={"ssl": {"ca": "/no/such/file"}}), "/no/such/file"),
        (Session(sa.create_engine("mysql+pymysql://a@b/c")), "is an SQLAlchemy Session. Give its engine"),
        (sessionmaker(), "is an SQLAlchemy sessionmaker"),
        (Path("x.db"), "has the type PosixPath"),
        (5, "has the type int"),
        (b"mysql://a@b/c", "has the type bytes"),
        ("", "is empty"),
        ("shop", "the first argument is the database"),
        (Given(Target(user="a", database="c")), "Give its URL: parloader_database.url"),
    ],
)
def test_what_is_no_database(database: object, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        target_of(database)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.next_step
