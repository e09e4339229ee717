"""How a program with a driver of its own connects to a target: as a URL of SQLAlchemy, as PyMySQL's arguments, as settings of Django."""

from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

import pymysql

from parloader.database.target import Target
from parloader.database.tls import SslMode, Tls

PlainConnection: TypeAlias = "pymysql.connections.Connection[Any]"


def mysql_url(target: Target) -> str:
    """The URL for parloader (--url) and for other programs. It contains the password, even if it is empty: the one in ~/.my.cnf is not used."""
    tls = target.tls
    mode = tls.explicit_mode and tls.explicit_mode.value
    parameters = {"unix_socket": target.unix_socket, "ssl-mode": mode, "ssl-ca": tls.ca, "ssl-cert": tls.cert, "ssl-key": tls.key}
    return _url("mysql", target, parameters)


def sqlalchemy_url(target: Target) -> str:
    """The URL for SQLAlchemy's create_engine, with PyMySQL as the driver. Of several nodes, it names the first."""
    tls = target.tls
    ca, verify_host = _ca(tls), "true" if tls.mode is SslMode.VERIFY_IDENTITY else "false"
    parameters = {"unix_socket": target.unix_socket, "ssl_ca": ca, "ssl_cert": tls.cert, "ssl_key": tls.key}
    return _url(
        "mysql+pymysql", target.at(target.nodes[0]), {**parameters, "ssl_check_hostname": verify_host if ca else None, "charset": "utf8mb4"}
    )


def driver_arguments(target: Target) -> dict[str, Any]:
    """The arguments of pymysql.connect for the target."""
    tls = target.tls
    ssl = {"ssl_ca": _ca(tls), "ssl_cert": tls.cert, "ssl_key": tls.key}
    arguments = {
        "host": target.host,
        "port": target.port,
        "user": target.user,
        "password": target.password,
        "database": target.database,
        "charset": "utf8mb4",
        "unix_socket": target.unix_socket,
        **ssl,
        "ssl_verify_identity": True if tls.mode is SslMode.VERIFY_IDENTITY else None,
        "ssl_disabled": True if target.unix_socket or tls.mode is SslMode.DISABLED else None,
    }
    return {name: value for name, value in arguments.items() if value is not None}


def django_settings(target: Target) -> dict[str, Any]:
    """What settings.DATABASES of Django has for the target: ENGINE, NAME, USER, PASSWORD, HOST, PORT and OPTIONS."""
    tls = target.tls
    ssl = {name: value for name, value in (("ca", _ca(tls)), ("cert", tls.cert), ("key", tls.key)) if value}
    return {
        "ENGINE": "django.db.backends.mysql",
        "NAME": target.database,
        "USER": target.user,
        "PASSWORD": target.password,
        "HOST": target.unix_socket or target.host,  # Django takes what begins with / as a socket
        "PORT": "" if target.unix_socket else str(target.port),
        "OPTIONS": {"charset": "utf8mb4", **({"ssl": ssl} if ssl else {})},
        "TEST": {"CHARSET": "utf8mb4"},
    }


def open_plain(target: Target) -> PlainConnection:
    """A connection as an application opens it: without parloader's session settings. Raises PyMySQL's errors."""
    return pymysql.connect(**driver_arguments(target))


def run_script(target: Target, script: str) -> None:
    """Runs the statements of an SQL script, each committed. Raises PyMySQL's error of the first that fails.

    DELIMITER, which is a command of the mysql client and not of the server, is not understood.
    """
    connection = pymysql.connect(**driver_arguments(target), autocommit=True, client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)
    try:
        with connection.cursor() as cursor:
            cursor.execute(script)
            while cursor.nextset():
                pass
    finally:
        connection.close()


def _ca(tls: Tls) -> str | None:
    return tls.ca if tls.mode.verifies else None


def _url(scheme: str, target: Target, parameters: dict[str, str | None]) -> str:
    query = urlencode({name: value for name, value in parameters.items() if value is not None}, quote_via=quote)
    account = f"{quote(target.user, safe='')}:{quote(target.password, safe='')}"
    place = "localhost" if target.unix_socket else ",".join(map(str, target.nodes))
    return f"{scheme}://{account}@{place}/{quote(target.database, safe='')}{'?' if query else ''}{query}"
