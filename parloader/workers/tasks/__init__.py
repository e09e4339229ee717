"""What one worker process does: load, delete, compare, or write the baseline of bench.

A task is a frozen dataclass that is sent to its process. These modules import only what a worker needs: every process pays for it.
Begin with base.py.
"""
