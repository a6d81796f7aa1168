"""The road from a scan to a report. This file is the project's table of contents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from ctscribe.anatomy.segmenters.protocol import Segmenter
from ctscribe.case import Case
from ctscribe.ct.field_of_view import assess_field_of_view
from ctscribe.ct.readers import read_volume
from ctscribe.ct.volume import CTVolume
from ctscribe.errors import BadScan
from ctscribe.inference.stages import Stages
from ctscribe.report.consistency import check_consistency
from ctscribe.report.schema import Report


@runtime_checkable
class Reporter(Protocol):
    """Writes a report from a case: the measured reporter, or a trained model."""

    name: str

    def __call__(self, case: Case) -> Report:
        """Write; the six sections are always there."""
        ...


@dataclass(frozen=True)
class Reading:
    """How a scan is read.

    Parameters
    ----------
    series : which DICOM series, by UID, end of UID or number; ``None`` picks the chest CT.
    allow_gaps : fill missing slices by interpolation, and say so in the report, instead of refusing.
    force : go on although the scan does not show a chest.
    identity : read the patient's identity, which then reaches the DICOM SR and the FHIR bundle and nothing else.
    """

    series: str | None = None
    allow_gaps: bool = False
    force: bool = False
    identity: bool = False


def write_report(
    scan: Path, segmenter: Segmenter, reporter: Reporter, reading: Reading | None = None, stages: Stages | None = None
) -> tuple[Report, Case]:
    """Read a scan, find its organs and lesions, measure, report, and hold the report to the evidence.

    Parameters
    ----------
    scan : DICOM folder, zip or file; NIfTI; NRRD; MetaImage.
    segmenter, reporter : what finds the anatomy, and what writes.
    reading : how the scan is read.
    stages : told when each stage starts, and keeps the seconds.

    Raises
    ------
    BadScan : the scan cannot be read, or shows no chest.
    """
    reading, stages = reading or Reading(), stages or Stages()
    with stages("reading the scan"):
        volume = read_chest(scan, reading)
    with stages(f"segmenting ({segmenter.name})"):
        labelmap = segmenter(volume)
    with stages("measuring"):
        case = Case.from_scan(volume, labelmap)
    with stages(f"reporting ({reporter.name})"):
        report = reporter(case)
        return check_consistency(report, case), case


def read_chest(scan: Path, reading: Reading) -> CTVolume:
    """Read a scan and refuse it when it shows no chest, unless ``reading.force``."""
    volume = read_volume(scan, series=reading.series, allow_gaps=reading.allow_gaps, identity=reading.identity)
    view = assess_field_of_view(volume)
    if not view.is_chest and not reading.force:
        raise BadScan(
            f"{scan}: not a chest CT but {view.region}: {view.reason}",
            hint="give --force to go on all the same",
            code="not-a-chest",
        )
    return volume
