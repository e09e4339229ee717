"""What protects the rows of others that clean cannot see, that change while it runs, or that other runs need.

See protections_model.Protection.
"""

from protections_model import Protection

VISIBILITY = "parloader/database/visibility.py"

DELETION = "parloader/rows/deletion.py"

DELETE_TASK = "parloader/workers/tasks/delete.py"

CLEAN = "parloader/operations/clean.py"

COMPLETE_READS = "parloader/ledger/complete_reads.py"

UNSEEN = "tests/acceptance/test_clean_unseen.py"

MEANWHILE = "tests/acceptance/test_clean_meanwhile.py"

BY_KEY, BY_VALUES = "INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY", "CHAR(20) NOT NULL PRIMARY KEY"

OTHERS = (
    Protection(
        name="unseen-references",
        what="clean refuses if the account cannot see every foreign key to the generated rows",
        file=VISIBILITY,
        old='    complete = unseen is not None or shows_all_tables(line for (line,) in sql.rows(connection, "SHOW GRANTS"))\n',
        new="    complete = True\n",
        tests=(f"{UNSEEN}::test_a_table_of_another_database_that_the_account_cannot_see[mariadb-CASCADE]",),
    ),
    Protection(
        name="references-in-dictionary",
        what="foreign keys that only InnoDB's dictionary lists count",
        file=VISIBILITY,
        old="    return tuple(HiddenReference(_quoted(child), wanted[parent]) for child, parent in existing - listed)\n",
        new="    return ()\n",
        tests=(f"{UNSEEN}::test_a_table_of_another_database_that_the_account_cannot_see[mariadb-CASCADE]",),
    ),
    Protection(
        name="revoked-privileges",
        what="a privilege that was taken back for one database counts for nothing",
        file="parloader/database/grants.py",
        old='    if any(line.startswith("REVOKE ") for line in lines):\n',
        new="    if False:\n",
        tests=(f"{UNSEEN}::test_a_privilege_that_is_taken_back_for_one_database[mysql]",),
    ),
    Protection(
        name="unseen-tables",
        what="a table that the account may not read is not taken for missing",
        file=VISIBILITY,
        old="        if error_codes.is_table_missing(error):\n            return False\n        raise\n    return True\n",
        new="        return False\n    return True\n",
        tests=(f"{UNSEEN}::test_what_the_account_may_not_read_is_not_taken_for_missing[mariadb]",),
    ),
    Protection(
        name="all-or-nothing",
        what="with `--accept-unseen-references`, a refusal by the server undoes the entire clean",
        file=CLEAN,
        old="MAX_ROWS_AT_ONCE = 10_000\n",
        new="MAX_ROWS_AT_ONCE = 0\n",
        tests=(f"{UNSEEN}::test_told_to_go_on_it_deletes_all_or_nothing[mariadb-RESTRICT]",),
    ),
    Protection(
        name="chunk-locked",
        what="the rows of a chunk are locked before they are compared and deleted",
        file=DELETION,
        old="self._deletion.max_text_bytes, lock=FOR_UPDATE)",
        new="self._deletion.max_text_bytes)",
        tests=("tests/integration/rows/test_deletion.py::test_the_rows_to_delete_are_locked[mariadb-by key]",),
    ),
    Protection(
        name="chunk-locked-uncompared",
        what="rows that are deleted without a comparison are also locked",
        file=DELETION,
        old="            for condition in self._conditions if self._deletion.references else ():\n",
        new="            for condition in ():\n",
        tests=("tests/integration/rows/test_deletion.py::test_the_rows_to_delete_are_locked[mariadb-by key, edited too]",),
    ),
    Protection(
        name="chunk-compared",
        what="a worker compares the rows of a chunk in the transaction that deletes them",
        file=DELETE_TASK,
        old="            part.lock(connection, self.current_pass)\n",
        new="",
        tests=(f"{MEANWHILE}::test_a_row_of_ours_that_is_edited[mariadb-{BY_VALUES}-book-title]",),
    ),
    Protection(
        name="parents-compared",
        what="the small parents of a run are compared in the transaction that deletes them",
        file=CLEAN,
        old="        control.require_current(connection, todo.token)\n        for rows in doomed:\n            rows.lock(connection)\n",
        new="        control.require_current(connection, todo.token)\n",
        tests=(f"{MEANWHILE}::test_a_row_of_ours_that_is_edited[mariadb-{BY_KEY}-shelf-name]",),
    ),
    Protection(
        name="second-pass-compared",
        what="the columns of the second pass are compared before they are unset",
        file=DELETION,
        old=".after_pass(last), self.rows)",
        new=".after_pass(Pass.FIRST), self.rows)",
        tests=(f"{MEANWHILE}::test_a_second_pass_that_is_edited[mariadb-{BY_KEY}]",),
    ),
    Protection(
        name="chunk-references",
        what="a worker looks for references to a chunk in the transaction that deletes it",
        file=DELETE_TASK,
        old="            part.require_unreferenced(connection, self.current_pass)\n",
        new="",
        tests=(f"{MEANWHILE}::test_a_row_that_begins_to_reference_one_of_ours[mariadb-{BY_KEY}-loan-book]",),
    ),
    Protection(
        name="parent-references",
        what="references to the small parents are looked for in the transaction that deletes them",
        file=CLEAN,
        old="            rows.require_unreferenced(connection)\n            rows.delete(connection)\n        require",
        new="            rows.delete(connection)\n        require",
        tests=(f"{MEANWHILE}::test_a_row_that_begins_to_reference_one_of_ours[mariadb-{BY_VALUES}-note-shelf]",),
    ),
    Protection(
        name="recorded-left",
        what="a run stays in the ledger as long as batches of it are listed",
        file="parloader/runs/removal.py",
        old="        if recorded:\n",
        new="        if False:\n",
        tests=("tests/acceptance/test_clean_left.py::test_a_batch_that_is_recorded_while_clean_runs[mariadb-by key]",),
    ),
    Protection(
        name="parents-with-run",
        what="a run leaves the ledger in the transaction that deletes its small parents",
        file=CLEAN,
        old="            rows.delete(connection)\n        require_nothing_left",
        new="            rows.delete(connection)\n        connection.commit()\n        require_nothing_left",
        tests=("tests/acceptance/test_clean_left.py::test_a_parent_row_that_a_trigger_brings_back[mariadb-by key]",),
    ),
    Protection(
        name="uncommitted-row-keys",
        what="a row under a row key that a run never committed is its only with the generated values",
        file="parloader/rows/ownership.py",
        old="                if actual is not None and is_same(view.columns, expected, actual):\n",
        new="                if actual is not None:\n",
        tests=("tests/acceptance/test_clean_left.py::test_rows_of_others_under_keys_that_the_run_never_committed[mariadb]",),
    ),
    Protection(
        name="ledger-read-completely",
        what="a ledger of which the server returns a part of the rows is refused",
        file=COMPLETE_READS,
        old="    if rows != expected:\n",
        new="    if False:\n",
        tests=(
            "tests/integration/ledger/test_complete_reads.py::test_a_limit_of_the_rows_that_a_select_returns"
            "[mariadb-40-returned 40 of the 53 rows of parloader_batch]",
        ),
    ),
    Protection(
        name="ledger-listed-completely",
        what="a ledger of which the server lists a part of the tables is refused",
        file="parloader/ledger/store.py",
        old="    if all_exist(connection, missing):\n",
        new="    if False:\n",
        tests=("tests/integration/ledger/test_complete_reads.py::test_a_limit_of_the_rows_that_a_select_returns[mariadb-1-did not list ]",),
    ),
    Protection(
        name="batches-have-runs",
        what="a ledger with batches of a run that it lacks is refused",
        file=COMPLETE_READS,
        old="    if batches:\n",
        new="    if False:\n",
        tests=(
            "tests/integration/ledger/test_complete_reads.py::test_a_part_that_is_gone"
            "[mariadb-DELETE FROM parloader_run WHERE run_id = 2-parloader_run lacks run 2, to which 10 rows in parloader_batch belong]",
        ),
    ),
    Protection(
        name="runs-have-tables",
        what="a ledger with a run whose tables it lacks is refused",
        file=COMPLETE_READS,
        old="    if missing := sorted(planned - recorded):\n",
        new="    if missing := sorted(set[str]()):\n",
        tests=(
            "tests/integration/ledger/test_complete_reads.py::test_a_part_that_is_gone"
            "[mariadb-DELETE FROM parloader_table WHERE run_id = 1-parloader_table lacks ticket of run 1]",
        ),
    ),
    Protection(
        name="runs-needed",
        what="`clean --run` refuses if a run that is kept needs rows of this one",
        file="parloader/rows/outside_references.py",
        old="            raise self._needed(foreign_key, generated, excluding, kept)\n",
        new="            return\n",
        tests=("tests/acceptance/test_clean_runs.py::test_one_run_of_two_that_share_parents[mariadb]",),
    ),
    Protection(
        name="runs-shared-rows",
        what="`clean --run` refuses if a run that is kept has rows under the same keys",
        file="parloader/runs/removal.py",
        old="    require_no_shared_rows(connection, selected, kept, schema, config.command)\n",
        new="",
        tests=("tests/acceptance/test_clean_runs.py::test_a_row_that_two_runs_claim[mariadb]",),
    ),
    Protection(
        name="kept-runs-kept",
        what="`clean --run` keeps the tables and the ledger of the other runs",
        file=CLEAN,
        old="CreatedTables() if removal.kept_runs else",
        new="CreatedTables() if False else",
        tests=("tests/acceptance/test_clean_runs.py::test_runs_of_tables_without_references[mariadb]",),
    ),
    Protection(
        name="rows-of-triggers",
        what="`--with-trigger-rows` deletes no row that rows of others reference",
        file="parloader/rows/trigger_rows.py",
        old="    if others.readable or others.hidden or not (others.complete or command.accept_unseen_references):\n",
        new="    if False:\n",
        tests=("tests/acceptance/test_triggers.py::test_rows_that_a_trigger_adds[mariadb-own key]",),
    ),
    Protection(
        name="created-tables-referenced",
        what="clean keeps the tables that parloader created if a table of others references them",
        file="parloader/builtin/tables.py",
        old="        if key.child not in created:\n",
        new="        if False:\n",
        tests=("tests/acceptance/test_clean_runs.py::test_tables_that_seed_created_and_clean_keeps[mariadb-a reference]",),
    ),
    Protection(
        name="lost-connections",
        what="a command's own connection is replaced if it is lost",
        file="parloader/workers/retry_policy.py",
        old="        if not transient or retries.exhausted:\n            raise failure\n",
        new="        if failure:\n            raise failure\n",
        tests=("tests/acceptance/test_lost_connections.py::test_a_lost_connection_is_replaced[mariadb]",),
    ),
)
