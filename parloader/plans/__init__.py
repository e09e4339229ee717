"""What is loaded: plans as plain, frozen values.

Knows no Polars, no schema and no server. Begin with model.py (plans and tables) and generators.py (the contents of a column); documents/
reads and writes plans.
"""
