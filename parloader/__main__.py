"""The program: python -m parloader, and the command parloader."""

import sys

import parloader.signals


def main() -> None:
    parloader.signals.end_at_once()  # before the imports below, which take a tenth of a second
    from parloader.standard_streams import prepare

    prepare()
    from parloader.cli.program import run

    code = run()
    parloader.signals.ignore()
    sys.exit(code)


if __name__ == "__main__":
    main()
