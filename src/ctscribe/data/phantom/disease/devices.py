"""Medical material: what has been put into a patient, dense and thin."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.device_courses import (
    Generator,
    catheter_course,
    chest_tube_course,
    generator_place,
    nasogastric_course,
    pacing_lead_course,
    wire_loops,
)
from ctscribe.data.phantom.disease.soft_tissue import (
    Field,
    Voxel,
    graded,
    offsets,
    oval_depth,
    soft_edge,
    window_around,
)
from ctscribe.data.phantom.disease.wires import Course, filled_share, window_along
from ctscribe.data.phantom.level import Level
from ctscribe.data.phantom.truth import PhantomFinding, Side

AIR_HU = -950.0
STREAK_HU = 180.0
BODY_HU = -300.0
OWN_SHARE = 0.3
"""A device owns the voxels that hold so much of it, against the fullest; a line that runs between four voxels fills
each by a quarter."""


@dataclass(frozen=True)
class Material:
    """What a wire or tube is made of.

    Parameters
    ----------
    hu : of the brightest voxels that it passes; thinner parts show less.
    radius_mm, inner_mm : of the wall; a lumen holds air.
    """

    hu: float
    radius_mm: float
    inner_mm: float = 0.0

    @property
    def walls(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Outer and inner radius of the wall, and of the lumen."""
        return (self.radius_mm, self.inner_mm), (self.inner_mm, 0.0)


CATHETER = Material(1600.0, 1.0)
LEAD = Material(2400.0, 1.1)
STEEL = Material(2200.0, 0.8)
DRAIN = Material(1200.0, 4.6, 3.0)
FEEDING_TUBE = Material(1000.0, 2.4, 1.4)


