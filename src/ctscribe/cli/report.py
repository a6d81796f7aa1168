"""``ctscribe report``: one scan, or a folder of scans, to structured reports."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ctscribe.cli.options import (
    AllowGaps,
    AsJson,
    Device,
    Fast,
    Force,
    Quiet,
    Scan,
    SegmenterChoice,
    Series,
    Verbose,
)


def report(
    scan: Scan,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for the report; one folder a scan in a batch.")
    ] = Path("report"),
    model: Annotated[str, typer.Option("--model", metavar="NAME|DIR", help="What writes the report.")] = "measured",
    segmenter: SegmenterChoice = "atlas",
    formats: Annotated[
        str | None,
        typer.Option(
            "--formats",
            metavar="LIST",
            help="Of text,json,html,dicom-sr,fhir; separated by commas. Default: all that the scan allows.",
        ),
    ] = None,
    identity: Annotated[
        bool, typer.Option("--identity", help="Put the patient's identity into the DICOM SR and the FHIR bundle.")
    ] = False,
    series: Series = None,
    allow_gaps: AllowGaps = False,
    force: Force = False,
    device: Device = "cpu",
    fast: Fast = False,
    num_parts: Annotated[int, typer.Option("--num-parts", min=1, help="Split a batch into this many parts.")] = 1,
    part_id: Annotated[int, typer.Option("--part-id", min=0, help="Which part of the batch to do, from 0.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write the structured report of a chest CT, or of every scan in a folder."""
    from ctscribe.cli.console import progress
    from ctscribe.inference.pipeline import Reading
    from ctscribe.inference.reporting import ReportJob
    from ctscribe.inference.scans import find_scans, part

    job = ReportJob.from_names(
        model=model,
        segmenter=segmenter,
        formats=formats,
        device=device,
        fast=fast,
        reading=Reading(series=series, allow_gaps=allow_gaps, force=force, identity=identity),
    )
    scans = find_scans(scan, output)
    with progress(quiet=quiet, verbose=verbose) as announce:
        if scans is None:
            from ctscribe.cli.report_output import show_report

            finish = partial(show_report, job.run(scan, output, announce), as_json=as_json, verbose=verbose)
        else:
            from ctscribe.cli.report_output import show_batch
            from ctscribe.inference.batch import run_batch

            chosen = part(scans, count=num_parts, index=part_id)
            outcomes = list(run_batch(chosen, output, job.settings, job.run, announce))
            finish = partial(show_batch, outcomes, output, as_json=as_json)
    finish()
