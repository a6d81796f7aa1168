"""``ctscribe data phantom``: chest CTs whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctscribe.cli.options import AsJson, Quiet, Verbose


def phantom(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder of the data set.")],
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="How many cases.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")] = 0,
    level: Annotated[str, typer.Option("--level", metavar="easy|standard|hard", help="How hard to read.")] = "standard",
    size: Annotated[str, typer.Option("--size", metavar="D,H,W", help="Voxels of a scan.")] = "64,128,128",
    split: Annotated[
        str,
        typer.Option(
            "--split",
            metavar="NAME|SHARES",
            help="One split for all (train, validation or test), or three shares such as 8,1,1.",
        ),
    ] = "8,1,1",
    anatomy: Annotated[
        list[str] | None,
        typer.Option("--anatomy", metavar="CT:MASKS", help="A further anatomy to start from; may be repeated."),
    ] = None,
    style: Annotated[
        str, typer.Option("--style", metavar="a|b|mixed", help="The hospital whose wordings the reports have.")
    ] = "mixed",
    processes: Annotated[int, typer.Option("--processes", min=1, help="Processes that share the work.")] = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make chest CTs from real anatomy with inserted disease, their masks, labels, reports and questions.

    Run again after it was stopped, it goes on where it was.
    """
    from ctscribe.cli.console import print_json, progress
    from ctscribe.data.phantom.generation import make_phantoms
    from ctscribe.data.phantom.ordering import read_order
    from ctscribe.files import check_output_folder

    order = read_order(
        count=count, split=split, seed=seed, level=level, size=size, style=style, anatomies=anatomy or ()
    )
    check_output_folder(output)
    with progress(quiet=quiet, verbose=verbose) as announce:
        index = make_phantoms(order, output, processes=processes, announce=announce)
    if as_json:
        print_json({"index": str(index), "cases": dict(order.counts), "seed": seed, "level": level})
        return
    typer.echo(str(index))
    typer.echo(", ".join(f"{number} {name}" for name, number in order.counts.items()))
