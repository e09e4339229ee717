"""From a schema and a request to a complete plan: the tables it needs, their foreign keys and row counts, and a generator for each column.

It works on values alone: it knows nothing of connections, SQL, workers or the ledger. `values/` chooses the generator of a single column.
Begin with completion.py, which has a worked example. solver.py runs the rounds; the other modules are its steps.
"""
