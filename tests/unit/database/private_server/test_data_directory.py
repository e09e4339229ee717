"""Data that a server cannot read is refused before it starts."""

from pathlib import Path

import pytest

from parloader.database.dialects import ServerKind
from parloader.database.private_server.binary import Binary
from parloader.database.private_server.data_directory import DataDirectory
from parloader.errors import ServerStartError


def directory(folder: Path, kind: ServerKind = ServerKind.MARIADB, version: tuple[int, ...] = (10, 11, 18)) -> DataDirectory:
    binary = Binary(path=Path("/usr/sbin/server"), kind=kind, version=version)
    return DataDirectory(binary=binary, path=folder / "data", temporary=folder / "tmp", redo_log_bytes=2**20)


@pytest.mark.parametrize("later", [(10, 11, 99), (11, 4, 2)])
def test_data_of_the_same_or_an_earlier_version_fits(later: tuple[int, ...], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    directory(tmp_path).require_fit()
    directory(tmp_path).record_version()
    directory(tmp_path, version=later).require_fit()


def test_data_of_a_later_version(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    directory(tmp_path, version=(11, 8, 3)).record_version()
    with pytest.raises(ServerStartError, match=r"last used by MariaDB 11.8.3, and MariaDB 10.11.18 \(/usr/sbin/server\) is older") as error:
        directory(tmp_path).require_fit()
    assert "PARLOADER_MYSQLD" in error.value.next_step


@pytest.mark.parametrize(("kind", "file"), [(ServerKind.MARIADB, "mysql.ibd"), (ServerKind.MYSQL, "aria_log_control")])
def test_data_of_the_other_kind(kind: ServerKind, file: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / file).touch()
    with pytest.raises(ServerStartError, match="contains data of another kind of server"):
        directory(tmp_path, kind).require_fit()


def test_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(ServerStartError, match="is not a folder"):
        directory(tmp_path).require_fit()
