"""Completes a plan: adds the tables and columns that it lacks, so that every row it generates is valid. No I/O.

An example. `--table orders` asks for rows of this table and gives no column::

    CREATE TABLE customer (id INT AUTO_INCREMENT PRIMARY KEY);
    CREATE TABLE orders (
        id INT AUTO_INCREMENT PRIMARY KEY,
        customer_id INT NOT NULL,
        number CHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
        quantity INT NOT NULL CHECK (quantity BETWEEN 1 AND 10),
        FOREIGN KEY (customer_id) REFERENCES customer (id)
    );

database/introspection.py reads the tables as values:

>>> from dataclasses import replace
>>> from parloader.planner.completion import complete
>>> from parloader.planner.request import Fill
>>> from parloader.plans.documents.generator_syntax import encode_generator
>>> from parloader.plans.model import Plan, Table
>>> from parloader.schema.model import Check, ColumnSchema, ColumnType, ForeignKey, TableSchema, UniqueKey
>>> integer = ColumnSchema(name="id", kind=ColumnType.INTEGER, type_text="int", min_value=-(2**31), max_value=2**31 - 1)
>>> key, primary = replace(integer, auto_increment=True), UniqueKey(name="PRIMARY", columns=("id",))
>>> customer = TableSchema(name="customer", columns=(key,), unique_keys=(primary,))
>>> orders = TableSchema(
...     name="orders",
...     columns=(
...         key,
...         replace(integer, name="customer_id"),
...         ColumnSchema(name="number", kind=ColumnType.TEXT, type_text="char(8)", length=8, charset="ascii", collation="ascii_bin"),
...         replace(integer, name="quantity"),
...     ),
...     unique_keys=(primary, UniqueKey(name="number", columns=("number",))),
...     foreign_keys=(ForeignKey(name="orders_ibfk_1", columns=("customer_id",), parent="customer", referenced=("id",)),),
...     checks=(Check(name="quantity", clause="`quantity` between 1 and 10"),),
... )

The plan that the user asks for has one table and no columns:

>>> wanted = Table(name="orders", rows=5_000, columns={}, key=None, partitioned=True, reuse=False)
>>> plan = Plan(name="orders", parameters={}, tables=(wanted,))

The completed plan has the parent table too, and a generator for each column that the run does not number itself:

>>> completed = complete(plan, {"orders": orders, "customer": customer}, existing={}, parents={}, fill=Fill.ALL)
>>> for table in completed.plan.tables:
...     print(table.name, table.rows, "rows, key", table.key)
...     for column, generator in table.columns.items():
...         print("   ", column, encode_generator(generator))
customer 50 rows, key id
orders 5000 rows, key id
    customer_id {'pick': 'customer.id'}
    number {'unique': 'text', 'length': 8}
    quantity {'uniform': [1, 10]}
>>> for note in completed.notes:
...     print(note.table, note.text, sep=": ")
customer: 50 rows: one per 100 rows of orders

solver.py is where the work is done; the steps of a round are, in order, foreign_keys.py, table_draft.py, unique_keys.py, row_counts.py and,
for the final round, column_generators.py.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from shlex import quote

from parloader.errors import Refused, UsageError
from parloader.planner.foreign_keys import RequiredCycle
from parloader.planner.keys.expression_keys import GIVE_ITS_COLUMNS
from parloader.planner.request import CompletedPlan, Fill, NotFillable, PlanningRequest, UniqueKeyExhausted, largest_fitting, listed
from parloader.planner.sizes.counted_rows import with_counted_rows
from parloader.planner.solver import PlanSolver
from parloader.planner.unfillable import unfilled_tables
from parloader.planner.whole_database import WholeDatabase, of_database
from parloader.plans.documents.codecs import suggestion
from parloader.plans.model import Plan
from parloader.plans.row_ranges import ExistingTable
from parloader.quantities import counted
from parloader.schema.model import Schema

# Names in a message; the rest are counted
NAMED_TABLES = 20


def complete(
    plan: Plan,
    schema: Schema,
    existing: Mapping[str, ExistingTable],
    parents: Mapping[str, int],
    fill: Fill,
    allowed_databases: Collection[str] = (),
    *,
    allow_history: bool = False,
    database: WholeDatabase | None = None,
) -> CompletedPlan:
    """Adds every table and column that the plan lacks, and keeps what it gives. Deterministic: the same arguments give the same plan.

    `schema`: the plan's tables and all that they reference, recursively. `existing`: the rows of tables that are not empty.
    `parents`: table → how many of its rows to pick from, instead of the default rule. `allowed_databases`: other databases in which it may
    plan rows. `allow_history`: it may plan rows in system-versioned tables. `database`: the plan's tables are those of a database, and the ones
    that `parents` does not have get rows in proportion, if they can be filled.
    Refused names the table that cannot be filled, why, and what to do; if too many rows are requested, it says how many fit.
    """
    if unknown := [name for name in (*parents, *(database.left_out if database else ())) if name not in schema]:
        raise _unknown_table(unknown[0], schema, plan, database)
    request = PlanningRequest(
        plan=plan,
        schema=schema,
        existing=existing,
        parents=parents,
        fill=fill,
        allowed_databases=frozenset(allowed_databases),
        allow_history=allow_history,
    )
    request = request if database is None else of_database(request, database)
    return with_counted_rows(request, _best_completed)


def _best_completed(request: PlanningRequest) -> CompletedPlan:
    refusals = []
    for written in _with_written_references(request.plan, request.schema):
        try:
            return _completed(replace(request, schema=written))
        except Refused as error:
            refusals.append(error)
    raise refusals[0]


def _completed(request: PlanningRequest) -> CompletedPlan:
    try:
        solver = PlanSolver(request)
        completed, notes = solver.solve()
    except RequiredCycle as error:
        raise Refused(error.reason, error.next_step) from error
    except UniqueKeyExhausted as error:
        raise _too_many_rows(request, error) from error
    except NotFillable as error:
        planned = request.planned(error.table)
        subject = f"table {error.table} cannot be filled" if planned else f"rows of {error.table} are needed, but cannot be generated"
        raise Refused(f"{subject}: {error.reason}", error.next_step) from error
    return CompletedPlan(
        plan=completed,
        notes=notes,
        reused=frozenset(solver.graph.reused),
        guessed=frozenset(solver.guessed),
        unfilled=unfilled_tables(request, solver.unfillable),
    )


def _unknown_table(name: str, schema: Schema, plan: Plan, database: WholeDatabase | None) -> UsageError:
    tables = [table for table in schema if database is None or table not in database.left_out]
    more = f", and {len(tables) - NAMED_TABLES:,} more" if len(tables) > NAMED_TABLES else ""
    return UsageError(
        f"--rows {quote(name)}=…: this load has no table {name}",
        f"{suggestion(name, tables, for_shell=True)}Its tables: {listed(map(quote, sorted(tables)[:NAMED_TABLES]))}{more}",
    )


def _with_written_references(plan: Plan, schema: Schema) -> Iterator[Schema]:
    """The schema, in which foreign keys from generated columns are from the columns that these are made of, unless the plan gives columns.

    Then, if some of these are NULL in some rows, the schema in which they are NULL in all.
    """
    given = {table.name for table in plan.tables if table.columns}
    names = [
        name
        for name, table in schema.items()
        if name not in given and any(table.column(column).expression for key in table.foreign_keys for column in key.columns)
    ]
    if not names:
        yield schema
        return
    from parloader.planner.expressions.references import with_written_columns  # importing sqlglot takes 0.2 s

    for fills in (True, False):
        yield {**schema, **{name: with_written_columns(schema[name], fills_conditional=fills) for name in names}}


def _too_many_rows(request: PlanningRequest, error: UniqueKeyExhausted) -> Refused:
    """The refusal with the largest number of rows that fits, if it is known."""
    if not error.is_limit:
        rows = request.fixed_rows(error.table)
        number = "enough rows" if rows is None else counted(rows, "row")
        return Refused(f"parloader cannot generate {number} of {error.table}: {error.reason}", GIVE_ITS_COLUMNS)
    if error.table in request.parents:
        rows = request.parents[error.table]
        fitting = largest_fitting(lambda n: _fits(replace(request, parents={**request.parents, error.table: n})), rows)
        return Refused(
            f"{rows:,} rows of {error.table} are too many: {error.reason}", f"At most --rows {quote(f'{error.table}={fitting}')} fit"
        )
    request = replace(request, wanted={})  # they get as many rows as fit
    planned = request.planned(error.table) or request.plan.target
    fitting = largest_fitting(lambda n: _fits(_with_rows(request, planned.name, n)), planned.rows)
    alone = len(request.plan.tables) == 1 or (request.fill is Fill.DEMANDED and planned.name == request.plan.target.name)
    option = f"--rows {fitting if alone else quote(f'{planned.name}={fitting}')}"
    if not fitting:
        advice = "Not even one row fits"
    elif request.existing_rows(error.table):  # only the server knows which values they have
        advice = f"Try {option}; fewer fit if the free values are not consecutive"
    else:
        advice = f"At most {option} fit"
    return Refused(f"{planned.rows:,} rows of {planned.name} are too many: {error.reason}", advice)


def _with_rows(request: PlanningRequest, name: str, rows: int) -> PlanningRequest:
    tables = tuple(replace(table, rows=rows) if table.name == name else table for table in request.plan.tables)
    return replace(request, plan=replace(request.plan, tables=tables))


def _fits(request: PlanningRequest) -> bool:
    try:
        PlanSolver(request).solve()
    except NotFillable:
        return False
    return True
