"""What a person sees: results on stdout, progress on stderr and only where someone looks."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer


@contextmanager
def progress(*, quiet: bool, verbose: bool) -> Iterator[Callable[[str], None]]:
    """A function to announce stages with: a spinner on a terminal, lines when ``verbose``, nothing otherwise."""
    if verbose:
        yield lambda stage: typer.echo(f"{stage} …", err=True)
    elif quiet or not (sys.stderr and sys.stderr.isatty()):
        yield lambda stage: None
    else:
        from rich.console import Console

        with Console(stderr=True).status("starting") as status:
            yield lambda stage: status.update(f"{stage} …")


def print_json(content: object) -> None:
    """One JSON object on stdout."""
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False))


def print_seconds(seconds: dict[str, float], *, verbose: bool) -> None:
    """Where the time went, on stderr."""
    if verbose:
        for stage, taken in seconds.items():
            typer.echo(f"{taken:7.1f} s  {stage}", err=True)
