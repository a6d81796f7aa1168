"""Which series of a folder is the chest CT, and why the others are not.

The rule, in order: axial CT images over derived ones over coronal and sagittal ones; those named as a chest; the
longest coverage along the body; the thinnest slices; a soft-tissue kernel; the most slices; the lowest series number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ctscribe.ct.readers import tags
from ctscribe.ct.readers.kernels import KernelClass, kernel_class
from ctscribe.ct.readers.series import RANK, REFUSED, Series, SeriesKind
from ctscribe.errors import BadScan
from ctscribe.types import Spacing

KERNELS: tuple[KernelClass, ...] = ("soft-tissue", "unknown", "sharp")
"""Best first."""

FULL_COVERAGE = 0.9
"""Series that cover at least this fraction of the longest one's extent count as covering the same."""


@dataclass(frozen=True)
class SeriesSummary:
    """One series of a folder, as ``ctscribe inspect`` shows it.

    ``slices`` and ``spacing`` (mm across slices, rows, columns) are of the volume that would be read; ``reason`` says
    why the series was chosen or skipped.
    """

    series_instance_uid: str
    number: int | None
    description: str
    modality: str
    kind: SeriesKind
    slices: int
    spacing: Spacing | None
    chosen: bool
    reason: str


def _least(value: Callable[[Series], float]) -> Callable[[list[Series]], list[Series]]:
    """Keeps the series whose value is the lowest."""
    return lambda rest: [s for s in rest if value(s) == min(map(value, rest))]


def _longest(rest: list[Series]) -> list[Series]:
    enough = FULL_COVERAGE * max(s.extent_mm for s in rest)
    return [s for s in rest if s.extent_mm >= enough]


CRITERIA: tuple[tuple[str, Callable[[list[Series]], list[Series]]], ...] = (
    ("the only series of its kind", _least(lambda s: RANK[s.kind])),
    ("the only series named as a chest", _least(lambda s: not s.is_chest)),
    ("the longest coverage", _longest),
    ("the thinnest slices", _least(lambda s: round(s.step_mm, 1))),
    ("a soft-tissue kernel", _least(lambda s: KERNELS.index(kernel_class(s.first.kernel)))),
    ("the most slices", _least(lambda s: -len(s.volume.frames))),
    ("the lowest series number", _least(lambda s: s.number if s.number is not None else 2**31)),
)
"""What decides, in order: each keeps some of the series that are left, the last one that dropped any is the reason."""


def choose_series(series: Sequence[Series], wanted: str | None = None) -> tuple[Series, str]:
    """The series to read, and a sentence saying which it is and why.

    Parameters
    ----------
    series : all that were found (``group_series``).
    wanted : a SeriesInstanceUID, the end of one, or a series number; ``None`` chooses by the rule.

    Raises
    ------
    BadScan : ``series-not-found``, ``series-ambiguous``, or the code of the kind that cannot be read (``REFUSED``);
        ``no-ct-series`` when several kinds are there and none is a CT volume; ``several-studies`` when the rule would
        have to choose between studies.
    """
    if wanted is not None:
        chosen = _named(series, wanted)
        if chosen.kind in REFUSED:
            raise _refusal([chosen], f"series {_name(chosen)} cannot be read")
        return chosen, _sentence(series, chosen, "as asked")
    readable = [s for s in series if s.kind in RANK]
    if not readable:
        raise _refusal(series, "there is no CT volume to read")
    _refuse_several_studies(readable)
    why = "the only CT volume"
    for reason, best in CRITERIA:
        left = best(readable)
        why = reason if len(left) < len(readable) else why
        readable = left
    return readable[0], _sentence(series, readable[0], why)


def summarise(series: Sequence[Series], wanted: str | None = None) -> tuple[SeriesSummary, ...]:
    """One line a series, the one that ``choose_series`` would choose marked; it raises for a ``wanted`` one only."""
    summaries = [_summary(s, wanted) for s in series]
    if wanted is not None or any(s.kind in RANK for s in series):
        chosen, sentence = choose_series(series, wanted)
        at = list(series).index(chosen)
        summaries[at] = replace(summaries[at], chosen=True, reason=sentence)
    return tuple(summaries)


def _summary(series: Series, wanted: str | None) -> SeriesSummary:
    frame = series.first
    spacing = (series.step_mm, *frame.spacing) if frame.is_placed and frame.spacing and series.step_mm else None
    passed_over = "another series serves better" if wanted is None else "another series was asked for"
    reason = REFUSED[series.kind][1] if series.kind in REFUSED else passed_over
    return SeriesSummary(
        series_instance_uid=series.uid,
        number=series.number,
        description=tags.text(frame.instance.header, "SeriesDescription"),
        modality=frame.instance.modality,
        kind=series.kind,
        slices=len(series.volume.frames),
        spacing=spacing,  # pyright: ignore[reportArgumentType]
        chosen=False,
        reason=reason,
    )


def _refuse_several_studies(readable: Sequence[Series]) -> None:
    """Two studies may be two patients; no rule may pick between them."""
    first_of = {tags.text(s.first.instance.header, "StudyInstanceUID"): s for s in reversed(readable)}
    if len(first_of) > 1:
        ends = ", ".join(s.uid[-12:] for s in list(first_of.values())[::-1][:5])
        raise BadScan(
            f"there are CT series of {len(first_of)} studies, which may be of different patients",
            hint=f"give the folder of one study, or choose a series with --series, such as {ends}",
            code="several-studies",
        )


def _named(series: Sequence[Series], wanted: str) -> Series:
    matches = (
        [s for s in series if s.uid == wanted]
        or [s for s in series if s.number is not None and str(s.number) == wanted.strip()]
        or [s for s in series if wanted and s.uid.endswith(wanted)]
    )
    if len(matches) == 1:
        return matches[0]
    present = ", ".join(_name(s) for s in series)
    if matches:
        raise BadScan(
            f"{len(matches)} series go by the name that was asked for",
            hint="give the whole SeriesInstanceUID; ctscribe inspect lists them",
            code="series-ambiguous",
        )
    raise BadScan(
        f"the series that was asked for is not there; there are: {present}",
        hint="give a series number, a SeriesInstanceUID or the end of one",
        code="series-not-found",
    )


def _name(series: Series) -> str:
    return str(series.number) if series.number is not None else f"…{series.uid[-12:]}"


def _refusal(series: Sequence[Series], what: str) -> BadScan:
    hint = "give the folder of the axial CT series"
    code, reason = REFUSED[series[0].kind]
    if all(REFUSED[s.kind][0] == code for s in series):
        return BadScan(f"{what}: {reason}", hint=hint, code=code)
    return BadScan(f"{what}, only {_counted(series)}", hint=hint, code="no-ct-series")


def _sentence(series: Sequence[Series], chosen: Series, why: str) -> str:
    skipped = [s for s in series if s is not chosen]
    at = f"Series {list(series).index(chosen) + 1} of {len(series)} was read"
    return f"{at} ({chosen.words}): {why}." + (f" Skipped: {_counted(skipped)}." if skipped else "")


def _counted(series: Sequence[Series]) -> str:
    counts = Counter(s.kind for s in series)
    return ", ".join(f"{count} × {kind}" for kind, count in sorted(counts.items()))
