"""How many rows each table of a plan has, and of which kinds."""
