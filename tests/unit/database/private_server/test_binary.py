"""Finding the server program."""

import subprocess
import sys
from pathlib import Path

import pytest

from parloader.database.dialects import ServerKind
from parloader.database.private_server.binary import find_binary
from parloader.errors import ServerNotSupported, ServerStartError

MARIADB = "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)"

MYSQL = "/usr/sbin/mysqld  Ver 9.7.4 for Linux on x86_64 (MySQL Community Server - GPL)"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that is searched for a server program."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("parloader.database.private_server.binary.FOLDERS", ())
    return folder


def binary(file: Path, output: str, status: int = 0) -> Path:
    """A program that answers only --no-defaults --version, with `output` (on stderr if its status is not 0)."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(
        f"#!/bin/sh\n[ \"$*\" = '--no-defaults --version' ] || exit 99\necho '{output}' >&{2 if status else 1}\nexit {status}\n"
    )
    file.chmod(0o755)
    return file


def test_kind_and_version_of_a_binary(path: Path) -> None:
    mariadbd = binary(path / "mariadbd", MARIADB)
    found = find_binary()
    assert (found.path, found.kind, found.version, str(found)) == (mariadbd, ServerKind.MARIADB, (10, 11, 19), "MariaDB 10.11.19")


def test_mariadb_is_preferred(path: Path) -> None:
    binary(path / "mysqld", MYSQL)
    assert find_binary().kind is ServerKind.MYSQL
    binary(path / "mariadbd", MARIADB)
    assert find_binary().kind is ServerKind.MARIADB
    assert find_binary((ServerKind.MYSQL,)).version == (9, 7, 4)


def test_a_mysqld_can_be_a_mariadb(path: Path) -> None:
    binary(path / "mysqld", MARIADB)
    assert find_binary().kind is ServerKind.MARIADB
    with pytest.raises(ServerStartError, match="no MySQL server found on this machine"):
        find_binary((ServerKind.MYSQL,))


def test_common_folders_outside_path_are_searched(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aside = binary(tmp_path / "sbin" / "mariadbd", MARIADB)
    monkeypatch.setattr("parloader.database.private_server.binary.FOLDERS", (aside.parent,))
    assert find_binary().path == aside


def test_the_environment_can_name_the_binary(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary(path / "mariadbd", MARIADB)
    monkeypatch.setenv("PARLOADER_MYSQLD", str(binary(tmp_path / "elsewhere" / "my-server", MYSQL)))
    assert find_binary().kind is ServerKind.MYSQL


@pytest.mark.usefixtures("path")
def test_without_a_server_the_message_offers_alternatives() -> None:
    with pytest.raises(ServerStartError, match="no MariaDB or MySQL server found on this machine") as caught:
        find_binary()
    assert all(alternative in caught.value.next_step for alternative in ("--url", "mariadb-server-core", "docker run"))


def test_a_binary_that_does_not_run(path: Path) -> None:
    binary(path / "mariadbd", "libssl.so.3: cannot open shared object file", status=127)
    with pytest.raises(ServerStartError, match=r"mariadbd does not run: libssl.so.3: cannot open"):
        find_binary()


def test_the_environment_names_a_binary_that_does_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOADER_MYSQLD", str(tmp_path / "mysqld"))
    with pytest.raises(ServerStartError, match="mysqld does not run: "):
        find_binary()


def test_a_program_of_another_kind(path: Path) -> None:
    binary(path / "mysqld", "postgres (PostgreSQL) 16.1")
    with pytest.raises(ServerNotSupported):
        find_binary()


@pytest.mark.parametrize(("kinds", "name"), [(["MySQL"], "mysqld"), (["MariaDB"], "mariadbd"), ([], "mariadbd")])
def test_scripts_can_ask_where_a_server_is(path: Path, kinds: list[str], name: str) -> None:
    installed = {"mysqld": binary(path / "mysqld", MYSQL), "mariadbd": binary(path / "mariadbd", MARIADB)}
    asked = [sys.executable, "-m", "parloader.database.private_server.binary", *kinds]
    answer = subprocess.run(asked, capture_output=True, text=True, check=True, env={"PATH": str(path)})
    assert answer.stdout == f"{installed[name]}\n"


def test_a_program_that_is_named_is_used_whatever_else_is_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary(path / "mariadbd", MARIADB)
    monkeypatch.setenv("PARLOADER_MYSQLD", str(path / "mariadbd"))
    newer = binary(path / "mariadbd-11.8", MARIADB.replace("10.11.19", "11.8.9"))
    assert find_binary((ServerKind.MYSQL,), newer).version == (11, 8, 9)
    assert find_binary().version == (10, 11, 19)
