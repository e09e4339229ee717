"""Which tests `scripts/test --server` runs; and that what they import if a Docker engine answers raises no warning, shown without one."""

import inspect
import subprocess
import sys

import pytest
from support.servers import KINDS, NEWER_MARIADB, container, is_wanted

RUN_ON = {"mariadb": {"mariadb", NEWER_MARIADB}, "mysql": {"mysql"}, NEWER_MARIADB: set(), "no server": set(KINDS)}
"""The server that a test asks for, and the values of `scripts/test --server` with which it runs."""


@pytest.mark.parametrize("kind", RUN_ON)
def test_a_test_of_another_server_is_left_out(kind: str, request: pytest.FixtureRequest) -> None:
    assert {only for only in KINDS if is_wanted(request.node, only)} == RUN_ON[kind]


def test_the_import_of_a_container_raises_no_warning() -> None:
    """In a process of its own, because a module that is already imported does not warn again."""
    (line,) = [line.strip() for line in inspect.getsource(container).splitlines() if line.strip().startswith("from testcontainers")]
    done = subprocess.run([sys.executable, "-W", "error", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
