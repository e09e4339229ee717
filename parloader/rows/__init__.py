"""The user's rows on the server: allocate keys, write, find, compare, count and delete them.

It knows plans, the ledger and the server, but neither the planner nor workers. Begin with writers.py and lookup.py; allocation.py chooses
which existing rows a run reuses, ownership.py tells generated rows from other rows, server_text.py compares rows as text.
"""
