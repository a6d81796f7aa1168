"""How soon the command line answers: python benchmarks/startup.py"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from comparison import as_rows, compare, save

COMMAND = str(Path(sys.executable).with_name("ctscribe"))


def run(*words: str) -> None:
    """Run a program to its end, its output dropped."""
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Compare with what Python alone, and the command-line library alone, take."""
    medians = compare(
        {
            "ctscribe": lambda: run(sys.executable, "-c", "import ctscribe"),
            "python alone": lambda: run(sys.executable, "-c", ""),
        },
        repeats=15,
    )
    rows = as_rows("import ctscribe", medians)
    medians = compare(
        {
            "ctscribe": lambda: run(COMMAND, "--help"),
            "import typer, rich": lambda: run(sys.executable, "-c", "import typer, rich"),
        },
        repeats=15,
    )
    save("startup", "python benchmarks/startup.py", rows + as_rows("ctscribe --help", medians), ("typer", "rich"))


if __name__ == "__main__":
    main()
