"""The body that disease is drawn on, and the record of what was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from jaxtyping import Float32, UInt8, UInt16

from ctscribe.anatomy.windows import Window, bounding_window
from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.types import Affine, Mask, Spacing

Phase = Literal["none", "arterial", "portal"]


class Canvas:
    """A normal body on the grid of the scan to be made; diseases change it in place.

    Parameters
    ----------
    hu : Hounsfield units without noise, axes (z, y, x) toward Superior, Posterior, Left. The patient lies on the back:
        fluid runs toward larger y.
    labels : TotalSegmentator ids.
    names : id → class.
    spacing, affine : of the grid.
    phase : contrast phase, which the blood's attenuation already shows.

    Attributes
    ----------
    instances : number of the finding that a voxel belongs to, 0 for none. A voxel has one finding: the later one.
    findings : what was drawn, in order.
    """

    def __init__(
        self,
        hu: Float32[np.ndarray, "z y x"],
        labels: UInt8[np.ndarray, "z y x"],
        names: Mapping[int, str],
        spacing: Spacing,
        affine: Affine,
        phase: Phase,
    ) -> None:
        self.hu, self.labels, self.names = hu, labels, names
        self.spacing, self.affine = spacing, affine
        self.phase: Phase = phase
        self.instances: UInt16[np.ndarray, "z y x"] = np.zeros(hu.shape, np.uint16)
        self.findings: list[PhantomFinding] = []
        self._ids = {name: label for label, name in names.items()}
        self._windows: dict[tuple[str, ...], Window | None] = {}

    def ids(self, *names: str) -> tuple[int, ...]:
        """Label ids of the named classes that the body has."""
        return tuple(self._ids[name] for name in names if name in self._ids)

    def mask(self, *names: str, window: Window | None = None) -> Mask:
        """Union of the named classes, inside a window when one is given."""
        wanted = np.zeros(256, bool)
        wanted[list(self.ids(*names))] = True
        return wanted[self.labels if window is None else self.labels[window]]

    def window(self, *names: str, margin_mm: float = 0.0) -> Window | None:
        """The box around the named classes as the body was before any disease, ``None`` where they are absent."""
        if names not in self._windows:
            self._windows[names] = bounding_window(self.mask(*names))
        window = self._windows[names]
        return window and self.widened(window, margin_mm)

    def widened(self, window: Window, margin_mm: float) -> Window:
        """A box made larger on every side, as far as the grid reaches."""
        margins = [int(np.ceil(margin_mm / step)) for step in self.spacing]
        return tuple(
            slice(max(axis.start - margin, 0), min(axis.stop + margin, length))
            for axis, margin, length in zip(window, margins, self.hu.shape, strict=True)
        )  # pyright: ignore[reportReturnType]

    def free(self, window: Window) -> Mask:
        """Voxels of a window that belong to no finding yet."""
        return self.instances[window] == 0

    def blend(
        self, window: Window, hu: Float32[np.ndarray, "z y x"] | float, weight: Float32[np.ndarray, "z y x"]
    ) -> None:
        """Mix new Hounsfield units into a window: ``weight`` 0 keeps what is there, 1 replaces it."""
        there = self.hu[window]
        there += (hu - there) * weight

    def add(self, finding: PhantomFinding, window: Window | None = None, mask: Mask | None = None) -> PhantomFinding:
        """Record a finding, and mark the voxels of its mask inside the window as its own.

        Raises
        ------
        ValueError : the finding lacks what its kind asks for, or the mask is empty.
        """
        kind = FINDING_KINDS[finding.kind]
        if finding.attributes.keys() != kind.attributes.keys() or finding.measures.keys() != set(kind.measures):
            raise ValueError(f"a {finding.kind} needs {sorted(kind.attributes)} and {sorted(kind.measures)}")
        if window is not None and mask is not None:
            if not mask.any():
                raise ValueError(f"a {finding.kind} without a voxel")
            finding = replace(finding, number=1 + max((one.number for one in self.findings), default=0))
            self.instances[window][mask] = finding.number
        self.findings.append(finding)
        return finding
