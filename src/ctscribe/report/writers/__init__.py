"""The forms a report can take, and how they are written to a folder: all at once or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ctscribe.case import Case
from ctscribe.errors import BadInput
from ctscribe.files import write_atomically
from ctscribe.report.schema import Report

Render = Callable[[Report, Case, datetime], bytes]


@dataclass(frozen=True)
class Format:
    """One form of the report: the file it becomes, what it is for, and whether it needs a DICOM series to refer to."""

    file_name: str
    description: str
    render: Render
    needs_dicom: bool = False


class FormatRefused(BadInput):
    """Some of the forms asked for are impossible for this scan; ``written`` holds those that were written."""

    def __init__(self, refusal: BadInput, written: Mapping[str, Path]) -> None:
        super().__init__(refusal.message, hint=refusal.hint, code=refusal.code)
        self.written = written


def _text(report: Report, case: Case, written: datetime) -> bytes:
    from ctscribe.report.writers.text import write_text

    return write_text(report).encode("utf-8")


def _json(report: Report, case: Case, written: datetime) -> bytes:
    from ctscribe.report.writers.json import write_json

    return write_json(report).encode("utf-8")


def _html(report: Report, case: Case, written: datetime) -> bytes:
    from ctscribe.report.writers.html import write_html

    return write_html(report, case).encode("utf-8")


def _dicom_sr(report: Report, case: Case, written: datetime) -> bytes:
    from ctscribe.report.writers.dicom_sr import write_dicom_sr

    return write_dicom_sr(report, case, written)


def _fhir(report: Report, case: Case, written: datetime) -> bytes:
    from ctscribe.report.writers.fhir import write_fhir

    return write_fhir(report, case, written).encode("utf-8")


FORMATS: Mapping[str, Format] = {
    "text": Format("report.txt", "plain text for reading and pasting", _text),
    "json": Format("report.json", "every sentence with its evidence, by the published schema", _json),
    "html": Format("report.html", "a page with the key slices, for screen and print", _html),
    "dicom-sr": Format("report.dcm", "DICOM structured report (TID 1500) for the PACS", _dicom_sr, needs_dicom=True),
    "fhir": Format("report.fhir.json", "FHIR R4 bundle with DiagnosticReport and Observations", _fhir),
}
"""Format name → what it is; the table behind the command line's choices and the documentation."""


def no_dicom_source(case: Case) -> BadInput:
    """The refusal of a scan that DICOM objects cannot refer to."""
    return BadInput(
        f"a DICOM structured report needs a DICOM scan to refer to, this one is {case.volume.meta.format}",
        hint="give the DICOM series, or leave the format dicom-sr out",
        code="no-dicom-source",
    )


def refusal(name: str, case: Case) -> BadInput | None:
    """Why a format is impossible for this scan, ``None`` when it is possible."""
    return no_dicom_source(case) if FORMATS[name].needs_dicom and case.volume.meta.dicom is None else None


def available_formats(case: Case) -> tuple[str, ...]:
    """Names of the formats that this scan's report can take."""
    return tuple(name for name in FORMATS if refusal(name, case) is None)


def write_report_files(
    report: Report,
    case: Case,
    folder: Path,
    formats: Sequence[str] = tuple(FORMATS),
    *,
    written: datetime | None = None,
) -> dict[str, Path]:
    """Write the report into ``folder``, which is made when it is absent: format name → file.

    Every form is made in memory and written under a temporary name before the first one takes its place, so a failure
    leaves older reports as they were.

    Parameters
    ----------
    written : the time that SR and FHIR carry, now when not given.

    Raises
    ------
    BadInput : a format does not exist, or none of the formats is possible for this scan; nothing is written.
    FormatRefused : some formats are impossible; the others have been written.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise BadInput(
            f"there is no report format {unknown[0]!r}", hint=f"choose from {', '.join(FORMATS)}", code="unknown-format"
        )
    refusals = [found for name in dict.fromkeys(formats) if (found := refusal(name, case))]
    possible = [name for name in dict.fromkeys(formats) if refusal(name, case) is None]
    if refusals and not possible:
        raise refusals[0]
    written = written or datetime.now(UTC)
    files = {name: folder / FORMATS[name].file_name for name in possible}
    write_atomically({files[name]: FORMATS[name].render(report, case, written) for name in possible})
    if refusals:
        raise FormatRefused(refusals[0], files)
    return files
