"""Whether numbers are Hounsfield units, and if not, which mistake made them.

A CT's histogram has landmarks: air near -1000, fat near -100, soft tissue near +50, and little above bone. A scan is
accepted when they lie in place. When they do not, the known mistakes are undone one after the other on the histogram;
the one that puts the landmarks right is named in the refusal. The voxels themselves are never rescaled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ctscribe.errors import BadScan

SAMPLED = 2_000_000
"""Voxels that the histogram is taken from, evenly spread."""

LOWEST, HIGHEST = -12_000, 36_000
"""Range of the histogram, wide enough for every mistake below; values beyond it count at its ends."""

SOFT = (-150, 140)
"""From fat to enhanced organs."""


@dataclass(frozen=True)
class Mistake:
    """How HU were turned into something else: ``stored = slope · HU + intercept``."""

    slope: float
    intercept: float
    code: str
    reason: str
    hint: str


APPLY_INTERCEPT = "apply the rescale slope and intercept of the DICOM series once (HU = stored value - {0})"
APPLIED_TWICE = "the file was in HU already: do not apply RescaleSlope and RescaleIntercept to it again"

MISTAKES = (
    Mistake(1, 1024, "rescaled-never", "raw stored values, 1024 above HU", APPLY_INTERCEPT.format(1024)),
    Mistake(1, 1000, "rescaled-never", "raw stored values, 1000 above HU", APPLY_INTERCEPT.format(1000)),
    Mistake(1, 8192, "rescaled-never", "raw stored values, 8192 above HU", APPLY_INTERCEPT.format(8192)),
    Mistake(1, 32768, "rescaled-never", "raw stored values, 32768 above HU", APPLY_INTERCEPT.format(32768)),
    Mistake(1, -1024, "rescaled-twice", "HU rescaled twice, 1024 too low", APPLIED_TWICE),
    Mistake(1, -1000, "rescaled-twice", "HU rescaled twice, 1000 too low", APPLIED_TWICE),
    Mistake(1, -8192, "rescaled-twice", "HU rescaled twice, 8192 too low", APPLIED_TWICE),
    Mistake(-1, 0, "inverted", "negated HU: air is the brightest", "negate the values"),
    Mistake(-1, 1023, "inverted", "inverted values: air is the brightest", "export the scan as MONOCHROME2"),
    Mistake(-1, 2047, "inverted", "inverted values: air is the brightest", "export the scan as MONOCHROME2"),
    Mistake(-1, 3071, "inverted", "inverted values: air is the brightest", "export the scan as MONOCHROME2"),
    Mistake(0.1, 0, "wrong-slope", "HU divided by ten", "multiply the values by ten"),
    Mistake(10, 0, "wrong-slope", "HU multiplied by ten", "divide the values by ten"),
    Mistake(0.5, 0, "wrong-slope", "HU with half their slope", "apply the RescaleSlope of the DICOM series"),
    Mistake(2, 0, "wrong-slope", "HU with twice their slope", "apply the RescaleSlope of the DICOM series once"),
)

EXPORT = "export the original CT series, in Hounsfield units and without a display window"


@dataclass(frozen=True, eq=False)
class Histogram:
    """Voxels per whole value, as fractions of all that are not padding."""

    values: np.ndarray
    fractions: np.ndarray

    def share(self, low: float, high: float) -> float:
        """Fraction of the voxels from ``low`` up to, not including, ``high``."""
        first, last = np.searchsorted(self.values, (low, high))
        return float(self.fractions[first:last].sum())

    def percentile(self, percent: float) -> float:
        """The value that ``percent`` of the voxels lie at or below."""
        at = np.searchsorted(np.cumsum(self.fractions), percent / 100)
        return float(self.values[min(at, self.values.size - 1)])

    def within(self, low: float, high: float) -> Histogram:
        """The part between two values, without them."""
        kept = (self.values > low) & (self.values < high)
        return Histogram(self.values[kept], self.fractions[kept])

    def undone(self, mistake: Mistake) -> Histogram:
        """What the histogram would be without the mistake."""
        values = (self.values - mistake.intercept) / mistake.slope
        order = np.argsort(values)
        return Histogram(values[order], self.fractions[order])


def check_hounsfield(voxels: np.ndarray) -> list[str]:
    """Refuse a finite array whose numbers are not HU; return warnings about values that were cut off.

    Raises
    ------
    BadScan : codes ``constant``, ``normalised``, ``eight-bit``, ``empty``, ``rescaled-never``, ``rescaled-twice``,
        ``wrong-slope``, ``inverted``, ``windowed``, ``not-hounsfield``.
    """
    low, high = float(voxels.min()), float(voxels.max())
    _check_range(low, high)
    histogram = histogram_of(voxels)
    if histogram.share(-1100, -850) > 0.97 and histogram.share(*SOFT) < 0.01:
        raise BadScan("the scan holds nothing but air", hint=EXPORT, code="empty")
    if not plausible(histogram):
        _refuse(histogram, low, high)
    if high < 1000 and histogram.share(high, high + 1) > 0.002:
        return [f"Values above {high:g} HU were cut off: bone, calcium and dense contrast cannot be measured."]
    return []


def _check_range(low: float, high: float) -> None:
    """Refuse what its range alone gives away."""
    span = f"the voxels range from {low:g} to {high:g}"
    if low == high:
        raise BadScan(f"every voxel has the value {low:g}", hint=EXPORT, code="constant")
    if high - low < 32:
        raise BadScan(f"{span}: they were normalised and are not HU", hint=EXPORT, code="normalised")
    if high - low <= 255 and (low >= 0 or low == -128):
        raise BadScan(f"{span}: an 8-bit picture, not HU", hint=EXPORT, code="eight-bit")


def histogram_of(voxels: np.ndarray) -> Histogram:
    """The histogram of evenly spread voxels, padding below air left out."""
    step = max(1, round((voxels.size / SAMPLED) ** (1 / 3)))
    sample = np.clip(np.rint(voxels[::step, ::step, ::step]), LOWEST, HIGHEST).astype(np.int64)
    counts = np.bincount(sample.ravel() - LOWEST, minlength=HIGHEST - LOWEST + 1).astype(np.float64)
    values = np.arange(LOWEST, HIGHEST + 1)
    _drop_padding(counts, values)
    return Histogram(values, counts / max(counts.sum(), 1))


def _drop_padding(counts: np.ndarray, values: np.ndarray) -> None:
    """Remove single values that stand alone below air, or below everything else: fill outside the scanner's circle."""
    around = gaussian_filter1d(counts, 10, mode="constant")
    spikes = (counts > 0.001 * counts.sum()) & (values < -1024)
    # Under a Gaussian of 10 values a lone spike keeps 4 % of its height.
    counts[spikes & (around < 0.06 * counts)] = 0
    present = np.flatnonzero(counts)
    # A drawn phantom has few values, all of them standing alone.
    if present.size > 256 and present[1] - present[0] > 64:
        counts[present[0]] = 0


