"""The verbs: one file each, with a function of the same name that the CLI calls and a program can import.

Each takes a config and returns a frozen dataclass with `as_json`. A verb knows neither the command line (`cli/`) nor the other verbs;
what several share is in `runs/`. Begin reading at `seed.py`.
"""
