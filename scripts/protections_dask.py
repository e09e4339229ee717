"""What keeps rows and passwords safe if tasks run in a Dask cluster. See protections_model.Protection."""

from protections_model import Protection

TWICE = "tests/integration/workers/test_several_executions.py"

DASK = (
    Protection(
        name="newest-execution",
        what="of several executions of a task, only the newest writes",
        file="parloader/ledger/control.py",
        old=" AND task.token = {execution:d}",
        new="",
        tests=(f"{TWICE}::test_loads[mariadb-with a key-insert]", f"{TWICE}::test_deletes[mariadb]"),
    ),
    Protection(
        name="claim",
        what="an execution of a task reads in the ledger what is left, after it has stopped earlier ones",
        file="parloader/workers/tasks/base.py",
        old="replace(self, execution=execution, is_retry=True)",
        new="replace(self, execution=execution)",
        tests=(f"{TWICE}::test_one_waits_for_the_batch_of_the_one_before[mariadb]",),
    ),
    Protection(
        name="claim-of-the-current-holder",
        what="an execution of a task of a command that was overtaken does not begin",
        file="parloader/ledger/control.py",
        old="    require_current(connection, token, slot)\n    sql.execute(",
        new="    sql.execute(",
        tests=(f"{TWICE}::test_an_overtaken_command_claims_nothing[mariadb]",),
    ),
    Protection(
        name="password-in-a-task",
        what="no password in a task that a Dask scheduler keeps",
        file="parloader/workers/credentials.py",
        old='        return replace(obj, password="")',
        new="        return obj",
        tests=("tests/unit/workers/test_credentials.py::test_a_task_is_pickled_without_its_password",),
    ),
    Protection(
        name="password-over-a-network",
        what="no password to a Dask worker of another machine without encryption",
        file="parloader/workers/dask_cluster.py",
        old="        if urlsplit(address).scheme in ENCRYPTED_SCHEMES:\n",
        new="        if True:\n",
        tests=("tests/unit/workers/test_dask_cluster.py::test_a_password_crosses_encrypted_or_within_this_machine",),
    ),
    Protection(
        name="batch-of-two-executions",
        what="differences that two executions of a comparison find count once",
        file="parloader/workers/dask_reports.py",
        old="                    if batch not in self.done:",
        new="                    if True:",
        tests=("tests/unit/workers/test_dask_reports.py::test_a_batch_that_two_executions_report_counts_once_with_its_differences",),
    ),
)
