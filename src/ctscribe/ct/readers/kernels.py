"""Soft-tissue or sharp: what a reconstruction kernel's name says, over the vendors' naming schemes."""

from __future__ import annotations

import re
from typing import Literal

KernelClass = Literal["soft-tissue", "sharp", "unknown"]

SOFT_NAMES = frozenset({"STANDARD", "STND", "SOFT", "DETAIL", "A", "B", "C"})
"""GE's and Philips's names."""

SHARP_NAMES = frozenset({"LUNG", "BONE", "BONEPLUS", "EDGE", "ULTRA", "CHEST", "D", "E", "L", "YA", "YB", "YC", "YD"})

SIEMENS = re.compile(r"^[A-Z][A-Z]?(\d{2})")
"""B40f, Br44d, I31f, Bl57d, Qr40: the number grows with sharpness."""

SIEMENS_SHARP_FROM = 50

CANON = re.compile(r"^FC(\d{2})")
"""FC01-FC29 body and head, FC30 bone, FC50-FC59 lung, FC80 and above inner ear."""

CANON_SHARP_FROM = 30


def kernel_class(kernel: str | None) -> KernelClass:
    """Whether a ConvolutionKernel smooths (Hounsfield units may be trusted) or sharpens (noise and edges overshoot)."""
    name = (kernel or "").strip().upper()
    first = re.split(r"[\s/\\_]", name)[0]
    if first in SOFT_NAMES:
        return "soft-tissue"
    if first in SHARP_NAMES:
        return "sharp"
    for pattern, sharp_from in ((CANON, CANON_SHARP_FROM), (SIEMENS, SIEMENS_SHARP_FROM)):
        if match := pattern.match(first):
            return "sharp" if int(match[1]) >= sharp_from else "soft-tissue"
    return "unknown"
