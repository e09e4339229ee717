"""Messages name functions and arguments, and no commands and options that have them."""

import pytest

from parloader.api.wording import in_words_of_the_library, reworded
from parloader.errors import Interrupted, Refused


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("To allow it: --allow-remote 192.0.2.1", 'To allow it: allow_remote=["192.0.2.1"]'),
        ("correct the host in --url; without --url, parloader starts", "correct the host in the URL; without a database, parloader starts"),
        (
            "(parloader clean --run 1), or the same command with --new-run",
            "(parloader.clean(database, run=1)), or the same call with new_run=True",
        ),
        ("which only --all allows. Use fewer --procs", "which only all_tables allows. Use fewer procs"),
        ("leave out tables: --rows TABLE=0", 'leave out tables: rows={"TABLE": 0}'),
        ("--rows a=0 --rows 'b c=0' leaves", 'rows={"a": 0, "b c": 0} leaves'),
        ("At most --rows 500 fit", "At most rows=500 fit"),
        ("--rows reading=…: this load has no table reading", "rows names a table reading that this load does not have"),
        ("--rows 'a b'=…: this load has no table a b. Its", "rows names a table a b that this load does not have. Its"),
        ("Nothing was changed; run the command again", "Nothing was changed; make the call again"),
        ("when it is off; run the same command again", "when it is off; make the same call again"),
        ("example: parloader seed --table reading. Or use", 'example: parloader.seed(database, table="reading"). Or use'),
        ("parloader seed --table shop.orders: it", 'parloader.seed(database, table="shop.orders"): it'),
        ("To allow it: --allow-remote db.example.com. Or", 'To allow it: allow_remote=["db.example.com"]. Or'),
        ("--table and --set cannot be combined", "table and parameters cannot be combined"),
        ("parloader status lists the runs", "parloader.status(database) lists the runs"),
        ("first: parloader seed --table NAME", 'first: parloader.seed(database, table="NAME")'),
        ("parloader seed --table 'odd name' --rows 5", 'parloader.seed(database, table="odd name", rows=5)'),
        ("parloader clean --run 3 --edited-too deletes", "parloader.clean(database, run=3, edited_too=True) deletes"),
        ("The same command without --new-run resumes it", "The same call resumes it"),
        ("create them: --create (in Python, create=True)", "create them: create=True"),
        ("allow it: --allow-database other (in Python, allow_databases)", 'allow it: allow_databases=["other"]'),
        ("a plan file; parloader plan --write creates one", "a plan file; parloader plan --write creates one"),
        ("parloader guard --allow --yes", "parloader guard --allow --yes"),
        ("Check --ssl-ca", "Check --ssl-ca"),
        ("a--all b --all-of", "a--all b --all-of"),
    ],
)
def test_messages(text: str, changed: str) -> None:
    assert reworded(text) == changed
    assert reworded(changed) == changed


def test_errors() -> None:
    error = Refused("no run 7", "parloader status lists the runs")
    error.lines = ("--all",)
    with pytest.raises(Refused) as caught, in_words_of_the_library():
        raise error
    assert caught.value is error
    assert str(error) == "no run 7. parloader.status(database) lists the runs"
    assert error.args == (error.message, error.next_step)
    assert error.lines == ("all_tables",)
    with pytest.raises(KeyboardInterrupt, match="The same call resumes it") as interrupted, in_words_of_the_library():
        raise Interrupted("interrupted", "The same command resumes it")
    assert interrupted.value.__suppress_context__  # one traceback
    assert interrupted.value.__cause__ is None
    with pytest.raises(LookupError), in_words_of_the_library():
        raise LookupError
