"""For the settings of a Django project. Imports nothing of Django: its settings are not complete while they are imported."""

import atexit
from contextlib import ExitStack
from typing import Any

from parloader.testing.messages import raised_for_tests
from parloader.testing.server import Settings, running_server


def private_database(kind: str = "") -> dict[str, Any]:
    """An entry of DATABASES, for tests only: on a private server, which starts now and stops when this process ends.

    `kind`: mariadb or mysql; empty: whichever is installed. Raises ServerStartError, and UsageError if it is another kind.
    """
    stack = ExitStack()
    with raised_for_tests():
        server = stack.enter_context(running_server(Settings(kind=kind)))
    atexit.register(stack.close)
    return server.django_settings()
