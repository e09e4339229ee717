"""Makes the values of a completed plan believable: what an application would have written into these tables.

The solver (planner/solver.py) gives every column a generator of valid values. Each module here is a step that replaces some of them by
generators of values that are still valid, and that agree with each other. refinement.py holds what all steps share.
"""
