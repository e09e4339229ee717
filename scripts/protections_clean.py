"""What protects the rows of others when parloader cleans, and its own when it is told less than it needs. See protections_model.Protection."""

from protections_model import Protection

# The loop over the rows that a batch of clean still has in the ledger
FORGET = "        for left in reversed(recorded_batches.forget(connection, self.run_id, self.ledger_name, batch)):\n"

CLEAN = (
    Protection(
        name="outside-references",
        what="clean refuses if rows of others reference generated rows",
        file="parloader/runs/removal.py",
        old="    require_no_outside_references(connection, selected, kept, schema, remaining, config.command)\n",
        new="",
        tests=("tests/acceptance/test_clean.py::test_rows_of_somebody_that_point_at_ours_are_named_and_nothing_goes[mariadb-CASCADE]",),
    ),
    Protection(
        name="edited-rows",
        what="clean refuses if generated rows were edited",
        file="parloader/operations/clean.py",
        old="        for table, rows in require_no_edited_rows(compare_context, run, removal.schema, config.command).items():\n",
        new="        for table, rows in dict[str, int]().items():\n",
        tests=(
            "tests/acceptance/test_clean_others.py::test_one_edited_or_replaced_parent_is_enough"
            "[mariadb-UPDATE robot_account SET username = 'mine'-1 of robot_account (id 1)]",
        ),
    ),
    Protection(
        name="key-no-longer-unique",
        what="a delete by row key deletes at most one row for each key",
        file="parloader/rows/lookup.py",
        old="        if count > piece.height:\n",
        new="        if False:\n",
        tests=("tests/integration/rows/test_lookup.py::test_columns_that_are_not_unique_fail_the_delete[mariadb]",),
    ),
    Protection(
        name="whole-row-key",
        what="rows without an integer key are found by all columns of a unique key",
        file="parloader/rows/lookup.py",
        old='    equal = [pl.concat_str(pl.lit(f"{quote_identifier(column.name)} = "), pl.col(column.name)) for column in identity]\n',
        new='    equal = [pl.concat_str(pl.lit(f"{quote_identifier(column.name)} = "), pl.col(column.name)) for column in identity[:1]]\n',
        tests=("tests/integration/rows/test_lookup.py::test_no_other_row_is_deleted[mariadb-pair-]",),
    ),
    Protection(
        name="other-rows-by-identity",
        what="whether a table has rows of others is decided by its row keys",
        file="parloader/rows/outside_references.py",
        old="        if not excluding.passes or excluding.by_row_key:\n            return True\n",
        new="""        if not excluding.passes:
            return True
        if excluding.by_row_key:
            created = sum(part.rows for run, of in excluding.passes for part in run.done_by_pass(excluding.name, of))
            return int(sql.value(self._connection, f"SELECT COUNT(*) FROM {sql.quote(excluding.name)}")) > created
""",
        tests=("tests/acceptance/test_clean_others.py::test_a_row_of_somebody_in_place_of_a_deleted_one_of_ours[mariadb-CASCADE]",),
    ),
    Protection(
        name="children-first",
        what="children are deleted before their parents",
        file="parloader/rows/ownership.py",
        old="for entry in reversed(run.tables) if",
        new="for entry in run.tables if",
        tests=("tests/acceptance/test_table_plans.py::test_rows_of_somebody_are_used_and_stay[mariadb-text_keys]",),
    ),
    Protection(
        name="referenced-rows-last",
        what="rows that others of the same table reference are deleted last",
        file="parloader/workers/self_references.py",
        old="    if partition.start >= _referenced_stop(table, current):\n",
        new="    if partition.start >= 0:\n",
        tests=("tests/unit/workers/test_self_references.py::test_a_row_is_deleted_before_the_rows_it_references",),
    ),
    Protection(
        name="referenced-rows-first",
        what="rows that others of the same table reference are loaded first, by one worker",
        file="parloader/workers/self_references.py",
        old="    stop = _referenced_stop(table, current)\n",
        new="    stop = 0\n",
        tests=("tests/unit/workers/test_self_references.py::test_referenced_rows_are_a_stage_of_their_own_for_one_worker",),
    ),
    Protection(
        name="forget-in-transaction",
        what="a batch leaves the ledger in the transaction that deletes its rows",
        file="parloader/workers/tasks/delete.py",
        old=FORGET,
        new=FORGET + "            connection.commit()\n",
        tests=("tests/acceptance/test_clean.py::test_rows_that_could_not_be_deleted_stay_in_the_ledger[mariadb]",),
    ),
    Protection(
        name="forget",
        what="a batch leaves the ledger when its rows are deleted",
        file="parloader/workers/tasks/delete.py",
        old=FORGET,
        new="        for left in (batch,):\n",
        tests=("tests/acceptance/test_clean.py::test_rows_that_could_not_be_deleted_stay_in_the_ledger[mariadb]",),
    ),
    Protection(
        name="forgotten-rows",
        what="a repeated transaction of clean leaves alone what an earlier attempt has deleted",
        file="parloader/workers/tasks/delete.py",
        old=FORGET,
        new="        recorded_batches.forget(connection, self.run_id, self.ledger_name, batch)\n        for left in (batch,):\n",
        tests=("tests/acceptance/test_clean_lost_answers.py::test_a_row_that_somebody_inserts_under_a_free_key_stays[mariadb]",),
    ),
    Protection(
        name="fence-of-clean",
        what="a worker of clean reads the holder's token in each transaction",
        file="parloader/workers/tasks/delete.py",
        old="        control.require_current(connection, self.token, self.slot, self.execution)\n",
        new="",
        tests=("tests/acceptance/test_clean_left.py::test_a_clean_that_another_command_has_taken_over_from_deletes_nothing[mariadb]",),
    ),
    Protection(
        name="nothing-left",
        what="a run stays in the ledger as long as rows are left under its keys",
        file="parloader/runs/removal.py",
        old="        if count:\n            key =",
        new="        if False:\n            key =",
        tests=("tests/acceptance/test_clean_left.py::test_rows_that_the_ledger_does_not_list[mariadb-by key]",),
    ),
    Protection(
        name="runs-left",
        what="the ledger stays as long as it has runs",
        file="parloader/operations/clean.py",
        old="    if has_ledger and (runs := store.remaining_runs(connection)):\n",
        new="    if has_ledger and (runs := 0 * store.remaining_runs(connection)):\n",
        tests=("tests/acceptance/test_clean_left.py::test_a_run_that_is_begun_while_clean_runs_keeps_the_ledger[mariadb]",),
    ),
    Protection(
        name="counters",
        what="clean restores the AUTO_INCREMENT counters",
        file="parloader/operations/clean.py",
        old="        reset_counters(connection)\n",
        new="        pass\n",
        tests=("tests/acceptance/test_clean.py::test_what_was_there_is_exactly_as_before[mariadb]",),
    ),
    Protection(
        name="counter-unless-moved",
        what="a counter that others have moved is left as it is",
        file="parloader/runs/removal.py",
        old="        if now == after:\n",
        new="        if True:\n",
        tests=("tests/acceptance/test_clean.py::test_the_counter_of_a_table_in_which_somebody_inserts_meanwhile_stays[mariadb]",),
    ),
    Protection(
        name="created-tables-with-rows",
        what="clean drops a table that parloader created only if it is empty",
        file="parloader/builtin/tables.py",
        old='            if sql.exists(connection, f"FROM {sql.quote(name)}"):\n',
        new="            if False:\n",
        tests=("tests/acceptance/test_clean.py::test_the_tables_that_parloader_created_stay_with_a_row_of_somebody[mariadb]",),
    ),
    Protection(
        name="scratch-mark",
        what="bench drops only tables that carry its comment",
        file="parloader/ledger/scratch_tables.py",
        old="with_comment(store.SCRATCH_MARK)",
        new="tables",
        tests=("tests/acceptance/test_bench.py::test_the_users_tables_are_not_touched[mariadb]",),
    ),
    Protection(
        name="damaged-ledger",
        what="a ledger of which a part is missing is refused",
        file="parloader/ledger/store.py",
        old="    missing = [table for table in TABLES if table not in existing and table != control.CONTROL]",
        new="    missing = [table for table in TABLES if not existing and table != control.CONTROL]",
        tests=("tests/integration/ledger/test_store.py::test_a_ledger_with_a_part_missing_is_damaged[mariadb-parloader_run]",),
    ),
    Protection(
        name="differences",
        what="verify compares the values of each row",
        file="parloader/rows/differences.py",
        old="        elif different := tuple(\n",
        new="        elif different := 0 * tuple(\n",
        tests=("tests/acceptance/test_verify.py::test_one_changed_one_deleted_and_one_added_row[mariadb]",),
    ),
    Protection(
        name="digest",
        what="verify compares a digest of the rows, not only their number",
        file="parloader/rows/differences.py",
        old="        if digest != (piece.height, server_text.digest_of_texts(texts.to_list())):\n",
        new="        if digest is None or digest[0] != piece.height:\n",
        tests=("tests/acceptance/test_verify.py::test_swapped_rows_do_not_cancel_out[mariadb]",),
    ),
    Protection(
        name="row-key-digest",
        what="verify compares a digest of rows that are found by their values, not only their number",
        file="parloader/rows/differences.py",
        old="server_text.digest_where(connection, view, condition, lock=lock) != expected:",
        new="server_text.digest_where(connection, view, condition, lock=lock)[0] != expected[0]:",
        tests=("tests/integration/rows/test_lookup.py::test_two_rows_that_exchanged_their_values[mariadb-1048576]",),
    ),
)
