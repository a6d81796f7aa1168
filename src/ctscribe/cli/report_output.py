"""What ``ctscribe report`` prints when it is done."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import typer

from ctscribe.cli.console import print_json, print_seconds
from ctscribe.inference.batch import Outcome
from ctscribe.inference.reporting import Result
from ctscribe.report.writers.json import write_json


def show_report(result: Result, *, as_json: bool, verbose: bool) -> None:
    """The impression and where the files lie."""
    print_seconds(result.seconds, verbose=verbose)
    if as_json:
        files = {name: str(path) for name, path in result.files.items()}
        print_json({"report": json.loads(write_json(result.report)), "files": files, "seconds": result.seconds})
        return
    for finding in result.report.impression:
        typer.echo(f"- {finding.text}")
    for name, path in result.files.items():
        typer.echo(f"{name:<9} {path}")
    typer.echo(result.report.research_use)


def show_batch(outcomes: list[Outcome], folder: Path, *, as_json: bool) -> None:
    """A summary, with every failure named on stderr.

    Raises
    ------
    typer.Exit : with code 1 when a scan failed.
    """
    counts = Counter(outcome.status for outcome in outcomes)
    if as_json:
        print_json({"folder": str(folder), "counts": counts, "scans": [asdict(outcome) for outcome in outcomes]})
    else:
        for outcome in outcomes:
            typer.echo(f"{outcome.status:<9} {outcome.name}")
        typer.echo(
            ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) + f"; reports in {folder}"
        )
    for outcome in outcomes:
        if outcome.status == "failed":
            typer.echo(f"error: {outcome.name}: {outcome.error}", err=True)
    if counts["failed"]:
        raise typer.Exit(1)
