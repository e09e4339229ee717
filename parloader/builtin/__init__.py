"""The built-in example around the table `script_execution`: its plan, its tables and its migration to V97.

Knows neither the planner nor the workers. Start with plan.py (the generated rows and the --set parameters); tables.py creates and drops
the tables, ddl.py declares them with SQLAlchemy, v97.py recognises and upgrades a schema from before V97.
"""
