"""parloader fills tables of a MySQL or MariaDB database with millions of deterministic rows while every constraint stays on.

Exports everything that a plan in Python uses (docs/plan-files.md), and imports it on first use: the command handles signals and closed
streams before it imports anything large.
"""

import time

TYPE_CHECKING = False  # as in typing, whose import takes longer than this module

if TYPE_CHECKING:
    from parloader.plans.exports import *  # noqa: F403
else:

    def __getattr__(name: str) -> object:
        from parloader.plans import exports

        return getattr(exports, name)


__version__ = "0.2.0"

IMPORTED_AT_SECONDS = time.monotonic()
