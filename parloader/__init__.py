"""parloader fills a table of a MySQL or MariaDB database with millions of deterministic rows, every constraint left on."""

import time

__version__ = "0.1.0"
IMPORTED_AT_SECONDS = time.monotonic()
