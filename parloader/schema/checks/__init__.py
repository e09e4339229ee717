r"""Analyses CHECK clauses: the server's text in, the values that each column may have out. Knows no server; sqlglot parses the SQL.

>>> from parloader.schema.checks.domains import combine, domains
>>> from parloader.schema.checks.parser import parse_check

1. clause_text.py brings both servers' text into one form. parser.py turns it into cases (disjunctive normal form): a row that
   satisfies all predicates of one case satisfies the CHECK.

>>> check = parse_check("`price` > 0 and (`status` in ('new','paid') or `shipped` is not null)")
>>> for case in check.cases:
...     print(*case, sep="\n")
Between(column='price', low=0, high=None, low_open=True, high_open=False)
OneOf(column='status', values=('new', 'paid'))
Between(column='price', low=0, high=None, low_open=True, high_open=False)
NotNull(column='shipped')

2. domains.py combines the CHECKs of a table, one case of each, and says what a column may hold in each combination.

>>> limit = parse_check("`price` <= 500 or `price` is null")
>>> first, *others = combine([check, limit])
>>> price, status = domains(first)["price"], domains(first)["status"]
>>> price.low, price.low_open, price.high
(0, True, 500)
>>> status.values
('new', 'paid')

3. A clause with a part that is not supported is None; the planner then tests sample rows on the server.

>>> parse_check("`price` % 5 = 0") is None
True

Begin reading with predicates.py (the conditions on a column), then parser.py. comparisons.py reads column-with-constant comparisons,
arithmetic.py sums, products and intervals of several columns,
patterns.py LIKE and REGEXP, regexp.py regular expressions; automata.py and languages.py enumerate the texts that several patterns allow.
"""
