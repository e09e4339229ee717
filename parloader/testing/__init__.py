"""For test suites: the pytest plugin, and what it gives to tests (docs/pytest.md). Begin reading in plugin.py.

pytest loads the plugin at each start, so nothing here may import more than pytest and the standard library before a fixture is used.
"""

TYPE_CHECKING = False  # as in typing, whose import takes longer than this module

if TYPE_CHECKING:
    from parloader.testing.database import Database as Database
    from parloader.testing.seeding import Seeder as Seeder
    from parloader.testing.server import Server as Server
    from parloader.testing.server import temporary_database as temporary_database
else:
    PUBLIC = {"Database": "database", "Seeder": "seeding", "Server": "server", "temporary_database": "server"}

    def __getattr__(name: str) -> object:
        if name not in PUBLIC:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)
