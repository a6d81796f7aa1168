"""``ctscribe segment``: organs and lesions as label maps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctscribe.cli.options import AllowGaps, AsJson, Device, Fast, Force, Quiet, Scan, SegmenterChoice, Series, Verbose


def segment(
    scan: Scan,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="MASKS.nii.gz", help="The label map to write.")],
    segmenter: SegmenterChoice = "atlas",
    series: Series = None,
    allow_gaps: AllowGaps = False,
    force: Force = False,
    device: Device = "cpu",
    fast: Fast = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Find the organs of a chest CT and write them as one NIfTI label map with its names beside it."""
    from ctscribe.anatomy.segmenters import load_segmenter
    from ctscribe.anatomy.writing import checked_name, write_labelmap
    from ctscribe.cli.console import print_json, print_seconds, progress
    from ctscribe.files import check_output_folder
    from ctscribe.inference.pipeline import Reading, read_chest
    from ctscribe.inference.stages import Stages

    checked_name(output)
    check_output_folder(output.parent)
    find_organs = load_segmenter(segmenter, device=device, fast=fast, force=force)
    with progress(quiet=quiet, verbose=verbose) as announce:
        stages = Stages(announce)
        with stages("reading the scan"):
            volume = read_chest(scan, Reading(series=series, allow_gaps=allow_gaps, force=force))
        with stages(f"segmenting ({find_organs.name})"):
            labelmap = find_organs(volume)
        with stages("writing"):
            written = write_labelmap(labelmap, output)
    print_seconds(stages.seconds, verbose=verbose)
    if as_json:
        print_json(
            {
                "files": [str(path) for path in written],
                "segmenter": labelmap.source,
                "structures": sorted(labelmap.present),
                "lesions": sorted(labelmap.lesions),
                "confidence": dict(labelmap.confidence),
                "approximate": sorted(labelmap.approximate),
                "notes": list(labelmap.notes),
                "seconds": stages.seconds,
            }
        )
        return
    for path in written:
        typer.echo(str(path))
    typer.echo(f"{len(labelmap.present)} structures by {labelmap.source}")
    for name, value in labelmap.confidence.items():
        typer.echo(f"  {name.replace('_', ' ')}: {value:.2f}")
    for note in labelmap.notes:
        typer.echo(f"  {note}")
