"""``ctscribe labels``: which findings free-text reports affirm, deny, or leave open."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ctscribe.cli.options import AsJson, Quiet, Verbose
from ctscribe.errors import BadInput

if TYPE_CHECKING:
    from ctscribe.report.labels import Labelling


class Table(StrEnum):
    """A set of labels."""

    ct_rate = "ct_rate"
    inspect = "inspect"


Input = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV, TSV, XLSX, Parquet or JSON lines with a text column.")
]
Column = Annotated[str, typer.Option("--column", metavar="NAME", help="The column that holds the reports.")]
IdColumn = Annotated[
    str | None, typer.Option("--id", metavar="NAME", help="The column that names the rows; default: id, or the number.")
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="OUT", help="File to write instead of printing.")
]
TableChoice = Annotated[Table, typer.Option("--table", help="CT-RATE's 18 labels, or INSPECT's 21 entities.")]
Uncertain = Annotated[
    int, typer.Option("--uncertain", min=0, max=1, help="What a label counts as that is put forward with doubt.")
]
WithEvidence = Annotated[bool, typer.Option("--evidence", help="Name the words that decided each label; with --json.")]


def labels(
    texts: Input,
    column: Column = "findings",
    id_column: IdColumn = None,
    output: Output = None,
    table: TableChoice = Table.ct_rate,
    uncertain: Uncertain = 1,
    evidence: WithEvidence = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Label free-text reports: a table with a row for each, 1 where it affirms a finding."""
    from ctscribe.cli.console import progress
    from ctscribe.data.structuring.texts import read_texts
    from ctscribe.files import write_atomically
    from ctscribe.report.labels import label_report, label_table

    if evidence and not as_json:
        raise BadInput("--evidence has no place in a table", hint="add --json", code="evidence-without-json")
    if output is not None and output.resolve() == texts.resolve():
        raise BadInput("the output would replace the input", hint="give another -o", code="output-is-input")
    with progress(quiet=quiet, verbose=verbose) as announce:
        announce("reading the reports")
        reports = read_texts(texts, column, id_column)
        announce(f"labelling {len(reports)} reports")
        labelled = [label_report(report.text, table.value) for report in reports]
    together = list(zip(reports, labelled, strict=True))
    empty = sum(not report.text.strip() for report in reports)
    if empty:
        typer.echo(f"{empty} of {len(reports)} reports are empty; they mention no label", err=True)
    names = label_table(table.value).labels
    if as_json:
        rows = [_row(report.id, said, uncertain, evidence) for report, said in together]
        text = _json({"table": table.value, "labels": names, "uncertain": uncertain, "reports": rows})
    else:
        text = _csv([["id", *names], *([report.id, *said.vector(uncertain)] for report, said in together)])
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_atomically({output: text.encode()})
        typer.echo(str(output))


def _csv(rows: list[list[Any]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _row(name: str, said: Labelling, uncertain: int, evidence: bool) -> dict[str, Any]:
    from ctscribe.report.labels import Polarity

    mentioned = [one for one in said.mentions if one.polarity is not Polarity.not_mentioned]
    row: dict[str, Any] = {
        "id": name,
        "labels": said.vector(uncertain),
        "polarities": {one.label: one.polarity.value for one in mentioned},
    }
    if evidence:
        row["evidence"] = [{key: value for key, value in asdict(one).items() if key != "section"} for one in mentioned]
    return row
