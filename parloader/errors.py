"""The errors of parloader, as types. Each has an exit code and tells the user the next step.

Exit codes: 1 failed, 2 invalid input, 3 refused (nothing was done), 4 no connection, 130 interrupted. The message and the next step never contain secrets.
"""

from typing import ClassVar


class ParloaderError(Exception):
    """A command failed. Raised itself if clean leaves rows or batches of a run (which the ledger then keeps)."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message, next_step)
        self.message = message
        """What went wrong, and where."""
        self.next_step = next_step
        """What the user can do about it."""
        self.lines: tuple[str, ...] = ()
        """If there are several problems: one line for each. Empty: the error is one line."""

    def __str__(self) -> str:
        return f"{self.message}. {self.next_step}" if self.next_step else self.message


class WorkerDied(ParloaderError):
    """A worker process ended without reporting an error (killed, out of memory)."""


class WriteFailed(ParloaderError):
    """The server rejected a batch, or the retries ran out."""


class DiskFull(ParloaderError):
    """The server's disk is full."""


class ServerStartError(ParloaderError):
    """The private server cannot be created or started."""


class ResultNotWritten(ParloaderError):
    """The command did what it should, but its result could not be written to stdout."""


class OutOfResources(ParloaderError):
    """This machine gives the process no more memory, open files, processes or threads."""


class InternalError(ParloaderError):
    """A bug of parloader, or of something that it uses."""


class VerifyFailed(ParloaderError):
    """The database does not contain what the plan says."""


class TablesNotFilled(ParloaderError):
    """Some tables of the database cannot be filled; the others are, or would be."""


class UsageError(ParloaderError):
    """An option, parameter, URL or file is not valid."""

    exit_code = 2


class Refused(ParloaderError):
    """Nothing was done, because it would have been wrong."""

    exit_code = 3

    def __init__(self, message: str, next_step: str = "", *, table: str = "") -> None:
        super().__init__(message, next_step)
        self.table = table
        """The table without which it could have been done; empty: there is no such table."""


class SchemaMismatch(Refused):
    """The live schema does not fit the plan."""


class AnotherRun(Refused):
    """The table contains a run of another plan, or a run is in progress."""


class SessionLawError(Refused):
    """Required session settings could not be enforced."""


class ServerNotSupported(Refused):
    """The server is too old, read-only, or without transactions."""


class PrivilegeMissing(Refused):
    """The account lacks a privilege."""


class ForeignRows(Refused):
    """Rows that parloader did not create reference rows that clean would delete."""


class UnseenReferences(Refused):
    """Foreign keys may reference rows that clean would delete, and the account cannot see them or read their rows."""


class LedgerDamaged(Refused):
    """A part of the ledger is missing."""


class EditedRows(Refused):
    """Rows that clean would delete were edited, or a change of the schema makes it impossible to tell."""


class RemoteHost(Refused):
    """The server is not on this machine, and its host was not allowed."""


class Forbidden(Refused):
    """The database contains the marker that forbids parloader to write to it."""


class ConnectError(ParloaderError):
    """Cannot connect or log in."""

    exit_code = 4


class ConnectionInterrupted(ConnectError):
    """A server accepted the connection, which was lost before it could be used: another attempt may succeed."""


class LoginRefused(ConnectError):
    """The server rejects the account, its password or the database: retrying does not help."""


class SchedulerLost(ConnectError):
    """The scheduler of the Dask cluster is gone or hangs. The command cannot connect again, and so retries nothing."""


class Interrupted(ParloaderError):
    """Ctrl-C, SIGTERM or SIGHUP. Committed rows are kept, and the run can be resumed."""

    exit_code = 130
