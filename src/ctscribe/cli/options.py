"""The options that several verbs share, each worded once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer


def _given_path(text: str) -> Path:
    """A path; an empty one, as an unset variable in a script leaves it, would mean the working folder."""
    if not text:
        raise typer.BadParameter("the path is empty")
    return Path(text)


Scan: TypeAlias = Annotated[
    Path,
    typer.Argument(metavar="SCAN", parser=_given_path, help="DICOM folder, zip or file; NIfTI; NRRD; MetaImage."),
]
Series: TypeAlias = Annotated[
    str | None, typer.Option("--series", metavar="UID|NUMBER", help="DICOM series to read; default: the chest CT.")
]
AllowGaps: TypeAlias = Annotated[
    bool, typer.Option("--allow-gaps", help="Fill missing slices by interpolation, and say so, instead of refusing.")
]
Force: TypeAlias = Annotated[bool, typer.Option("--force", help="Go on although the scan does not look like a chest.")]
SegmenterChoice: TypeAlias = Annotated[
    str, typer.Option("--segmenter", metavar="atlas|totalsegmentator|MASKS", help="What finds the organs.")
]
Masks: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--masks", metavar="MASKS", help="Label map, folder of masks or DICOM SEG to use instead of a segmenter."
    ),
]
Device: TypeAlias = Annotated[
    str, typer.Option("-d", "--device", metavar="cpu|cuda|cuda:N|mps", help="Where models run.")
]
Fast: TypeAlias = Annotated[bool, typer.Option("--fast", help="The segmenter's coarser, quicker setting.")]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Quiet: TypeAlias = Annotated[bool, typer.Option("-q", "--quiet", help="No progress on stderr.")]
Verbose: TypeAlias = Annotated[bool, typer.Option("-v", "--verbose", help="Each stage and its seconds on stderr.")]
