"""python -m parloader."""

from parloader.cli import main

main()