def plausible(histogram: Histogram) -> bool:
    """Whether air, fat and soft tissue lie where Hounsfield's scale puts them.

    Air must be there: no chest is without it, and without it a compressed scale cannot be told from HU. Where there is
    much of it, outside the body or in the lungs, some must reach down to pure air; where there is little, the commonest
    value must be that of fat, fluid, muscle or an enhanced organ, not of contrast in vessels. Some voxels below air are
    let pass: resampling smears the padding's edge.
    """
    air, commonest = histogram.share(-np.inf, -300), _commonest(histogram)
    return (
        air > 0.002
        and (histogram.percentile(0.1) < -900 if air > 0.05 else commonest <= SOFT[1])
        and commonest >= SOFT[0]
        and histogram.share(*SOFT) > 0.03
        and histogram.share(-np.inf, -1150) < 0.08
        and histogram.share(500, np.inf) < 0.12
    )


def _commonest(histogram: Histogram) -> int:
    """The commonest value between -400 and 400, after smoothing."""
    low, high = -400, 400
    bins, _ = np.histogram(histogram.values, np.arange(low, high + 1), weights=histogram.fractions)
    return low + int(np.argmax(gaussian_filter1d(bins, 8)))


def _refuse(histogram: Histogram, low: float, high: float) -> None:
    """Name the mistake that, undone, brings out most of air, lung and soft tissue."""
    candidates = [(histogram.undone(mistake), mistake) for mistake in MISTAKES]
    explained = [
        (undone.share(-1050, -700) + undone.share(*SOFT), mistake)
        for undone, mistake in candidates
        if plausible(undone)
    ]
    if explained:
        _, mistake = max(explained, key=lambda candidate: candidate[0])
        raise BadScan(
            f"the voxels are not Hounsfield units: they look like {mistake.reason} (range {low:g} to {high:g})",
            hint=mistake.hint,
            code=mistake.code,
        )
    floor = histogram.share(low, low + 1)
    if floor > 0.05 and -900 < low < SOFT[1] and histogram.within(low, high).share(*SOFT) > 0.03:
        raise BadScan(
            f"values below {low:g} were cut off, {floor:.0%} of the voxels lie there: the lungs are lost",
            hint=EXPORT,
            code="windowed",
        )
    raise BadScan(
        f"the voxels are not Hounsfield units: air, fat and soft tissue are not where they belong "
        f"(range {low:g} to {high:g})",
        hint=EXPORT,
        code="not-hounsfield",
    )
