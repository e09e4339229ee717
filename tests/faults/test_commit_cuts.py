"""scripts/commit_cuts: the connection is cut at every byte of COMMIT and of its answer, and each row is there once."""

from pathlib import Path

import pytest
from commit_cuts import CUTS, cut_load, markdown
from support.proxy import COMMIT_BYTES, OK_BYTES, Moment
from support.servers import TestServer


@pytest.mark.parametrize(
    ("server", "writer", "cuts"),
    [
        ("mariadb", "insert", len(CUTS)),
        pytest.param("mariadb", "load-data", 1000, marks=pytest.mark.slow),
        pytest.param("mysql", "insert", 1000, marks=pytest.mark.slow),
        pytest.param("mysql", "load-data", 1000, marks=pytest.mark.slow),
    ],
    indirect=["server"],
)
def test_each_row_is_there_once(server: TestServer, writer: str, cuts: int, tmp_path: Path) -> None:
    """A batch whose COMMIT did not reach the server is written again; one whose answer was lost is found in the ledger."""
    load = cut_load(server, server.kind, writer, cuts, tmp_path)
    assert sum(load.found.values()) == cuts + 1  # and the batch of the parents
    for (harm, committed), count in load.found.items():
        assert harm.byte is not None
        if harm.moment is Moment.BEFORE_COMMIT and harm.byte < COMMIT_BYTES:
            assert committed is False, (harm, count)
        elif harm.moment is Moment.AFTER_COMMIT and harm.byte < OK_BYTES:
            assert committed is True, (harm, count)
    rows = [line for line in markdown([load], command="c", servers=["s"]).splitlines() if " of 11 of " in line]
    assert len(rows) == COMMIT_BYTES + OK_BYTES + 2
