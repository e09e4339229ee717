"""Where and how tasks run: worker processes, transactions with retries, batch sizes, the lease on the database, throttles, progress.

Knows nothing of the planner and the operations. tasks/ holds what one worker does. Begin with executor.py (the protocols), then
tasks/load.py.
"""
