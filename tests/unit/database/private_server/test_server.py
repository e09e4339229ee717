"""The properties of a private server that is not running."""

from pathlib import Path

import pytest

from parloader.database.private_server.server import MAX_SOCKET_PATH_BYTES, PrivateServer
from parloader.database.target import parse_url
from parloader.errors import ServerStartError


def test_the_default_server_is_below_parloader_home(own_folder: Path) -> None:
    assert PrivateServer.default().home == own_folder / "home"


def test_constructing_it_creates_nothing(own_folder: Path) -> None:
    private = PrivateServer(home=own_folder / "new")
    assert not private.running()
    assert private.tcp_url() is None
    assert not private.home.exists()


def test_the_url_names_the_target() -> None:
    private = PrivateServer(home=Path("/home/ann/server"))
    assert parse_url(private.url) == private.target
    assert private.target.unix_socket == "/home/ann/server/socket"


def test_a_socket_path_stays_short_enough_and_each_home_has_its_own(tmp_path: Path) -> None:
    homes = [tmp_path / name / ("x" * MAX_SOCKET_PATH_BYTES) for name in "ab"]
    for home in homes:
        home.mkdir(parents=True)
    sockets = [PrivateServer(home=home).socket for home in homes]
    assert all(len(str(socket)) <= MAX_SOCKET_PATH_BYTES for socket in sockets)
    assert sockets[0] != sockets[1]


@pytest.mark.parametrize("home", ["a file", "a file/below", "/proc/none"])
def test_a_home_that_cannot_be_created(tmp_path: Path, home: str) -> None:
    (tmp_path / "a file").touch()
    private = PrivateServer(home=tmp_path / home)
    with pytest.raises(ServerStartError, match=r"cannot create the folder .* for the private server: ") as error:
        private.start(lambda _: None)
    assert "PARLOADER_HOME" in error.value.next_step
