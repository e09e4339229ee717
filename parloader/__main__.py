"""The program: python -m parloader, and the command parloader."""

import sys

import parloader.signals
import parloader.standard_streams


def main() -> None:
    parloader.signals.end_at_once()
    parloader.standard_streams.prepare()
    from parloader.cli.program import run  # not before: its imports take longer than everything above

    code = run()
    parloader.signals.ignore()
    sys.exit(code)


if __name__ == "__main__":
    main()
