import pytest

from parloader.database.private_server.binary import find_binary
from parloader.errors import ConnectError, RemoteHost, ServerStartError
from parloader.testing.messages import for_tests, short_failures


@pytest.mark.parametrize(
    ("next_step", "changed"),
    [
        (
            "To allow it: --allow-remote db",
            "To allow it: PARLOADER_ALLOW_REMOTE=db, or parloader_allow_remote = db in the settings of pytest",
        ),
        ("Correct its name in --url", "Correct its name in PARLOADER_URL"),
        ("add it to --url, PARLOADER_URL or ~/.my.cnf", "add it to PARLOADER_URL or ~/.my.cnf"),
        (
            "Mend that, or set PARLOADER_HOME to another folder",
            "Mend that, or set parloader_home, in the settings of pytest, to another folder",
        ),
        ("", ""),
    ],
)
def test_advice_names_what_pytest_takes(next_step: str, changed: str) -> None:
    error = for_tests(RemoteHost("db is not this machine", next_step))
    assert type(error) is RemoteHost
    assert (error.message, error.next_step) == ("db is not this machine", changed)
    assert str(error) == f"db is not this machine. {changed}".removesuffix(". ")


def test_without_a_server_program_the_advice_is_three_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARLOADER_MYSQLD", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("parloader.database.private_server.binary.FOLDERS", ())
    with pytest.raises(ServerStartError) as raised:
        find_binary()
    message = str(for_tests(raised.value))
    assert "--url" not in message
    for way in ("Name a database with PARLOADER_URL", "apt-get install", "docker run", "PARLOADER_URL=mysql://root@127.0.0.1/parloader"):
        assert way in message


def test_a_failure_is_one_line_without_a_traceback() -> None:
    with pytest.raises(pytest.fail.Exception) as raised, short_failures():
        raise ConnectError("no server listens at db:1", "Start it")
    assert raised.value.msg == "parloader: no server listens at db:1. Start it"
    assert raised.value.pytrace is False
