import errno
import socket
from collections.abc import Callable

import pymysql
import pytest

from parloader.database import connect_errors, error_codes, error_numbers
from parloader.database.error_codes import Action
from parloader.database.session import connect
from parloader.database.target import Target
from parloader.errors import (
    ConnectError,
    ConnectionInterrupted,
    DiskFull,
    LoginRefused,
    ParloaderError,
    PrivilegeMissing,
    SchemaMismatch,
    ServerNotSupported,
    SessionLawError,
    UsageError,
    WriteFailed,
)

TARGET = Target(user="ann", database="shop")

GIVE_UP = [1045, 1048, 1054, 1062, 1064, 1142, 1146, 1153, 1197, 1364, 1452, 1644, 1712, 1792, 3819, 3989, 4025, 4082, 9999]


@pytest.mark.parametrize(
    ("number", "action"),
    [
        *[(n, Action.RETRY) for n in (1020, 1205, 1206, 1213, 1317, 1412, 1637, 1969, 3024, 3101)],
        *[(n, Action.RECONNECT) for n in (0, 1040, 1053, 1927, 2002, 2003, 2006, 2013, 2055, 3032, 3169, 4031)],
        *[(n, Action.RECONNECT) for n in (1047, 1180, 1181, 1203, 1226, 1290, 1836, 3100, 3797)],
        *[(n, Action.GIVE_UP) for n in GIVE_UP],
    ],
)
def test_the_number_decides_what_to_do(number: int, action: Action) -> None:
    assert error_codes.classify(pymysql.err.OperationalError(number, "words")) is action
    assert error_codes.classify(pymysql.err.InternalError(number, "other words")) is action


def test_an_error_without_a_number_is_a_lost_connection() -> None:
    """PyMySQL raises InterfaceError(0, '') on a closed socket, and InternalError with a text alone on a broken packet."""
    assert error_codes.classify(pymysql.err.InterfaceError(0, "")) is Action.RECONNECT
    assert error_codes.classify(pymysql.err.InternalError("Packet sequence number wrong")) is Action.RECONNECT


def test_only_1062_is_a_duplicate_key() -> None:
    assert error_codes.is_duplicate_key(pymysql.err.IntegrityError(1062, "Duplicate entry"))
    assert not error_codes.is_duplicate_key(pymysql.err.IntegrityError(1452, "Duplicate entry"))


@pytest.mark.parametrize(
    ("numbers", "kind", "exit_code"),
    [
        ((1044, 1142, 1143, 1227), PrivilegeMissing, 3),
        ((1036, 1290, 1792, 1836, 1874, 3989), ServerNotSupported, 3),
        ((1099, 1100), SessionLawError, 3),
        ((1021, 1114), DiskFull, 1),
        ((1146, 1054, 1049), SchemaMismatch, 3),
        ((1205, 1213), WriteFailed, 1),
        ((1048, 1062, 1364, 1451, 1452, 3819, 4025), WriteFailed, 1),
        ((0, 1047, 1184, 1203, 2006, 2013, 1927, 3100, 4031), ConnectError, 4),
        ((1153, 1064, 1180, 1712, 9999), WriteFailed, 1),
    ],
)
def test_each_group_of_numbers_becomes_a_parloader_error(numbers: tuple[int, ...], kind: type[ParloaderError], exit_code: int) -> None:
    for number in numbers:
        error = error_codes.translate(pymysql.err.OperationalError(number, "the words"), "writing t, rows 0 to 9", database="shop")
        assert (type(error), error.exit_code) == (kind, exit_code), number
        assert error.message == f"writing t, rows 0 to 9: the words (error {number})"
        assert error.next_step


def test_a_statement_that_an_option_of_the_server_forbids() -> None:
    """--read-only is one of several."""
    words = "The MariaDB server is running with the NO_ENGINE_SUBSTITUTION option so it cannot execute this statement"
    error = error_codes.translate(pymysql.err.OperationalError(1290, words), "writing t", database="shop")
    assert "the option that the message names" in error.next_step


def test_a_missing_privilege_names_the_grant() -> None:
    error = pymysql.err.OperationalError(1142, "INSERT command denied to user 'ann'@'localhost' for table 'orders'")
    error.account = "ann@%"  # type: ignore[attr-defined]  # as driver.Connection does
    step = error_codes.translate(error, "writing", database="shop").next_step
    assert step == "An administrator can grant it: GRANT INSERT ON `shop`.* TO 'ann'@'%'"


@pytest.mark.parametrize(
    ("text", "action", "kind"),
    [
        ('Got error 28 "No space left on device" from storage engine InnoDB', Action.GIVE_UP, DiskFull),
        ("Got error 135 - 'No more room in record file' from storage engine", Action.GIVE_UP, DiskFull),
        ('Got error 149 "Lock deadlock; Retry transaction" from storage engine InnoDB', Action.RETRY, WriteFailed),
        ('Fehler 147 (Speicher-Engine "InnoDB")', Action.RETRY, WriteFailed),
        ('Got error 182 "Invalid document id" from storage engine InnoDB', Action.GIVE_UP, WriteFailed),
    ],
)
def test_an_error_of_the_storage_engine(text: str, action: Action, kind: type[ParloaderError]) -> None:
    """Its number is in the message."""
    error = pymysql.err.OperationalError(1030, text)
    assert error_codes.classify(error) is action
    assert type(error_codes.translate(error, "writing t", database="shop")) is kind


