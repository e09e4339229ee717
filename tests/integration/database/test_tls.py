"""TLS with real servers: verification works, and nothing falls back to plain text."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.certificates import DAY, Authority
from support.servers import quiet

from parloader.cli.commands import cli
from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import connected
from parloader.database.target import Target, parse_url
from parloader.database.tls import SslMode, Tls
from parloader.errors import ConnectError

WITHOUT_TLS = {ServerKind.MARIADB: "--skip-ssl", ServerKind.MYSQL: "--tls-version="}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"))


@contextmanager
def running(server: PrivateServer, *options: str) -> Iterator[str]:
    """Runs the server with these options; yields its URL over TCP."""
    started = replace(server, options=(*server.options, *options))
    with started.in_use(quiet, port=0):
        url = started.tcp_url()
        assert url is not None
        yield url


def certified(authority: Authority, *names: str, until: datetime | None = None) -> tuple[str, str, str]:
    cert, key = authority.certify(*names, until=until)
    return f"--ssl-ca={authority.file}", f"--ssl-cert={cert}", f"--ssl-key={key}"


def cipher(target: Target) -> str:
    with connected(target) as connection:
        return str(sql.rows(connection, "SHOW SESSION STATUS LIKE 'Ssl_cipher'")[0][1])


def refused(target: Target) -> str:
    with pytest.raises(ConnectError) as caught:
        cipher(target)
    return str(caught.value)


def test_a_server_with_a_certificate(own_server: PrivateServer, authority: Authority, stranger: Authority) -> None:
    with running(own_server, *certified(authority, "db.example", "127.0.0.1")) as url:
        target = parse_url(url)
        trusting = parse_url(f"{url}?ssl-ca={authority.file}")
        assert cipher(target)
        assert not cipher(parse_url(f"{url}?ssl-mode=DISABLED"))
        assert cipher(parse_url(f"{url}?ssl-mode=REQUIRED"))
        assert cipher(trusting)
        assert cipher(parse_url(f"{url}?ssl-ca={authority.file}&ssl-mode=verify_identity"))
        assert cipher(replace(trusting, host="localhost"))
        other_name = replace(trusting, host="localhost", tls=replace(trusting.tls, explicit_mode=SslMode.VERIFY_IDENTITY))
        assert f"the certificate of localhost:{target.port} is not trusted: Hostname mismatch" in refused(other_name)
        strange = refused(parse_url(f"{url}?ssl_ca={stranger.file}"))
        assert f"the certificate of 127.0.0.1:{target.port} is not trusted" in strange
        assert target.password not in strange
        assert "is not trusted" in refused(parse_url(f"{url}?ssl-mode=VERIFY_CA"))  # no authority of the system signed it
        on_socket = replace(own_server.target, tls=Tls(explicit_mode=SslMode.REQUIRED))
        assert cipher(on_socket)
        assert not cipher(own_server.target)

        wrong = CliRunner().invoke(cli, ["seed", "--url", url, "--ssl-ca", str(stranger.file), "--rows", "100"])
        assert wrong.exit_code == 4
        assert len(wrong.stderr.splitlines()) == 1


def test_workers_use_tls(own_server: PrivateServer, authority: Authority) -> None:
    """An account that must use TLS and a client certificate loads, verifies and cleans."""
    cert, key = authority.certify("client")
    with running(own_server, *certified(authority, "127.0.0.1")) as url:
        admin = parse_url(url)
        with connected(admin) as connection:
            sql.execute(connection, "CREATE USER 'tls'@'127.0.0.1' IDENTIFIED BY 'pw' REQUIRE X509")
            sql.execute(connection, f"GRANT ALL ON {admin.database}.* TO 'tls'@'127.0.0.1'")
            sql.execute(connection, "GRANT PROCESS ON *.* TO 'tls'@'127.0.0.1'")
        account = f"mysql://tls:pw@127.0.0.1:{admin.port}/{admin.database}"
        assert "refuses the login" in refused(parse_url(f"{account}?ssl-ca={authority.file}"))
        assert cipher(parse_url(f"{account}?ssl-cert={cert}&ssl-key={key}"))  # PREFERRED presents it, too

        options = ("--url", account, "--ssl-ca", str(authority.file), "--ssl-cert", str(cert), "--ssl-key", str(key))
        for command in (("seed", "--rows", "2000", "--procs", "2"), ("verify", "--procs", "2"), ("clean", "--yes")):
            done = CliRunner().invoke(cli, [*command, *options, "--ssl-mode", "Verify_Identity"])
            assert done.exit_code == 0, done.stderr


def test_a_server_whose_certificate_has_expired(own_server: PrivateServer, authority: Authority) -> None:
    with running(own_server, *certified(authority, "127.0.0.1", until=datetime.now(UTC) - DAY)) as url:
        assert "expired" in refused(parse_url(f"{url}?ssl-ca={authority.file}"))
        assert cipher(parse_url(f"{url}?ssl-mode=REQUIRED"))


def test_a_server_without_tls(own_server: PrivateServer, authority: Authority, tmp_path: Path) -> None:
    with running(own_server, WITHOUT_TLS[own_server.kinds[0]]) as url:
        assert not cipher(parse_url(url))
        for parameters in ("ssl-mode=REQUIRED", f"ssl-ca={authority.file}", "ssl-mode=VERIFY_IDENTITY"):
            said = refused(parse_url(f"{url}?{parameters}"))
            assert "does not support TLS, but the ssl-mode requires it" in said
        assert "does not support TLS" in refused(replace(own_server.target, tls=Tls(explicit_mode=SslMode.REQUIRED)))
