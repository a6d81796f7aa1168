"""The part of the lung that a diffuse disease takes, as a depth in mm below the zone's border, negative outside it."""

from __future__ import annotations

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float32

from ctscribe.data.phantom.disease.bronchial_tree import root_of
from ctscribe.data.phantom.disease.lumps import unit_vector
from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.disease.noise import smooth_noise, smoothstep
from ctscribe.data.phantom.disease.shares import Vector

Field = Float32[np.ndarray, "z y x"]


def ragged(lungs: Lungs, rng: np.random.Generator, depth: Field, *, edge_mm: float, rough_mm: float) -> Field:
    """Weight of a zone with a soft, irregular border, sharp where lobe or lung ends; it spares no other finding."""
    border = depth + smooth_noise(rng, lungs.shape, lungs.spacing, 18.0) * np.float32(rough_mm)
    return smoothstep(border / np.float32(edge_mm) + np.float32(0.5)) * lungs.share


def patches(lungs: Lungs, rng: np.random.Generator, count: int, radii_mm: tuple[float, float]) -> Field:
    """Depth below the surface of some balls, more of them low and at the back, where infection settles."""
    weight = 1.5 - lungs.height + np.linspace(0, 1, lungs.shape[1], dtype=np.float32)[None, :, None]
    wanted = (lungs.lobes > 0) & (rng.random(lungs.shape, dtype=np.float32) < 0.4 * weight)
    balls: list[tuple[Vector, float]] = []
    for centre in lungs.points(wanted, rng, count):
        balls += _cluster(rng, centre, radii_mm[0] + (radii_mm[1] - radii_mm[0]) * rng.random())
    return _deepest(lungs, balls)


def _cluster(rng: np.random.Generator, centre: Vector, radius: float) -> list[tuple[Vector, float]]:
    """Balls that overlap to one patch of some radius and no simple shape."""
    balls = []
    for _ in range(5):
        dz, dy, dx = unit_vector(rng)
        reach = radius * 0.7 * rng.random()
        balls.append(((centre[0] + dz * reach, centre[1] + dy * reach, centre[2] + dx * reach), 0.65 * radius))
    return balls


def segment(lungs: Lungs, rng: np.random.Generator, spread: float, *, thin: bool = False) -> Field | None:
    """Depth below the surface of a cone from a lobe's root to the pleura; flat like a wedge when ``thin``.

    ``spread`` is its half width over its length. ``None`` where the lobe does not reach the pleura.
    """
    base = lungs.points((lungs.lobes > 0) & (lungs.depth < 2 * max(lungs.spacing)), rng, 1)
    if not base:
        return None
    field = np.full(lungs.shape, -1e3, np.float32)
    flatness = 3.0 if thin else 1.0
    _cone(lungs.lobes, np.array(lungs.spacing), np.array(root_of(lungs)), np.array(base[0]), spread, flatness, field)
    return field


def rim(lungs: Lungs, width_mm: float) -> Field:
    """Depth below the border of the outermost lung; the back and the bases have more of it."""
    back = np.linspace(0.4, 1.2, lungs.shape[1], dtype=np.float32)[None, :, None]
    low = np.float32(1.15) - np.float32(0.4) * lungs.height
    return np.float32(width_mm) * back * low - lungs.depth


def _deepest(lungs: Lungs, balls: list[tuple[Vector, float]]) -> Field:
    field = np.full(lungs.shape, -1e3, np.float32)
    if balls:
        centres, radii = np.array([centre for centre, _ in balls]), np.array([radius for _, radius in balls])
        _fill_balls(lungs.lobes, np.array(lungs.spacing), centres, radii, field)
    return field


@numba.njit(cache=True)
@no_type_check
def _fill_balls(
    lobes: np.ndarray, spacing: np.ndarray, centres: np.ndarray, radii: np.ndarray, field: np.ndarray
) -> None:
    for z in range(lobes.shape[0]):
        for y in range(lobes.shape[1]):
            for x in range(lobes.shape[2]):
                if lobes[z, y, x] == 0:
                    continue
                for n in range(radii.size):
                    p, q, r = (
                        z * spacing[0] - centres[n, 0],
                        y * spacing[1] - centres[n, 1],
                        x * spacing[2] - centres[n, 2],
                    )
                    depth = radii[n] - np.sqrt(p * p + q * q + r * r)
                    field[z, y, x] = max(field[z, y, x], np.float32(depth))


@numba.njit(cache=True)
@no_type_check
def _cone(
    lobes: np.ndarray,
    spacing: np.ndarray,
    apex: np.ndarray,
    base: np.ndarray,
    spread: float,
    flatness: float,
    field: np.ndarray,
) -> None:
    axis = base - apex
    length = np.sqrt((axis * axis).sum())
    axis = axis / max(length, 1.0)
    # A wedge is thin across the direction that is level and square to its axis.
    across = np.array([0.0, axis[2], -axis[1]])
    width = np.sqrt((across * across).sum())
    across = across / max(width, 1e-6)
    for z in range(lobes.shape[0]):
        for y in range(lobes.shape[1]):
            for x in range(lobes.shape[2]):
                if lobes[z, y, x] == 0:
                    continue
                p, q, r = z * spacing[0] - apex[0], y * spacing[1] - apex[1], x * spacing[2] - apex[2]
                along = p * axis[0] + q * axis[1] + r * axis[2]
                flat = p * across[0] + q * across[1] + r * across[2]
                away = p * p + q * q + r * r - along * along + (flatness * flatness - 1) * flat * flat
                field[z, y, x] = np.float32((spread * along + 4.0 - np.sqrt(max(away, 0.0))) / flatness)