def draw_medical_material(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """One device, sometimes two where disease is severe; which ones is left to chance among those that fit."""
    wanted = 1 + int(graded(level, rng) == 2 and rng.random() < 0.5)
    devices = list(DEVICES)
    for k in rng.permutation(len(devices)):
        if wanted and DEVICES[devices[int(k)]](canvas, rng):
            wanted -= 1


def draw_catheter(canvas: Canvas, rng: np.random.Generator) -> bool:
    """A central venous catheter: from the right side of the neck down the superior vena cava."""
    course = catheter_course(canvas, rng)
    names = ("superior_vena_cava", "brachiocephalic_vein_right")
    return course is not None and _draw_lines(
        canvas, [course], CATHETER, "central venous catheter", names, "right", rng
    )


def draw_pacemaker(canvas: Canvas, rng: np.random.Generator) -> bool:
    """A generator under the left clavicle, and its lead through the veins to the tip of the right ventricle."""
    generator = generator_place(canvas)
    course = generator and pacing_lead_course(canvas, generator)
    if generator is None or course is None:
        return False
    names = ("heart", "superior_vena_cava", "brachiocephalic_vein_left")
    return _draw_lines(canvas, [course], LEAD, "pacemaker", names, "left", rng, generator)


def draw_sternal_wires(canvas: Canvas, rng: np.random.Generator) -> bool:
    """Wire loops around the sternum, as after an operation on the heart."""
    loops = wire_loops(canvas, rng)
    return len(loops) > 2 and _draw_lines(canvas, loops, STEEL, "sternal wires", ("sternum",), None, rng)


def draw_chest_tube(canvas: Canvas, rng: np.random.Generator) -> bool:
    """A drain that enters between the ribs and runs up behind the lung."""
    side: Side = "right" if rng.random() < 0.5 else "left"
    course = chest_tube_course(canvas, side, rng)
    names = (f"pleura_{side}", f"lung_upper_lobe_{side}")
    return course is not None and _draw_lines(canvas, [course], DRAIN, "chest tube", names, side, rng)


def draw_nasogastric_tube(canvas: Canvas, rng: np.random.Generator) -> bool:
    """A feeding tube down the oesophagus into the stomach."""
    course = nasogastric_course(canvas, rng)
    names = ("esophagus", "stomach")
    return course is not None and _draw_lines(canvas, [course], FEEDING_TUBE, "nasogastric tube", names, None, rng)


DEVICES: dict[str, Callable[[Canvas, np.random.Generator], bool]] = {
    "central venous catheter": draw_catheter,
    "pacemaker": draw_pacemaker,
    "sternal wires": draw_sternal_wires,
    "chest tube": draw_chest_tube,
    "nasogastric tube": draw_nasogastric_tube,
}


def _draw_lines(
    canvas: Canvas,
    courses: Sequence[Course],
    material: Material,
    device: str,
    names: tuple[str, ...],
    side: Side | None,
    rng: np.random.Generator,
    generator: Generator | None = None,
) -> bool:
    """Draw lines of one material and record the device; its voxels are those that hold enough of it.

    A device does not take voxels from another finding, but is seen through it.
    """
    points = np.concatenate([*courses, np.array([generator.centre])]) if generator else np.concatenate(courses)
    window = window_along(canvas, points, 24.0 if generator else 8.0)
    if window is None:
        return False
    share, lumen = (_shares(canvas, window, courses, radii) for radii in material.walls)
    weight = np.minimum(share / np.float32(max(_fullest(share), 1e-6)), 1)
    mask = weight >= OWN_SHARE
    if generator:
        mask |= _generator_depth(canvas, window, generator) >= 0
    mask &= canvas.free(window)
    if not mask.any():
        return False
    if generator:
        _add_generator(canvas, generator, rng)
    canvas.blend(window, AIR_HU, lumen)
    canvas.blend(window, material.hu, weight)
    present = tuple(name for name in names if canvas.ids(name) or name.startswith("pleura"))
    canvas.add(PhantomFinding("medical_material", present, side, {"device": device}), window, mask)
    return True


def _shares(canvas: Canvas, window: Window, courses: Sequence[Course], radii_mm: tuple[float, float]) -> Field:
    """Share of each voxel between two radii around any of the courses."""
    share = np.zeros(canvas.hu[window].shape, np.float32)
    if radii_mm[0] > radii_mm[1]:
        for course in courses:
            np.maximum(share, filled_share(window, course, radii_mm[0], canvas.spacing, radii_mm[1]), out=share)
    return share


def _fullest(share: Field) -> float:
    """The share that only one in twenty of the touched voxels exceeds; 0 where none is touched."""
    touched = np.sort(share[share > 0.02])
    return float(touched[-max(len(touched) // 20, 1)]) if len(touched) else 0.0


def _add_generator(canvas: Canvas, generator: Generator, rng: np.random.Generator) -> None:
    """A flat metal can with the streaks it throws, the brightest thing in the scan."""
    window = window_around(canvas, generator.centre, 70.0)
    body = np.clip((canvas.hu[window] - BODY_HU) / np.float32(200), 0, 1)
    canvas.hu[window] += _streaks(canvas, window, generator.centre, rng) * body
    near = window_around(canvas, generator.centre, 34.0)
    weight = soft_edge(_generator_depth(canvas, near, generator), canvas.spacing[1])
    canvas.blend(near, 2900.0, weight)


def _generator_depth(canvas: Canvas, window: Window, generator: Generator) -> Field:
    """Depth in mm below the can's surface: 44 mm high, 40 mm wide, 9 mm thick."""
    disc = oval_depth(window, generator.centre, (22.0, 1e4, 20.0), canvas.spacing)
    _, y, x = offsets(window, generator.centre, canvas.spacing)
    steep = math.sqrt(1 + generator.slope * generator.slope)
    slab = np.float32(4.5) - np.abs(y - np.float32(generator.slope) * x) / np.float32(steep)
    return np.minimum(disc, slab)


def _streaks(canvas: Canvas, window: Window, place: Voxel, rng: np.random.Generator) -> Field:
    """Bright and dark rays in the can's slices, fading with distance."""
    z, y, x = offsets(window, place, canvas.spacing)
    rays = np.zeros(canvas.hu[window].shape, np.float32)
    distance = np.sqrt(y * y + x * x) + np.float32(10)
    for _ in range(9):
        angle = rng.uniform(0, math.pi)
        off = np.abs(y * np.float32(math.cos(angle)) - x * np.float32(math.sin(angle)))
        rays += np.float32(rng.uniform(-1, 1)) * np.clip(1 - off / np.float32(4), 0, 1)
    fade = np.clip(1 - np.abs(z) / np.float32(22), 0, 1) * (np.float32(18) / distance)
    return np.float32(STREAK_HU) * rays * fade
