"""Nodules and masses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.lumps import Lump, Placed, placed, random_lump, unit_vector
from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.placing import GAP, Site, allowed_numbers, suits, takes
from ctscribe.data.phantom.disease.shares import Tube, Vector, tube_shares
from ctscribe.data.phantom.disease.soft_tissue import axial_diameter
from ctscribe.data.phantom.level import Level

STRATA = ((4.0, 6.0), (6.0, 8.0), (8.0, 15.0), (15.0, 30.0))
"""mm; four strata as MedRegion-CT, Tab. S3, has them. Their limits are not printed: these are Fleischner's 6 and 8 mm
and Lung-RADS's 15 mm."""

MASS_MM = (31.0, 70.0)

SOLID_HU, CALCIFIED_HU, GROUND_GLASS_HU = (20.0, 60.0), (200.0, 600.0), (-650.0, -450.0)
OUTER_HU = {
    "solid": SOLID_HU,
    "calcified": CALCIFIED_HU,
    "ground-glass": GROUND_GLASS_HU,
    "part-solid": GROUND_GLASS_HU,
}

SPICULE = 0.45
"""A spicule's largest weight: below a half, so that no spicule counts as nodule. The diameter is the core's."""

ATTEMPTS = 60

LEAST_INSIDE = 0.85
"""Share of a growth that must lie in the lung; the pleura flattens the rest."""


@dataclass(frozen=True, eq=False)
class Growth:
    """A lump in its place: its shares of the voxels of ``window``, a part of the lungs' window."""

    body: Placed
    diameter_mm: float
    window: Window
    shares: Float32[np.ndarray, "z y x"]


