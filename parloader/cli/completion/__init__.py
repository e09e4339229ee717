"""Completion in bash, zsh and fish: what a TAB offers.

`parloader.bash`, `.zsh` and `.fish` are what the shells run; `shells.py` answers them; `candidates.py` looks for tables and runs.
"""
