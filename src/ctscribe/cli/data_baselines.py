"""``ctscribe data baselines``: what a reader of a phantom data set has to beat."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctscribe.cli.options import AsJson, Quiet, Verbose


def baselines(
    index: Annotated[Path, typer.Argument(metavar="INDEX", help="A phantom data set's folder or index.")],
    masks: Annotated[
        str, typer.Option("--masks", metavar="holes|shifted|atlas", help="Look through a degraded label map.")
    ] = "",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the small network.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Measure the ladder of baselines: F1 and AUC of every finding on the test split."""
    from dataclasses import asdict

    from ctscribe.cli.console import print_json, progress
    from ctscribe.data.index import read_index
    from ctscribe.data.phantom.ladder import climb

    with progress(quiet=quiet, verbose=verbose) as announce:
        rungs = climb(read_index(index), masks=masks, seed=seed, announce=announce)
    if as_json:
        print_json({"index": str(index), "masks": masks or "true", "seed": seed, "rungs": [asdict(r) for r in rungs]})
        return
    for rung in rungs:
        auc = "" if rung.macro_auc is None else f"   AUC {rung.macro_auc:.2f}"
        typer.echo(f"{rung.name:36} macro-F1 {rung.macro_f1:.2f}   without the easy {rung.macro_f1_hard:.2f}{auc}")
    typer.echo("")
    for label, f1 in rungs[-1].f1.items():
        typer.echo(f"  {label:36} F1 {f1:.2f}   AUC {rungs[-1].auc.get(label, float('nan')):.2f}")
