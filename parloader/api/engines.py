"""An SQLAlchemy URL or engine as a target. The engine itself is not used: parloader makes its own connections, with its own session settings.

What an engine connects with is not in its URL alone: create_engine's connect_args and the listeners of its `do_connect` event count as well.
Source: SQLAlchemy 2.0, engine/create.py, `create_engine` (the function `connect`, which is the pool's creator), and "Custom DBAPI connect()
arguments".
"""

import inspect
import ssl
from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.orm import Session, sessionmaker

from parloader.database.compression import Compress
from parloader.database.target import DEFAULT_PORT, Target
from parloader.database.tls import SslMode, Tls, ssl_mode
from parloader.errors import UsageError

BACKENDS = ("mysql", "mariadb")

WITH_URL = "Give the URL instead: mysql://USER:PASSWORD@HOST/DATABASE"


def target_of(database: object) -> Target:
    """The target of a URL or an engine. UsageError: it is neither, it is of another database system, or parloader cannot connect as it does."""
    # an AsyncEngine has one; importing its class needs greenlet, which SQLAlchemy does not install
    if isinstance(sync_engine := getattr(database, "sync_engine", None), Engine):
        database = sync_engine
    if isinstance(database, URL):
        _require_backend(database.get_backend_name(), "the URL")
        return _target(_arguments_of_url(database), database)
    if isinstance(database, Engine):
        _require_backend(database.dialect.name, "the engine")
        return _target(_arguments_of_engine(database), database.url)
    if isinstance(database, Connection | Session | sessionmaker) or type(database).__name__ in ("AsyncConnection", "AsyncSession"):
        raise UsageError(
            f"the database is an SQLAlchemy {type(database).__name__}", "Give its engine: parloader loads rows on connections of its own"
        )
    if isinstance(getattr(database, "mysql_url", None), str):  # of parloader.testing
        raise UsageError("the database is a Database of the pytest plugin, not a URL", "Give its URL: parloader_database.url")
    raise UsageError(
        f"the database has the type {type(database).__name__}",
        "Give a URL (mysql://USER:PASSWORD@HOST/DATABASE), an SQLAlchemy URL or engine, or None for the private server",
    )


def _require_backend(name: str, what: str) -> None:
    if name not in BACKENDS:
        raise UsageError(f"{what} is for {name}, not for mysql or mariadb", "Give one for a MySQL or MariaDB server")


def _arguments_of_url(url: URL) -> dict[str, Any]:
    """What PyMySQL would be called with; the parameters of other drivers have the same names."""
    url = url.set(drivername="mysql+pymysql")
    return dict(url.get_dialect()().create_connect_args(url)[1])


def _arguments_of_engine(engine: Engine) -> dict[str, Any]:
    """What its driver is called with. UsageError: the engine was created with `creator`, whose connections do not tell."""
    creator = engine.pool._creator
    found = inspect.getclosurevars(creator).nonlocals if inspect.isfunction(creator) else {}
    arguments = found.get("cparams")
    if not isinstance(arguments, Mapping) or "dialect" not in found:
        return _arguments_of_connection(engine)
    changed = dict(arguments)
    for listener in engine.dialect.dispatch.do_connect:  # such as one that gets a token of a cloud
        connection = listener(engine.dialect, None, list(found.get("cargs_tup", ())), changed)
        if connection is not None:
            connection.close()
            return _arguments_of_connection(engine)
    return changed


def _arguments_of_connection(engine: Engine) -> dict[str, Any]:
    """What one of its connections was made with, as far as the driver's connections tell (PyMySQL and those derived from it)."""
    pooled = engine.raw_connection()
    try:
        driver: Any = pooled.driver_connection
        password = getattr(driver, "password", None)
        found = {name: getattr(driver, name, None) for name in ("host", "port", "user", "unix_socket", "db", "ssl")}
    finally:
        pooled.close()
    if not found["user"] or password is None or found["ssl"]:
        raise UsageError("the engine was created with `creator`, so parloader cannot tell how it connects", WITH_URL)
    return {**found, "password": password, "db": found["db"] or engine.url.database}


def _target(arguments: Mapping[str, Any], url: URL) -> Target:
    given = {name: value for name, value in arguments.items() if value is not None}
    for file in ("read_default_file", "option_files"):
        if given.get(file):
            raise UsageError(f"the engine reads {file}={given[file]}, which parloader does not", WITH_URL)
    database, user = _text(given, "database", "db"), _text(given, "user", "username")
    if not database:
        raise UsageError("the engine's URL names no database", "Add it: mysql+pymysql://USER:PASSWORD@HOST/DATABASE")
    if not user:
        raise UsageError("the engine's URL names no user", "Add it: mysql+pymysql://USER:PASSWORD@HOST/DATABASE")
    unix_socket = _text(given, "unix_socket", "default_socket")
    return Target(
        user=user,
        database=database,
        password=_text(given, "password", "passwd") or "",
        host=_text(given, "host") or "localhost",
        port=int(given.get("port") or DEFAULT_PORT),
        unix_socket=unix_socket,
        tls=_tls(given).validated(),
        compress=Compress.ON if _is_true(given.get("compress")) else Compress.AUTO,
    )


def _text(arguments: Mapping[str, Any], *names: str) -> str | None:
    """The first of these arguments that is given. PyMySQL's connections have the password as bytes."""
    value = next((arguments[name] for name in names if arguments.get(name)), None)
    return value.decode() if isinstance(value, bytes) else None if value is None else str(value)


def _tls(arguments: Mapping[str, Any]) -> Tls:
    """TLS as the arguments of PyMySQL, mysqlclient, MySQL Connector/Python and MariaDB Connector/Python, and those derived from them, say."""
    given = arguments.get("ssl")
    if isinstance(given, ssl.SSLContext):
        raise UsageError(
            "the engine's connect_args have an SSLContext, which cannot be sent to worker processes",
            'Name the files: connect_args={"ssl": {"ca": FILE}}',
        )
    parts: dict[str, Any] = {name: arguments.get(f"ssl_{name}") for name in ("ca", "cert", "key")}
    if isinstance(given, Mapping):
        parts |= given
    if parts.get("capath") or arguments.get("ssl_capath"):
        raise UsageError("the engine's TLS has a folder of certificates (capath), which parloader cannot use", "Name one file: ssl_ca")
    return Tls(explicit_mode=_mode(arguments, parts), **{name: _file(parts[name]) for name in ("ca", "cert", "key")})


def _file(value: object) -> str | None:
    return None if value is None else str(value)


def _mode(arguments: Mapping[str, Any], parts: Mapping[str, Any]) -> SslMode | None:
    """The mode that the arguments mean; None: that of parloader's rule."""
    if arguments.get("ssl_mode"):
        return ssl_mode(str(arguments["ssl_mode"]))
    if _is_true(arguments.get("ssl_disabled")) or _is_false(arguments.get("ssl")):
        return SslMode.DISABLED
    if _is_true(arguments.get("ssl_verify_identity")) or _is_true(parts.get("check_hostname")):
        return SslMode.VERIFY_IDENTITY
    if _is_true(arguments.get("ssl_verify_cert")) or parts.get("ca"):
        return SslMode.VERIFY_CA
    return SslMode.REQUIRED if arguments.get("ssl") else None


def _is_true(value: object) -> bool:
    return bool(value) and not _is_false(value)


def _is_false(value: object) -> bool:
    """Whether it says no; in a URL, as a text."""
    return value is False or (isinstance(value, str) and value.lower() in ("0", "false", "no", "off"))
