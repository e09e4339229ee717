"""Pages and charts: the report of a run, the profile of a plan, the chart of bench.

A page is one HTML file that loads nothing. Its text is made by the Jinja templates in templates/, its charts by Matplotlib (parloader[plot]).
It must not know SQL, and reads only results. Begin reading in run_page.py; page.py is what all pages share, theme.py what all charts share.
"""
