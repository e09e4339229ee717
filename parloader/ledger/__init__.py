"""parloader's own tables in the target database: runs, committed batches, the lock, the pause flag, bench's scratch tables.

It knows plans, but neither the planner nor workers. Begin with run.py (a run as a value), then store.py (how it is written and read);
control.py decides who may write, scratch_tables.py serves bench.
"""
