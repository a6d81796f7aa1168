"""``ctscribe inspect``: what a scan is, and what is wrong with it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from ctscribe.cli.options import AllowGaps, AsJson, Scan, Series

if TYPE_CHECKING:
    from ctscribe.ct.field_of_view import FieldOfView
    from ctscribe.ct.readers import SeriesSummary
    from ctscribe.ct.volume import CTVolume


def inspect(scan: Scan, series: Series = None, allow_gaps: AllowGaps = False, as_json: AsJson = False) -> None:
    """Say what a scan is: its series, geometry, field of view, and everything mended or amiss."""
    from ctscribe.cli.console import print_json
    from ctscribe.ct.field_of_view import assess_field_of_view
    from ctscribe.ct.readers import list_series, read_volume

    found = list_series(scan, series=series)
    volume = read_volume(scan, series=series, allow_gaps=allow_gaps)
    view = assess_field_of_view(volume)
    if as_json:
        print_json(_as_object(volume, view, found))
    else:
        _print_text(volume, view, found)


def _as_object(volume: CTVolume, view: FieldOfView, series: tuple[SeriesSummary, ...]) -> dict[str, object]:
    meta = volume.meta
    return {
        "format": meta.format,
        "slices": volume.shape[0],
        "shape": volume.shape,
        "spacing_mm": volume.spacing,
        "size_mm": volume.size_mm,
        "hu_range": [float(volume.hu.min()), float(volume.hu.max())],
        "slice_thickness_mm": meta.slice_thickness_mm,
        "contrast": meta.contrast,
        "kvp": meta.kvp,
        "kernel": meta.kernel,
        "manufacturer": meta.manufacturer,
        "field_of_view": asdict(view),
        "repairs": meta.repairs,
        "warnings": meta.warnings,
        "series": [asdict(one) for one in series],
    }


def _print_text(volume: CTVolume, view: FieldOfView, series: tuple[SeriesSummary, ...]) -> None:
    def line(name: str, content: str) -> None:
        typer.echo(f"{name:<14} {content}")

    meta = volume.meta
    known = {None: "not stated", True: "yes", False: "no"}
    line("format", meta.format)
    line("field of view", f"{view.region}: {view.reason}")
    line("chest", "yes" if view.is_chest else "no; ctscribe report refuses it without --force")
    line("voxels", " × ".join(map(str, volume.shape)) + " (z, y, x)")
    line("spacing", " × ".join(f"{value:.4g}" for value in volume.spacing) + " mm")
    line("size", " × ".join(f"{value:.0f}" for value in volume.size_mm) + " mm")
    line("HU", f"{volume.hu.min():.0f} to {volume.hu.max():.0f}")
    line("contrast", known[meta.contrast])
    line("kernel", meta.kernel or "not stated")
    for name, sentences in (("mended", meta.repairs), ("beware", meta.warnings), ("limits", view.limits)):
        for sentence in sentences:
            line(name, sentence)
    for one in series:
        what = f"series {one.number} (…{one.series_instance_uid[-12:]}): {one.modality} {one.kind}, {one.slices} images"
        line("read" if one.chosen else "skipped", what if one.chosen else f"{what}; {one.reason}")
