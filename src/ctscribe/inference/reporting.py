"""One report job: what was asked for, applied to one scan after another, with its outputs and its record."""

from __future__ import annotations

import glob
from collections.abc import Callable
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path

from ctscribe.anatomy.segmenters import SEGMENTERS, load_segmenter
from ctscribe.anatomy.segmenters.name_tables import stem_of
from ctscribe.anatomy.segmenters.protocol import Segmenter
from ctscribe.errors import BadInput
from ctscribe.files import check_output_folder
from ctscribe.inference.pipeline import Reading, Reporter, write_report
from ctscribe.inference.run_record import digest, remove_reports_of_another_scan, write_run_record
from ctscribe.inference.stages import Stages
from ctscribe.report.measured import MeasuredReporter
from ctscribe.report.schema import Report
from ctscribe.report.writers import FORMATS, FormatRefused, available_formats, write_report_files

REPORTERS: dict[str, Callable[[], Reporter]] = {"measured": MeasuredReporter}


@dataclass(frozen=True)
class Result:
    """A report, where its forms lie, and the seconds of each stage."""

    report: Report
    files: dict[str, Path]
    seconds: dict[str, float]


@dataclass(frozen=True)
class ReportJob:
    """What was asked for.

    Parameters
    ----------
    segmenter, reporter, reading : as in ``write_report``.
    formats : the forms to write; ``None`` for all that a scan allows.
    settings : everything besides the scan that the outputs depend on.
    """

    segmenter: Segmenter
    reporter: Reporter
    formats: tuple[str, ...] | None
    reading: Reading
    settings: dict[str, object]

    @classmethod
    def from_names(
        cls, *, model: str, segmenter: str, formats: str | None, device: str, fast: bool, reading: Reading
    ) -> ReportJob:
        """Build a job from the command line's words.

        Raises
        ------
        BadInput : a model, segmenter or format that does not exist.
        """
        forms = None if formats is None else _parse_formats(formats)
        reporter = _load_reporter(model)
        loaded = load_segmenter(segmenter, device=device, fast=fast, force=reading.force)
        given = {
            "model": model,
            "segmenter": _named_or_digest(segmenter),
            "formats": forms and ",".join(forms),
            "fast": fast,
        }
        return cls(loaded, reporter, forms, reading, settings={**given, **asdict(reading)})

    def run(self, scan: Path, folder: Path, announce: Callable[[str], None] = lambda stage: None) -> Result:
        """Report on one scan into a folder; ``run.json`` is written last.

        Raises
        ------
        BadInput : the folder cannot be made, the scan cannot be reported on, or the masks are not its own.
        FormatRefused : a form is impossible for this scan; the others have been written.
        """
        check_output_folder(folder)
        stages = Stages(announce)
        report, case = write_report(scan, self.segmenter, self.reporter, self.reading, stages)
        with stages("writing"):
            try:
                files = write_report_files(report, case, folder, self.formats or available_formats(case))
            except FormatRefused as refused:
                remove_reports_of_another_scan(folder, scan, refused.written.values())
                raise
            remove_reports_of_another_scan(folder, scan, files.values())
        write_run_record(folder, scan, self.settings, stages.seconds, files.values())
        return Result(report, files, stages.seconds)


def _named_or_digest(segmenter: str) -> str:
    """A segmenter's name, or the digest of masks and of the files of their name beside them, which may name them."""
    masks = Path(segmenter)
    if segmenter in SEGMENTERS or not masks.exists():
        return segmenter
    beside = sorted(masks.parent.glob(f"{glob.escape(stem_of(masks))}*")) if masks.is_file() else [masks]
    return "masks " + " ".join(digest(path) for path in beside)


def _load_reporter(name: str) -> Reporter:
    if name not in REPORTERS:
        raise BadInput(f"there is no model {name!r}", hint=f"known: {', '.join(REPORTERS)}", code="unknown-model")
    return REPORTERS[name]()


def _parse_formats(names: str) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    for name in wanted:
        if name not in FORMATS:
            near = get_close_matches(name, FORMATS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(FORMATS)}"
            raise BadInput(f"there is no format {name!r}", hint=hint, code="unknown-format")
    if not wanted:
        raise BadInput("no format asked for", hint=f"--formats takes some of {','.join(FORMATS)}", code="no-format")
    return wanted
