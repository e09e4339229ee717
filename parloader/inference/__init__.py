"""Chooses a generator for each column, given its type, its name and what the CHECKs allow.

Knows no server and no other table. Start with default_generators.py (any column) and unique_columns.py (columns of unique keys);
value_ranges.py and text_columns.py hold the rules of types, column_names.py what a name suggests.
"""
