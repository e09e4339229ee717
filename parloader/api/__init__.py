"""The library: the functions that `import parloader` offers (docs/python.md). Everything else in parloader may change.

Each function turns its arguments into a config, calls the operation of its name and returns the operation's result. It never prints, never
exits, and leaves signal handlers, warnings and other global state as they were. Begin reading at `loading.py`.
"""
