"""Verifying the session settings that were set, without a server."""

import pytest

from parloader.database.session import _verify
from parloader.database.session_settings import MODES, Setting
from parloader.errors import SessionLawError

ACCEPTED = [
    ("autocommit", "1", "1"),
    ("autocommit", "1", "ON"),
    ("completion_type", "'NO_CHAIN'", "NO_CHAIN"),
    ("max_statement_time", "0", "0.000000"),
    ("sql_mode", "", MODES),
    ("sql_mode", "", f"{MODES},NO_BACKSLASH_ESCAPES"),
]

REFUSED = [
    ("autocommit", "1", "0", "1"),
    ("autocommit", "1", "OFF", "1"),
    ("completion_type", "'NO_CHAIN'", "RELEASE", "NO_CHAIN"),
    ("max_statement_time", "0", "0.500000", "0"),
    ("character_set_client", "utf8mb4", "latin1", "utf8mb4"),
    ("sql_mode", "", f"{MODES},ANSI_QUOTES", MODES),
    ("sql_mode", "", "STRICT_TRANS_TABLES", MODES),
]


@pytest.mark.parametrize(("name", "value", "actual"), ACCEPTED)
def test_settings_that_the_server_accepted(name: str, value: str, actual: str) -> None:
    _verify(Setting(name=name, value=value, reason=""), actual)


@pytest.mark.parametrize(("name", "value", "actual", "wanted"), REFUSED)
def test_a_setting_that_the_server_did_not_accept(name: str, value: str, actual: str, wanted: str) -> None:
    with pytest.raises(SessionLawError) as caught:
        _verify(Setting(name=name, value=value, reason=""), actual)
    expected = f"required session settings could not be enforced: {name} must be {wanted}, but the server keeps it at {actual}"
    assert caught.value.message == expected
