"""``ctscribe measure``: lesions and biomarkers as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ctscribe.cli.options import (
    AllowGaps,
    AsJson,
    Device,
    Fast,
    Force,
    Masks,
    Quiet,
    Scan,
    SegmenterChoice,
    Series,
    Verbose,
)

if TYPE_CHECKING:
    from ctscribe.case import Case


def measure(
    scan: Scan,
    masks: Masks = None,
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
    """Measure lesions and biomarkers of a chest CT; says which could not be assessed, and why."""
    from ctscribe.anatomy.segmenters import load_segmenter
    from ctscribe.case import Case
    from ctscribe.cli.console import print_json, print_seconds, progress
    from ctscribe.inference.pipeline import Reading, read_chest
    from ctscribe.inference.stages import Stages

    find_organs = load_segmenter(str(masks) if masks else segmenter, device=device, fast=fast, force=force)
    with progress(quiet=quiet, verbose=verbose) as announce:
        stages = Stages(announce)
        with stages("reading the scan"):
            volume = read_chest(scan, Reading(series=series, allow_gaps=allow_gaps, force=force))
        with stages(f"segmenting ({find_organs.name})"):
            labelmap = find_organs(volume)
        with stages("measuring"):
            case = Case.from_scan(volume, labelmap)
    print_seconds(stages.seconds, verbose=verbose)
    if as_json:
        print_json({**_as_object(case), "seconds": stages.seconds})
    else:
        _print_tables(case)


def _as_object(case: Case) -> dict[str, object]:
    from ctscribe.report.entries import biomarker_entries, lesion_entries
    from ctscribe.report.writers.json import rounded

    return {
        "lesions": [rounded(entry.model_dump(mode="json")) for entry in lesion_entries(case)],
        "looked_for": sorted(case.labelmap.lesions),
        "biomarkers": [rounded(entry.model_dump(mode="json")) for entry in biomarker_entries(case)],
        "segmenter": {
            "source": case.labelmap.source,
            "confidence": dict(case.labelmap.confidence),
            "approximate": sorted(case.labelmap.approximate),
            "notes": list(case.labelmap.notes),
        },
    }


def _print_tables(case: Case) -> None:
    from rich.console import Console
    from rich.table import Table

    lesions = Table("lesion", "where", "diameter mm", "volume mL", "slices", title="Lesions", title_justify="left")
    for lesion in case.lesions:
        kind, where = lesion.kind.replace("_", " "), lesion.sub_region.replace("_", " ")
        first, last = lesion.slices
        lesions.add_row(kind, where, f"{lesion.diameter_mm:.1f}", f"{lesion.volume_ml:.2f}", f"{first}–{last}")
    biomarkers = Table("quantity", "value", "unit", "note", title="Biomarkers", title_justify="left")
    for one in case.biomarkers:
        value = "not assessable" if one.value is None else f"{one.value:.4g}"
        note = one.reason or ("approximate outline" if one.approximate else "")
        biomarkers.add_row(one.name.replace("_", " "), value, "" if one.value is None else one.unit, note)
    console = Console()
    console.print(lesions)
    console.print(biomarkers)
    typer.echo(
        f"looked for: {', '.join(kind.replace('_', ' ') for kind in sorted(case.labelmap.lesions)) or 'nothing'}"
    )
    for note in case.labelmap.notes:
        typer.echo(note)
