"""Why a server did not start, from logs that MariaDB 10.11 and MySQL 9.7 have written."""

import pytest

from parloader.database.private_server.log import start_error

PORT = """
2026-11-28  8:46:00 0 [Warning] Could not increase number of max_open_files to more than 20000 (request: 32184)
2026-11-28  8:46:00 0 [ERROR] Can't start server: Bind on TCP/IP port. Got error: 98: Address already in use
2026-11-28  8:46:00 0 [ERROR] Do you already have another server running on port: 45678 ?
2026-11-28  8:46:00 0 [ERROR] Aborting
[ERROR] parloader: the server ended with status 1
"""

CORRUPT = """
2026-11-28  8:46:04 0 [ERROR] InnoDB: Inconsistent tablespace ID in ./ibdata1
2026-11-28  8:46:04 0 [ERROR] InnoDB: Plugin initialization aborted with error Data structure corruption
2026-11-28  8:46:04 0 [ERROR] Plugin 'InnoDB' registration as a STORAGE ENGINE failed.
2026-11-28  8:46:04 0 [ERROR] Unknown/unsupported storage engine: InnoDB
2026-11-28  8:46:04 0 [ERROR] Aborting
"""

LOCKED = """
2026-11-28T08:48:14.249476Z 1 [ERROR] [MY-012574] [InnoDB] Unable to lock ./ibdata1 error: 11
2026-11-28T08:48:15.249602Z 1 [ERROR] [MY-012574] [InnoDB] Unable to lock ./ibdata1 error: 11
2026-11-28T08:48:15.249605Z 1 [Note] [MY-012575] [InnoDB] Check that you do not already have another mysqld process
"""

NO_REDO_LOG = """
2026-11-28T08:47:44.507811Z 1 [ERROR] [MY-013862] [InnoDB] Neither found #innodb_redo subdirectory, nor ib_logfile* files in ./
2026-11-28T08:47:44.507843Z 1 [ERROR] [MY-012930] [InnoDB] Plugin initialization aborted with error Generic error.
2026-11-28T08:47:44.811365Z 1 [ERROR] [MY-010334] [Server] Failed to initialize DD Storage Engine
2026-11-28T08:47:44.811538Z 0 [ERROR] [MY-010020] [Server] Data Dictionary initialization failed.
2026-11-28T08:47:44.811548Z 0 [ERROR] [MY-010119] [Server] Aborting
"""

KILLED = """
2026-11-28  8:46:00 0 [Note] Starting MariaDB 10.11.18
[ERROR] parloader: the server was killed by SIGKILL
"""


NO_LIBRARY = """
mysqld: error while loading shared libraries: libaio.so.1
[ERROR] parloader: the server ended with status 127
"""


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (PORT, "Can't start server: Bind on TCP/IP port. Got error: 98: Address already in use / Do you already have another server running on port: 45678 ?"),
        (CORRUPT, "InnoDB: Inconsistent tablespace ID in ./ibdata1"),
        (LOCKED, "Unable to lock ./ibdata1 error: 11"),
        (NO_REDO_LOG, "Neither found #innodb_redo subdirectory, nor ib_logfile* files in ./"),
        (KILLED, "parloader: the server was killed by SIGKILL"),
        (NO_LIBRARY, "mysqld: error while loading shared libraries: libaio.so.1"),
        ("2026-11-28  8:46:00 0 [Note] nothing else\n", "it logged nothing"),
    ],
)  # fmt: skip
def test_the_cause_and_not_its_consequences(text: str, error: str) -> None:
    assert start_error(text) == error
