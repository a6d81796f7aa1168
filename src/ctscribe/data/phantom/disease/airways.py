"""Diseased airways: walls that are too thick, lumens that are too wide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.bronchial_tree import Branch, grown_airways
from ctscribe.data.phantom.disease.emphysema import SEVERITIES
from ctscribe.data.phantom.disease.lumps import unit_vector
from ctscribe.data.phantom.disease.lungs import LOWER, Lungs
from ctscribe.data.phantom.disease.shares import Tube, Vector, tube_shares
from ctscribe.data.phantom.disease.soft_tissue import graded
from ctscribe.data.phantom.level import Level

Field = Float32[np.ndarray, "z y x"]

AIR_HU, WALL_HU, VESSEL_HU = -960.0, 20.0, 30.0

LEAST_VOXELS = 15


def draw_peribronchial_thickening(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Cuffs of 1.5 to 3 mm around the airways of one to four lobes, those of the lower lobes first."""
    severity = graded(level, rng)
    cuff = (1.5, 2.1, 2.8)[severity] * (0.9 + 0.2 * rng.random())
    lungs = Lungs.of(canvas, *_lobes(rng, 1 + severity + int(rng.integers(2))))
    if lungs is None:
        return
    lumens = [branch.tube for lobe in _each(lungs) for branch in _airways(lobe, rng, 2.2, forks=3) if branch.generation]
    _draw(lungs, level, lumens, cuff, "peribronchial_thickening", {"severity": SEVERITIES[severity]})


def draw_bronchiectasis(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Airways wider than the vessel beside them out to the periphery, or ending in clusters of thin-walled cysts."""
    severity = graded(level, rng)
    cystic = rng.random() < 0.3
    lungs = Lungs.of(canvas, *_lobes(rng, 1 + int(rng.integers(1 + severity, endpoint=True))))
    if lungs is None:
        return
    radius = (3.2, 4.0, 4.8)[severity]
    lumens: list[Tube] = []
    for lobe in _each(lungs):
        branches = [branch for branch in _airways(lobe, rng, radius / 0.8, forks=2) if branch.generation]
        lumens += [branch.tube._replace(last_radius=branch.tube.radius) for branch in branches]
        if cystic:
            lumens += _cysts(rng, branches, radius)
    vessels = [] if cystic else [_beside(tube, rng) for tube in lumens]
    kind = {"type": "cystic" if cystic else "cylindrical"}
    _draw(lungs, level, lumens, 1.1, "bronchiectasis", kind, vessels)


def _draw(
    lungs: Lungs,
    level: Level,
    lumens: Sequence[Tube],
    wall_mm: float,
    kind: str,
    attributes: dict[str, str],
    vessels: Sequence[Tube] = (),
) -> None:
    """Vessels, then walls over them, then the air in them; walls and air are the finding."""
    inner = tube_shares(lumens, lungs.shape, lungs.spacing)
    outer = tube_shares([lumen.widened(wall_mm) for lumen in lumens], lungs.shape, lungs.spacing)
    reach = lungs.share * lungs.canvas.free(lungs.window)
    mask = outer * reach >= 0.5
    if np.count_nonzero(mask) < LEAST_VOXELS:
        return
    there = lungs.hu
    beside = tube_shares(vessels, lungs.shape, lungs.spacing) * reach
    there += np.maximum(np.float32(VESSEL_HU) - there, 0) * beside
    # What one voxel holds of wall and of air, wherever the vessels that were there run.
    wall = np.clip(outer - inner, 0, 1) * reach
    there += np.maximum(np.float32(WALL_HU) - there, 0) * wall * np.float32(level.conspicuity)
    there += np.minimum(np.float32(AIR_HU) - there, 0) * inner * reach
    lungs.record(kind, mask, attributes=attributes)


def _lobes(rng: np.random.Generator, count: int) -> list[str]:
    """Lobes to affect; the lower ones are likelier."""
    weights = [2.5 if lobe in LOWER else 1.0 for lobe in LOBES]
    chances = [weight / sum(weights) for weight in weights]
    return [LOBES[int(i)] for i in rng.choice(len(LOBES), size=min(count, len(LOBES)), replace=False, p=chances)]


def _each(lungs: Lungs) -> list[Lungs]:
    """The lungs' lobes one by one, in the same window."""
    numbers = [int(number) for number in np.unique(lungs.lobes) if number]
    return [Lungs(lungs.canvas, lungs.window, np.where(lungs.lobes == n, lungs.lobes, np.uint8(0))) for n in numbers]


def _airways(lobe: Lungs, rng: np.random.Generator, radius: float, forks: int) -> list[Branch]:
    return grown_airways(lobe, rng, lobe.lobes > 0, radius, forks=forks, step_mm=17.0)


def _cysts(rng: np.random.Generator, branches: Sequence[Branch], radius: float) -> list[Tube]:
    """Sacs around the ends of the last airways."""
    last = max((branch.generation for branch in branches), default=0)
    ends = [branch.tube.end for branch in branches if branch.generation == last]
    cysts = []
    for end in ends[:6]:
        for _ in range(3):
            size = radius * (1.0 + 0.6 * rng.random())
            cysts.append(Tube.ball(_moved(end, unit_vector(rng), 2.2 * size), size))
    return cysts


def _beside(tube: Tube, rng: np.random.Generator) -> Tube:
    """The artery that runs along an airway: thinner than it, as the stone on a signet ring."""
    away = (0.3 * (rng.random() - 0.5), 0.8, 0.6)
    thin = 0.55 * tube.radius
    reach = tube.radius + 1.1 + thin
    return Tube(_moved(tube.start, away, reach), _moved(tube.end, away, reach), thin, 0.9 * thin)


def _moved(point: Vector, direction: Vector, reach: float) -> Vector:
    return point[0] + reach * direction[0], point[1] + reach * direction[1], point[2] + reach * direction[2]
