"""``ctscribe data``: cases in bulk, one verb a file."""

from __future__ import annotations

import typer

from ctscribe.cli.data_baselines import baselines
from ctscribe.cli.data_cache import cache
from ctscribe.cli.data_phantom import phantom
from ctscribe.cli.data_prepare import prepare
from ctscribe.cli.data_structure import structure

data = typer.Typer(
    name="data", help="Cases in bulk: data sets, their cache, phantoms, structured text.", rich_markup_mode=None
)
for verb in (prepare, cache, phantom, baselines, structure):
    data.command()(verb)
