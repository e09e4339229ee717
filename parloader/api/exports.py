"""What `from parloader import …` offers, for type checkers; names.py finds each name when it is used."""

from parloader.api.checking import clean, status, verify
from parloader.api.exporting import export
from parloader.api.loading import plan, seed, seeded
from parloader.api.progress import ProgressUpdate
from parloader.api.resetting import mark, reset
from parloader.errors import (
    AnotherRun,
    ConnectError,
    ConnectionInterrupted,
    DiskFull,
    EditedRows,
    Forbidden,
    ForeignRows,
    InternalError,
    Interrupted,
    LedgerDamaged,
    LoginRefused,
    OutOfResources,
    ParloaderError,
    PrivilegeMissing,
    Refused,
    RemoteHost,
    SchemaMismatch,
    ServerNotSupported,
    ServerStartError,
    SessionLawError,
    UnseenReferences,
    UsageError,
    WorkerDied,
    WriteFailed,
)
from parloader.operations.clean_result import CleanResult
from parloader.operations.export_result import ExportResult
from parloader.operations.plan import Forecast
from parloader.operations.reset import MarkResult, ResetResult
from parloader.operations.seed_result import SeedResult
from parloader.operations.status import Status
from parloader.operations.verify import VerifyResult
from parloader.plans import exports
from parloader.plans.exports import *  # noqa: F403
from parloader.plans.exports import Form as Form

__all__ = [
    "AnotherRun",
    "CleanResult",
    "ConnectError",
    "ConnectionInterrupted",
    "DiskFull",
    "EditedRows",
    "ExportResult",
    "Forbidden",
    "Forecast",
    "ForeignRows",
    "InternalError",
    "Interrupted",
    "LedgerDamaged",
    "LoginRefused",
    "MarkResult",
    "OutOfResources",
    "ParloaderError",
    "PrivilegeMissing",
    "ProgressUpdate",
    "Refused",
    "RemoteHost",
    "ResetResult",
    "SchemaMismatch",
    "SeedResult",
    "ServerNotSupported",
    "ServerStartError",
    "SessionLawError",
    "Status",
    "UnseenReferences",
    "UsageError",
    "VerifyResult",
    "WorkerDied",
    "WriteFailed",
    "clean",
    "export",
    "mark",
    "plan",
    "reset",
    "seed",
    "seeded",
    "status",
    "verify",
]
__all__ += exports.__all__
