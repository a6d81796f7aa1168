"""Stray fragments of a label map given to what lies around them."""

from __future__ import annotations

from typing import no_type_check

import cc3d
import numba
import numpy as np
from jaxtyping import UInt8

KEPT = 0.2
"""A connected part smaller than this fraction of its class's largest is a fragment."""


def without_fragments(labels: UInt8[np.ndarray, "z y x"]) -> UInt8[np.ndarray, "z y x"]:
    """The label map, every class's stray fragments replaced by the commonest label around them, from outside in."""
    parts = cc3d.connected_components(labels, connectivity=26)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    classes = np.zeros(sizes.size, np.uint8)
    classes[parts.ravel()] = labels.ravel()
    largest = np.zeros(256, np.int64)
    np.maximum.at(largest, classes, sizes)
    fragment = sizes < KEPT * largest[classes]
    fragment[0] = False
    cleaned = labels.copy()
    voxels = np.argwhere(fragment[parts])
    pending = np.zeros(labels.shape, bool)
    pending[tuple(voxels.T)] = True
    while len(voxels):
        found = _commonest_neighbours(cleaned, pending, voxels)
        known = found >= 0
        if not known.any():
            break
        cleaned[tuple(voxels[known].T)] = found[known]
        pending[tuple(voxels[known].T)] = False
        voxels = voxels[~known]
    return cleaned


@numba.njit(cache=True)
@no_type_check
def _commonest_neighbours(labels: np.ndarray, pending: np.ndarray, voxels: np.ndarray) -> np.ndarray:
    """The commonest label among the 26 neighbours that are not pending, the smallest on a tie; -1 without any."""
    found = np.full(voxels.shape[0], -1, np.int64)
    for n in range(voxels.shape[0]):
        votes = np.zeros(256, np.int64)
        z, y, x = voxels[n]
        for k in range(max(z - 1, 0), min(z + 2, labels.shape[0])):
            for j in range(max(y - 1, 0), min(y + 2, labels.shape[1])):
                for i in range(max(x - 1, 0), min(x + 2, labels.shape[2])):
                    if not pending[k, j, i]:
                        votes[labels[k, j, i]] += 1
        if votes.max() > 0:
            found[n] = votes.argmax()
    return found
