"""UNIQUE keys over expressions and generated columns: which columns a key's values depend on so that other values there make it another key.

Must not know: the server. Begin reading in key_expressions.py.
"""
