"""``ctscribe data prepare``: one index for a data set as it lies on disk."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctscribe.cli.options import AsJson, Quiet, Verbose
from ctscribe.errors import BadInput

if TYPE_CHECKING:
    from ctscribe.data.index import Index


class Duplicates(StrEnum):
    """What to do with reports that repeat another's text."""

    report = "report"
    drop = "drop"


class Leaks(StrEnum):
    """What to do with patients who are in more than one split."""

    refuse = "refuse"
    drop = "drop"


SourceName = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="ct-rate, radgenome, amos-mm, inspect, bimcv-r, m3d-cap, m3d-vqa, rexgroundingct, merlin, lidc, folder.",
    ),
]
Root = Annotated[Path, typer.Argument(metavar="ROOT", help="The data set's folder.")]
SourceOptions = Annotated[
    list[str] | None,
    typer.Argument(metavar="[KEY=VALUE]…", help="Options of the source, such as recon=first; docs/data.md lists them."),
]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="INDEX", help="The index to write, a .parquet file.")]
MasksFolder = Annotated[
    Path | None, typer.Option("--masks", metavar="DIR", help="Label maps, or folders of masks, named as the scans.")
]
CheckHU = Annotated[
    int, typer.Option("--check-hu", metavar="N", min=0, help="Look into N scans: are they in Hounsfield units?")
]
AllowMissing = Annotated[bool, typer.Option("--allow-missing", help="Leave out cases whose files are missing.")]
DuplicatesChoice = Annotated[
    Duplicates, typer.Option("--duplicates", help="Say how many reports repeat another's, or keep one of each.")
]
LeaksChoice = Annotated[
    Leaks, typer.Option("--leaks", help="Refuse a patient in two splits, or drop the cases that are not held out.")
]


def prepare(
    source: SourceName,
    root: Root,
    output: Output,
    options: SourceOptions = None,
    masks: MasksFolder = None,
    check_hu: CheckHU = 0,
    allow_missing: AllowMissing = False,
    duplicates: DuplicatesChoice = Duplicates.report,
    leaks: LeaksChoice = Leaks.refuse,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List a data set's cases, check them, and write one index. No scan is opened unless asked."""
    from ctscribe.cli.console import progress
    from ctscribe.data.preparing import Preparation, prepare_index
    from ctscribe.files import check_output_folder

    check_output_folder(output.parent)
    given = _pairs(options or [])
    wanted = Preparation(
        masks=masks, check_hu=check_hu, allow_missing=allow_missing, duplicates=duplicates.value, leaks=leaks.value
    )
    with progress(quiet=quiet, verbose=verbose) as announce:
        index = prepare_index(source, root, output, given, wanted, announce)
    _show(index, output, as_json=as_json)


def _show(index: Index, output: Path, *, as_json: bool) -> None:
    from ctscribe.cli.console import print_json

    patients = len(set(index.table["patient"].to_pylist()))
    if as_json:
        print_json(
            {
                "file": str(output),
                "source": index.source,
                "options": dict(index.options),
                "cases": len(index),
                "patients": patients,
                "splits": index.splits,
                "digest": index.digest,
                "notes": list(index.notes),
            }
        )
        return
    typer.echo(str(output))
    splits = ", ".join(f"{count:,} {name}" for name, count in index.splits.items())
    typer.echo(f"{len(index):,} cases of {patients:,} patients: {splits}")
    for note in index.notes:
        typer.echo(f"  {note}")


def _pairs(words: list[str]) -> dict[str, str]:
    for word in words:
        if "=" not in word:
            raise BadInput(f"{word!r} is not key=value", hint="such as recon=first", code="wrong-value")
    return {key: value for key, _, value in (word.partition("=") for word in words)}
