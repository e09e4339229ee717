"""Rows that belong to rows of other tables: which parent row a row picks, the children of a row, and the values of these rows."""
