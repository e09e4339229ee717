"""What the tests import if a Docker engine answers raises no warning; shown without such an engine."""

import inspect
import subprocess
import sys

from support.servers import container


def test_the_import_of_a_container_raises_no_warning() -> None:
    """In a process of its own, because a module that is already imported does not warn again."""
    (line,) = [line.strip() for line in inspect.getsource(container).splitlines() if line.strip().startswith("from testcontainers")]
    done = subprocess.run([sys.executable, "-W", "error", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
