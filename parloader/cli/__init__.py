"""The command line: options in, text or JSON out.

Holds the click commands, the options they share, parloader.toml, and the reports and charts of results. It must not know SQL or decide anything
about a load: a command turns its options into a frozen config (parloader/config.py), calls one function of parloader/operations and prints the
result. Begin reading in commands.py; options.py lists what users can set, output.py turns errors into exit codes, and program.py
makes a program of it all.
"""
