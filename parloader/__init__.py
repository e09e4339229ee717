"""parloader fills tables of a MySQL or MariaDB database with millions of deterministic rows while every constraint stays on.

`__all__` is the public interface (docs/python.md); anything else may change. Each name is imported on first use: the command handles signals
and closed streams before it imports anything large, and a program that imports parloader pays only for what it uses.
"""

import time

TYPE_CHECKING = False  # as in typing, whose import takes longer than this module

if TYPE_CHECKING:
    from parloader.api.exports import *  # noqa: F403
    from parloader.api.exports import __all__ as __all__
    from parloader.plans.exports import *  # noqa: F403
    from parloader.plans.exports import Form as Form
else:

    def __getattr__(name: str) -> object:
        if name.startswith("__") and name != "__all__":  # asked for by the import system and by tools, and never there
            raise AttributeError(f"module 'parloader' has no attribute '{name}'")
        from parloader.api import names

        value = names.find(name)
        globals()[name] = value  # the next time it is an ordinary attribute
        return value

    def __dir__() -> list[str]:
        return [*globals(), *__getattr__("__all__")]


__version__ = "0.2.0"

IMPORTED_AT_SECONDS = time.monotonic()
