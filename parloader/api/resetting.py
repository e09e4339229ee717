"""The functions of the library that bring a database of a private server back to an earlier state."""

from parloader.api.databases import Database, connected_to
from parloader.api.wording import in_words_of_the_library
from parloader.operations import reset as resetting
from parloader.operations.reset import MarkResult, ResetResult
from parloader.workers.progress import Progress


@in_words_of_the_library()
def mark(database: Database = None) -> MarkResult:
    """Remembers the present state of a database of a private server, for `reset`. It copies the rows, and replaces an earlier mark.

    Args:
        database: As for `seed`. The server must be a private server of parloader.

    Returns:
        The number of tables and rows, and the seconds that it took.

    Raises:
        Refused: It is no private server.
        AnotherRun: A parloader command is at work in the database, or a connection has uncommitted changes.
        ConnectError: The server cannot be reached, or refuses the account.

    Examples:
        >>> import parloader
        >>> parloader.mark(url).tables > 0
        True
    """
    with connected_to(database, Progress().note) as target:
        return resetting.mark(target)


@in_words_of_the_library()
def reset(database: Database = None) -> ResetResult:
    """Brings a database of a private server back to its state at the last `mark`: rows, AUTO_INCREMENT, tables, views, triggers and routines.

    Args:
        database: As for `mark`.

    Returns:
        What was taken back, by table, and the seconds that it took.

    Raises:
        Refused: There is no mark, it is no private server, or a system-versioned table was changed.
        AnotherRun: As for `mark`.
        ConnectError: The server cannot be reached, or refuses the account.

    Examples:
        >>> import parloader
        >>> marked = parloader.mark(url)
        >>> result = parloader.seed(url, table="orders", rows=1000)
        >>> taken_back = parloader.reset(url)
        >>> taken_back.rows["orders"]
        1000
    """
    with connected_to(database, Progress().note) as target:
        return resetting.reset(target)
