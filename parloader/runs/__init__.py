"""What several verbs share: prepare a load, begin a run, compare its rows with the database, and check the permission to write.

It knows the planner, the ledger and the workers, but not the verbs (`operations/`) and not the command line (`cli/`).
Begin reading at `preparation.py` (from a config to a prepared load), then `begin.py` (from a prepared load to a run in the ledger).
"""