def draw_nodules(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """One or more nodules of 4 to 30 mm, one finding each, as many and as large as the level has them."""
    lungs = Lungs.of(canvas)
    if lungs is None:
        return
    strata = [(max(a, level.nodule_mm[0]), min(b, level.nodule_mm[1])) for a, b in STRATA]
    strata = [(low, high) for low, high in strata if low < high]
    for _ in range(int(rng.integers(level.nodules[0], level.nodules[1], endpoint=True))):
        low, high = strata[int(rng.integers(len(strata)))]
        density = str(rng.choice(("solid", "part-solid", "ground-glass", "calcified"), p=(0.5, 0.17, 0.18, 0.15)))
        # A part-solid nodule needs room for a core, and a spicule for a body to come from.
        diameter = low + (high - low) * rng.random()
        if density == "part-solid" and diameter < 8:
            density = "ground-glass"
        spiculated = density in ("solid", "part-solid") and diameter >= 8 and rng.random() < 0.45
        growth = _place(lungs, rng, diameter, _random_site(rng), _nodule_shape(rng, spiculated))
        if growth is not None:
            _draw_nodule(lungs, level, rng, growth, density, spiculated)


def draw_mass(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """One solid mass of 31 to 70 mm, lobulated or spiculated, as large as there is room for."""
    lungs = Lungs.of(canvas)
    if lungs is None:
        return
    spiculated = rng.random() < 0.5
    widest = MASS_MM[0] + (MASS_MM[1] - MASS_MM[0]) * rng.random()
    for diameter in np.linspace(widest, MASS_MM[0], 4):
        shape = random_lump(rng, 24, 0.35) if spiculated else random_lump(rng, 18, 0.5)
        growth = _place(lungs, rng, float(diameter), "anywhere", shape)
        if growth is None:
            continue
        _fill(lungs, rng, growth, growth.shares, _between(SOLID_HU, level, rng))
        if spiculated:
            _radiate(lungs, rng, growth)
        attributes = {"margin": "spiculated" if spiculated else "lobulated"}
        _record(lungs, "mass", growth, attributes)
        return


def _random_site(rng: np.random.Generator) -> Site:
    chance = rng.random()
    return "anywhere" if chance < 0.5 else "subpleural" if chance < 0.8 else "perifissural"


def _nodule_shape(rng: np.random.Generator, spiculated: bool) -> Lump:
    return random_lump(rng, 8, 0.45) if spiculated else random_lump(rng, 4, 0.25)


def _place(lungs: Lungs, rng: np.random.Generator, diameter: float, site: Site, lump: Lump) -> Growth | None:
    """A place where the lump fits, its voxels measuring within one voxel side of its diameter."""
    inside, allowed = lungs.lobes > 0, allowed_numbers(lungs)
    for attempt, voxel in enumerate(lungs.points(inside, rng, ATTEMPTS)):
        centre = _aligned(voxel, rng, diameter, lungs)
        body = placed(lump, centre, diameter)
        window = body.window(lungs.shape, lungs.spacing, margin=GAP)
        # After many attempts any site will do.
        if window is None or not (attempt > ATTEMPTS // 2 or suits(lungs, window, site)):
            continue
        if inside[window].mean() < 0.3:
            continue
        shares = body.shares(window, lungs.spacing)
        whole = np.count_nonzero(shares >= 0.5)
        shares *= inside[window]
        mask = shares >= 0.5
        if np.count_nonzero(mask) < max(LEAST_INSIDE * whole, 1):
            continue
        as_wide = abs(axial_diameter(mask, lungs.spacing) - diameter) <= min(lungs.spacing[1:])
        if as_wide and takes(lungs, window, mask, allowed):
            return Growth(body, diameter, window, shares)
    return None


def _aligned(centre: Vector, rng: np.random.Generator, diameter: float, lungs: Lungs) -> Vector:
    """A centre off the voxel's; along z less for what is no thicker than two slices, or none would be half full."""
    free_z = 1.0 if diameter > 2 * lungs.spacing[0] else 0.3
    z, y, x = (
        c + step * free * (rng.random() - 0.5)
        for c, step, free in zip(centre, lungs.spacing, (free_z, 1.0, 1.0), strict=True)
    )
    return z, y, x


def _draw_nodule(
    lungs: Lungs, level: Level, rng: np.random.Generator, growth: Growth, density: str, spiculated: bool
) -> None:
    _fill(lungs, rng, growth, growth.shares, _between(OUTER_HU[density], level, rng))
    if density == "part-solid":
        core = growth.diameter_mm * (0.35 + 0.25 * rng.random())
        shares = placed(random_lump(rng, 4, 0.2), growth.body.middle, core).shares(growth.window, lungs.spacing)
        _fill(lungs, rng, growth, np.minimum(shares, growth.shares), _between(SOLID_HU, level, rng))
    if spiculated:
        _radiate(lungs, rng, growth)
    _record(lungs, "nodule", growth, {"density": density, "margin": "spiculated" if spiculated else "smooth"})


def _between(limits: tuple[float, float], level: Level, rng: np.random.Generator) -> float:
    """A HU of a range, of its fainter part alone at low conspicuity."""
    return limits[0] + (limits[1] - limits[0]) * level.conspicuity * rng.random()


def _fill(
    lungs: Lungs, rng: np.random.Generator, growth: Growth, shares: Float32[np.ndarray, "z y x"], hu: float
) -> None:
    texture = smooth_noise(rng, shares.shape, lungs.spacing, 8.0) * np.float32(max(8.0, 0.03 * abs(hu)))
    there = lungs.hu[growth.window]
    there += (np.float32(hu) + texture - there) * shares


def _radiate(lungs: Lungs, rng: np.random.Generator, growth: Growth) -> None:
    """Thin strands from the surface into the lung around, each tapering to nothing."""
    z, y, x = growth.body.origin
    tubes = []
    for _ in range(int(10 + 0.6 * growth.diameter_mm)):
        dz, dy, dx = unit_vector(rng)
        first = growth.body.surface((dz, dy, dx))
        last = first + min(growth.diameter_mm * (0.25 + 0.3 * rng.random()), 16.0)
        start, end = ((z + dz * reach, y + dy * reach, x + dx * reach) for reach in (0.7 * first, last))
        tubes.append(Tube(start, end, 2.0 + 0.8 * rng.random(), 0.7))
    weight = np.minimum(tube_shares(tubes, lungs.shape, lungs.spacing), np.float32(SPICULE)) * lungs.open
    weight[growth.window] *= growth.shares < 0.5
    lungs.hu[...] += np.maximum(np.float32(20) - lungs.hu, 0) * weight


def _record(lungs: Lungs, kind: str, growth: Growth, attributes: dict[str, str]) -> None:
    mask = np.zeros(lungs.shape, bool)
    mask[growth.window] = growth.shares >= 0.5
    lungs.record(kind, mask, attributes=attributes, diameter_mm=growth.diameter_mm)
