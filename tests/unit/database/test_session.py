"""Verifying the session settings that were set, without a server."""

import pytest

from parloader.database.session import CHARSET_VARIABLES, _verify_settings
from parloader.errors import SessionLawError

SETTINGS = {"autocommit": "1", "completion_type": "'NO_CHAIN'", "max_statement_time": "0"}

ACTUAL = {"autocommit": 1, "completion_type": "NO_CHAIN", "max_statement_time": 0.0, **dict.fromkeys(CHARSET_VARIABLES, "utf8mb4")}


def test_settings_that_the_server_accepted() -> None:
    _verify_settings(SETTINGS, ACTUAL)


@pytest.mark.parametrize(
    ("name", "actual", "wanted"),
    [
        ("autocommit", 0, "1"),
        ("completion_type", "RELEASE", "'NO_CHAIN'"),
        ("max_statement_time", 0.5, "0"),
        ("character_set_client", "latin1", "utf8mb4"),
    ],
)
def test_a_setting_that_the_server_did_not_accept(name: str, actual: object, wanted: str) -> None:
    with pytest.raises(SessionLawError) as caught:
        _verify_settings(SETTINGS, {**ACTUAL, name: actual})
    expected = f"required session settings could not be enforced: {name} must be {wanted}, but the server keeps it at {actual}"
    assert caught.value.message == expected
