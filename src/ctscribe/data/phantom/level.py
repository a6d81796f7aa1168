"""How hard a phantom is to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

LevelName: TypeAlias = Literal["easy", "standard", "hard"]


@dataclass(frozen=True)
class Level:
    """One difficulty.

    Parameters
    ----------
    nodule_mm : smallest and largest diameter of nodules.
    nodules : fewest and most nodules of a case that has any.
    severities : weights of mild, moderate and severe (small, moderate and large).
    conspicuity : factor on the difference in attenuation between disease and what it lies in.
    distractors : fewest and most things that only look like findings.
    findings : factor on every finding's prevalence; 1 as CT-RATE has it.
    noise_hu : lowest and highest standard deviation of the noise.
    """

    nodule_mm: tuple[float, float]
    nodules: tuple[int, int]
    severities: tuple[float, float, float]
    conspicuity: float
    distractors: tuple[int, int]
    findings: float
    noise_hu: tuple[float, float]


LEVELS: Mapping[LevelName, Level] = {
    "easy": Level((14.0, 30.0), (1, 1), (0.0, 0.3, 0.7), 1.0, (0, 0), 0.6, (6.0, 12.0)),
    "standard": Level((5.0, 30.0), (1, 4), (0.4, 0.4, 0.2), 0.8, (1, 4), 1.0, (10.0, 25.0)),
    "hard": Level((4.0, 12.0), (1, 6), (0.7, 0.25, 0.05), 0.6, (3, 8), 1.2, (15.0, 40.0)),
}
