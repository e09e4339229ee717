"""Generates rows: from a plan and a range of row numbers to a Polars frame.

The values are specified in docs/generators.md and never change between versions. Knows no server and no schema. Begin with frames.py, which
generates the rows of a table; expressions.py compiles a generator, hashing.py is the source of all randomness.
"""
