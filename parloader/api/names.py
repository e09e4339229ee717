"""Finds the public names of parloader when they are used. Imports nothing large; exports.py has the same names for type checkers."""

from importlib import import_module

MODULES = {
    "parloader.api.checking": "clean status verify",
    "parloader.api.exporting": "export",
    "parloader.api.loading": "plan seed seeded",
    "parloader.api.progress": "ProgressUpdate",
    "parloader.api.resetting": "mark reset",
    "parloader.errors": "AnotherRun ConnectError ConnectionInterrupted DiskFull EditedRows Forbidden ForeignRows InternalError Interrupted LedgerDamaged"
    " LoginRefused OutOfResources ParloaderError PrivilegeMissing Refused RemoteHost SchemaMismatch ServerNotSupported ServerStartError"
    " SessionLawError UnseenReferences UsageError WorkerDied WriteFailed",
    "parloader.operations.clean_result": "CleanResult",
    "parloader.operations.export_result": "ExportResult",
    "parloader.operations.plan": "Forecast",
    "parloader.operations.reset": "MarkResult ResetResult",
    "parloader.operations.seed_result": "SeedResult",
    "parloader.operations.status": "Status",
    "parloader.operations.verify": "VerifyResult",
}
"""Module → the names in it. Those of plans/exports.py count as well."""

OF_PLANS = "parloader.plans.exports"


def find(name: str) -> object:
    """The public name, or `__all__`. AttributeError: there is no such name."""
    if name == "__all__":
        return sorted({name for names in MODULES.values() for name in names.split()} | {*import_module(OF_PLANS).__all__})
    for module, names in MODULES.items():
        if name in names.split():
            return getattr(import_module(module), name)
    # generators and parts of a plan are classes; other names are modules, which Python itself looks for next
    if name[:1].isupper() and name in import_module(OF_PLANS).__all__:
        return getattr(import_module(OF_PLANS), name)
    raise AttributeError(f"module 'parloader' has no attribute '{name}'", name=name)
