"""``ctscribe sample``: the real scan that ships with the package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from ctscribe.cli.options import AsJson

SAMPLE = "lidc-idri-0001.zip"
ATTRIBUTION = (
    "LIDC-IDRI-0001, The Cancer Imaging Archive, CC BY 3.0; Armato et al., Medical Physics 38 (2011) 915-931. "
    "The atlas segmenter is built from the same patient, so this sample flatters it."
)


def sample(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where to put the scan.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Copy the bundled sample, a real chest CT as zipped DICOM, to a folder."""
    from ctscribe.cli.console import print_json
    from ctscribe.files import write_atomically

    target = output / SAMPLE
    write_atomically({target: (resources.files("ctscribe") / "sample" / SAMPLE).read_bytes()})
    if as_json:
        print_json({"scan": str(target), "attribution": ATTRIBUTION})
    else:
        typer.echo(f"{target}\n{ATTRIBUTION}")