def test_no_advice_tells_a_command_that_only_reads_what_was_committed() -> None:
    advice = [
        error_codes.UNEXPECTED,
        *(meaning.next_step for meaning in error_codes.MEANINGS if meaning.group is not error_numbers.UNKNOWN_OUTCOME),
    ]
    assert not [text for text in advice if "commit" in text]


def test_no_number_has_two_meanings() -> None:
    found = [known.number for meaning in error_codes.MEANINGS for known in meaning.group]
    assert len(found) == len(set(found))


def test_driver_errors_become_parloader_errors() -> None:
    driver_error = pymysql.err.OperationalError(1146, "Table 't' doesn't exist")
    with pytest.raises(SchemaMismatch) as caught, TARGET.translate_errors("counting t"):
        raise driver_error
    assert caught.value.__cause__ is driver_error


@pytest.mark.parametrize("error", [ValueError("not the driver's"), WriteFailed("translated already")])
def test_other_errors_stay_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, TARGET.translate_errors("counting t"):
        raise error
    assert caught.value is error


def wrapped(cause: Exception) -> Exception:
    """How PyMySQL wraps an error of the socket."""
    error = pymysql.err.OperationalError(2003, f"Can't connect to MySQL server ({cause})")
    error.original_exception = cause  # type: ignore[attr-defined]
    return error


def as_it_is(cause: Exception) -> Exception:
    return cause


@pytest.mark.parametrize("wrap", [wrapped, as_it_is])
@pytest.mark.parametrize(
    ("cause", "message"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "unknown host: db:3306"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "unknown host: db:3306; the name server did not answer"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "no server listens at db:3306"),
        (FileNotFoundError(errno.ENOENT, "no socket"), "no server listens at db:3306"),
        (TimeoutError("timed out"), "no answer from db:3306"),
        (OSError(errno.ENETUNREACH, "unreachable"), "cannot reach db:3306: ENETUNREACH"),
    ],
)
def test_a_server_that_cannot_be_reached(cause: Exception, message: str, wrap: Callable[[Exception], Exception]) -> None:
    error = connect_errors.connect_error(wrap(cause), "db:3306", "ann", "shop")
    assert (type(error), error.exit_code, error.message) == (ConnectError, 4, message)
    assert error.next_step


@pytest.mark.parametrize(
    ("number", "kind", "message"),
    [
        (1045, LoginRefused, "db:3306 refuses the login of ann: the words (error 1045)"),
        (1049, LoginRefused, "database shop does not exist at db:3306"),
        (1044, LoginRefused, "ann has no access to database shop at db:3306"),
        (1040, ConnectError, "cannot connect to db:3306: the words (error 1040)"),
        (2013, ConnectionInterrupted, "cannot connect to db:3306: the words (error 2013)"),
    ],
)
def test_a_server_that_refuses_the_login(number: int, kind: type[Exception], message: str) -> None:
    error = connect_errors.connect_error(pymysql.err.OperationalError(number, "the words"), "db:3306", "ann", "shop")
    assert (type(error), error.exit_code, error.message) == (kind, 4, message)
    assert error.next_step


def test_a_server_in_offline_mode_is_running() -> None:
    error = connect_errors.connect_error(pymysql.err.OperationalError(3032, "the words"), "db:3306", "ann", "shop")
    assert error.next_step == "An administrator has set offline_mode; run the same command again when it is off"


def test_a_driver_that_lacks_a_library() -> None:
    error = connect_errors.connect_error(RuntimeError("'cryptography' package is required"), "db:3306", "ann", "shop")
    assert (type(error), error.message) == (ConnectError, "cannot connect to db:3306: RuntimeError")


def test_the_driver_itself_if_no_server_listens() -> None:
    """Checks that PyMySQL's errors look like those that the tests above construct."""
    with socket.socket() as bound:  # but not listening
        bound.bind(("127.0.0.1", 0))
        target = Target(user="ann", database="shop", host="127.0.0.1", port=bound.getsockname()[1])
        with pytest.raises(ConnectError, match=f"no server listens at {target.where}"):
            connect(target)


def test_a_bad_url_shows_how_to_write_one() -> None:
    error = connect_errors.bad_url("the URL names no user")
    assert isinstance(error, UsageError)
    assert "mysql://USER:PASSWORD@HOST" in error.next_step


class Gone:
    """A connection whose server has gone away."""

    def rollback(self) -> None:
        raise pymysql.err.InterfaceError(0, "")

    def close(self) -> None:
        raise BrokenPipeError


def test_the_end_of_a_lost_connection_is_no_error() -> None:
    error_codes.rollback(Gone())
    error_codes.close(Gone())
