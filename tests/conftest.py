"""Fixtures that many tests share: the real scans, when they lie beside the project, and small synthetic ones."""

from __future__ import annotations

import os
from pathlib import Path

# Test processes run side by side: threads of one that wait for work slow the others down many times. numba's kernels
# would set torch's number of threads back to that of the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np
import pytest

from ctscribe.ct.volume import CTVolume, canonical_affine

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(name: str) -> Path:
    """A real scan of the development data; the test is skipped where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"development data {name} is not beside this checkout")
    return path


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261122)


@pytest.fixture
def soft_volume() -> CTVolume:
    """A small volume of soft tissue, 20×24×28 voxels of 2.5×1.0×0.8 mm."""
    return CTVolume(np.full((20, 24, 28), 40, dtype=np.int16), canonical_affine((2.5, 1.0, 0.8), (-10.0, 20.0, -300.0)))
