"""What can go wrong, as types: each has an exit code and a next step.

ParloaderError                 1   failed; also a clean that leaves rows or batches of a run, which the ledger then keeps
  WorkerDied                       a worker process ended without a word (killed, out of memory)
  WriteFailed                      the server refused a batch, or retries ran out
  DiskFull                         the server has no room left
  ServerStartError                 the private server cannot be made or started
  VerifyFailed                     the database is not what the plan says
  UsageError                   2   an option, parameter, URL or file is not valid
  Refused                      3   nothing was done, because it would not be right
    SchemaMismatch                 the live schema does not fit the plan
    AnotherRun                     the table holds a run of another plan, or one is in progress
    SessionLawError                the server does not grant the session laws
    ServerNotSupported             too old, read-only, or without transactions
    PrivilegeMissing               the account may not do it
    ForeignRows                    somebody's rows point at rows that clean would delete
    LedgerDamaged                  a part of the ledger is missing
    EditedRows                     somebody edited rows that clean would delete, or the schema so that nobody can tell
    RemoteHost                     the server is not on this machine, and its host was not allowed
    Forbidden                      the database holds the marker that forbids parloader to write there
  ConnectError                 4   cannot connect or log in
    LoginRefused                   the account, its password or the database is refused: trying again is no use
  Interrupted                130   Ctrl-C or SIGTERM; what was committed stays and can be resumed
"""

from typing import ClassVar


class ParloaderError(Exception):
    """`message` says what and where, `next_step` what the user can do; both without secrets."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message, next_step)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message}. {self.next_step}" if self.next_step else self.message


class WorkerDied(ParloaderError):
    pass


class WriteFailed(ParloaderError):
    pass


class DiskFull(ParloaderError):
    pass


class ServerStartError(ParloaderError):
    pass


class VerifyFailed(ParloaderError):
    pass


class UsageError(ParloaderError):
    exit_code = 2


class Refused(ParloaderError):
    exit_code = 3


class SchemaMismatch(Refused):
    pass


class AnotherRun(Refused):
    pass


class SessionLawError(Refused):
    pass


class ServerNotSupported(Refused):
    pass


class PrivilegeMissing(Refused):
    pass


class ForeignRows(Refused):
    pass


class LedgerDamaged(Refused):
    pass


class EditedRows(Refused):
    pass


class RemoteHost(Refused):
    pass


class Forbidden(Refused):
    pass


class ConnectError(ParloaderError):
    exit_code = 4


class LoginRefused(ConnectError):
    pass


class Interrupted(ParloaderError):
    exit_code = 130
