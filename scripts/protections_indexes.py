"""What protects the indexes that --defer-indexes drops and adds again. See protections_model.Protection."""

from protections_model import Protection

DEFERRAL = "parloader/runs/index_deferral.py"

LEDGER = "parloader/ledger/deferred_indexes.py"

FAULTS = "tests/faults/test_defer_indexes.py"

ACCEPTANCE = "tests/acceptance/test_defer_indexes.py"

INDEXES = (
    Protection(
        name="deferred-index-recorded",
        what="the ledger lists an index before it is dropped",
        file=DEFERRAL,
        old="        with sql.transaction(connection):\n            control.require_current(connection, token)",
        new="        with sql.rolled_back(connection):\n            control.require_current(connection, token)",
        tests=(f"{FAULTS}::test_killed[mariadb-in the build-clean]",),
    ),
    Protection(
        name="deferred-index-listed-until-back",
        what="the ledger lists an index until it exists again",
        file=LEDGER,
        old='    """Removes them from the ledger. May be repeated."""\n    for each in deferred:\n',
        new='    """Removes them from the ledger. May be repeated."""\n    for each in ():\n',
        tests=(f"{ACCEPTANCE}::test_the_tables_are_as_before[mariadb]",),
    ),
    Protection(
        name="deferred-index-lock",
        what="an ALTER TABLE of a killed command that still runs is waited for",
        file=LEDGER,
        old='    while not sql.value(connection, "SELECT GET_LOCK(%s, 1)", name):\n',
        new='    while not sql.value(connection, "SELECT 1 OR GET_LOCK(%s, 1)", name):\n',
        tests=("tests/integration/ledger/test_deferred_indexes.py::test_one_session_at_a_time_changes_indexes[mariadb]",),
    ),
    Protection(
        name="deferred-index-fence",
        what="a command that was overtaken changes no index",
        file=LEDGER,
        old="        control.require_current(connection, token)\n        yield\n",
        new="        yield\n",
        tests=("tests/integration/ledger/test_deferred_indexes.py::test_a_command_that_was_overtaken_changes_no_index[mariadb]",),
    ),
    Protection(
        name="deferred-index-of-others",
        what="an index that exists again is compared, not replaced",
        file=DEFERRAL,
        old="            if found.text != index.text:\n",
        new="            if False:\n",
        tests=(f"{ACCEPTANCE}::test_what_others_did_meanwhile_stays[mariadb]",),
    ),
    Protection(
        name="deferred-index-empty-table",
        what="a table with rows keeps its indexes",
        file=DEFERRAL,
        old='if not sql.exists(connection, f"FROM {sql.quote_table(table.name)}")]\n',
        new="]\n",
        tests=(f"{ACCEPTANCE}::test_a_table_with_rows_keeps_its_indexes[mariadb]",),
    ),
    Protection(
        name="deferred-index-place",
        what="deferred indexes are listed where they were",
        file="parloader/database/indexes.py",
        old="    following = kept[first:]\n",
        new="    following = kept[len(kept) :]\n",
        tests=(f"{ACCEPTANCE}::test_the_tables_are_as_before[mariadb]",),
    ),
    Protection(
        name="deferred-index-ledger",
        what="the ledger stays as long as it lists indexes",
        file=LEDGER,
        old="    if listed := read(connection):\n",
        new="    if listed := read(connection)[:0]:\n",
        tests=("tests/integration/ledger/test_deferred_indexes.py::test_the_ledger_is_not_dropped_while_it_lists_one[mariadb]",),
    ),
    Protection(
        name="deferred-index-needed",
        what="an index that a foreign key could use is not dropped",
        file="parloader/schema/index_definitions.py",
        old="    return {name.lower() for name in index.columns[: len(key)]} == {name.lower() for name in key}\n",
        new="    return False\n",
        tests=("tests/unit/schema/test_index_definitions.py::test_indexes_that_a_constraint_needs_stay",),
    ),
)
