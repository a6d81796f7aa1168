"""``ctscribe data cache``: what a system needs of every scan, computed once."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ctscribe.cli.options import AsJson, Device, Quiet, Verbose

if TYPE_CHECKING:
    from ctscribe.data.cache import Outcome

INDEX_SUFFIX = ".cache"

FeatureTypeOption = Annotated[
    Literal["float16", "float32"], typer.Option("--feature-type", help="Number type of cached features.")
]


def cache(
    index: Annotated[Path, typer.Argument(metavar="INDEX", help="What ctscribe data prepare or data phantom wrote.")],
    system: Annotated[str, typer.Option("--system", metavar="NAME", help="A system, SYSTEM:VARIANT or a page.")],
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]…", help="Changes of the system's page.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="The cache; default: beside the index, ending .cache."),
    ] = None,
    features: Annotated[
        bool, typer.Option("--features", help="Cache what the encoders give that no stage trains as well.")
    ] = False,
    feature_type: FeatureTypeOption = "float16",
    seed: Annotated[int, typer.Option("--seed", help="Of encoders that start from random weights.")] = 0,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Cases that an encoder sees at once.")] = 4,
    shard_mb: Annotated[int, typer.Option("--shard-mb", min=1, help="Size of a new store's files, in MB.")] = 64,
    processes: Annotated[int, typer.Option("--processes", min=1, help="Processes that share the work.")] = 1,
    num_parts: Annotated[int, typer.Option("--num-parts", min=1, help="Split the index over so many runs.")] = 1,
    part_id: Annotated[int, typer.Option("--part-id", min=0, help="Which of them this is, from 0.")] = 0,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read what is cached, and make what is damaged again.")
    ] = False,
    device: Device = "cpu",
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Sample every scan of an index once for a system's views. Run again after it was stopped, it goes on.

    Views that another system samples alike are shared; changed views and scans are cached anew.
    """
    from ctscribe.cli.console import print_json, progress
    from ctscribe.data.cache import Part, cache_features, cache_views, starting_encoders
    from ctscribe.data.index import INDEX_FILE, read_index
    from ctscribe.systems.pages import load_page

    cases, page = read_index(index), load_page(system, changes or ())
    folder = output or (index / INDEX_FILE if index.is_dir() else index).with_suffix(INDEX_SUFFIX)
    part, shard_bytes = Part(part_id, num_parts), shard_mb * 1_000_000
    with progress(quiet=quiet, verbose=verbose) as announce:
        encoders = starting_encoders(page, seed=seed).to(device) if features else None
        shared = {"part": part, "shard_bytes": shard_bytes, "verify": verify, "announce": announce}
        outcome, seen = cache_views(cases, page, folder, processes=processes, **shared), None
        if encoders is not None and outcome.complete:
            seen = cache_features(cases, page, folder, encoders, dtype=feature_type, batch=batch, **shared)
    if as_json:
        print_json({"cache": str(folder), "views": asdict(outcome), "features": seen and asdict(seen)})
    else:
        _print_text(folder, outcome, seen, features=features)
    if outcome.failures:
        raise typer.Exit(1)


def _print_text(folder: Path, outcome: Outcome, seen: Outcome | None, *, features: bool) -> None:
    typer.echo(str(folder))
    typer.echo(f"{outcome.made} cases cached, {outcome.kept} had been before")
    if outcome.outdated:
        typer.echo(f"{outcome.outdated} entries of changed or moved cases were replaced")
    if seen is not None:
        typer.echo(f"{seen.made} features cached, {seen.kept} had been before")
    if not outcome.complete:
        rest = "; give the command again with --features once they are" if features else ""
        typer.echo(f"other parts of the index are still to be cached{rest}")
    for failure in outcome.failures:
        typer.echo(f"failed: {failure.id}: {failure.error}" + (f" ({failure.hint})" if failure.hint else ""), err=True)
