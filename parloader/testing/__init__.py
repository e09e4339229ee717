"""For test suites: the pytest plugin, and what it gives to tests (docs/pytest.md). Begin reading in plugin.py.

pytest loads the plugin at each start, so nothing here may import more than pytest and the standard library before a fixture is used.
"""

TYPE_CHECKING = False  # as in typing, whose import takes longer than this module

if TYPE_CHECKING:
    from parloader.testing.database import Database as Database
    from parloader.testing.server import Server as Server
else:

    def __getattr__(name: str) -> object:
        if name == "Database":
            from parloader.testing.database import Database

            return Database
        if name == "Server":
            from parloader.testing.server import Server

            return Server
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
