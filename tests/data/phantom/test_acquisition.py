from dataclasses import replace

import numpy as np
import pytest

from ctscribe.ct.volume import canonical_affine
from ctscribe.data.phantom.acquisition import KERNELS, Acquisition, Kernel, acquired, draw_acquisition
from ctscribe.data.phantom.body import draw_body
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.level import LEVELS

SPACING = (5.0, 3.0, 3.0)
PLAIN = Acquisition("standard", 1.0, 20.0, 120.0, "simulated scanner A")


def canvas(hu: np.ndarray) -> Canvas:
    return Canvas(
        hu.astype(np.float32), np.zeros(hu.shape, np.uint8), {}, SPACING, canonical_affine(SPACING), "arterial"
    )


def water(value: float = 40.0) -> Canvas:
    return canvas(np.full((20, 60, 60), value))


def step() -> np.ndarray:
    hu = np.full((12, 40, 40), -100.0)
    hu[:, :, 20:], hu[6:] = 100.0, hu[6:] + 60
    return hu


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("thickness", [1.0, 1.4])
def test_the_noise_is_as_loud_as_it_says(kernel: Kernel, thickness: float, rng: np.random.Generator) -> None:
    scan = acquired(water(), replace(PLAIN, kernel=kernel, thickness=thickness), rng)
    inner = scan.hu[1:-1, 1:-1, 1:-1]
    assert inner.std() == pytest.approx(20, rel=0.06)
    assert inner.mean() == pytest.approx(40, abs=1)


def test_soft_kernels_share_noise_between_neighbours_and_lung_kernels_do_not(rng: np.random.Generator) -> None:
    shared = {}
    for kernel in KERNELS:
        hu = acquired(water(), replace(PLAIN, kernel=kernel), rng).hu.astype(float)
        shared[kernel] = np.corrcoef(hu[:, :, 1:].ravel(), hu[:, :, :-1].ravel())[0, 1]
    assert shared["soft"] > shared["standard"] + 0.1
    assert shared["standard"] > shared["lung"] + 0.1


def test_kernels_blur_or_sharpen_an_edge(rng: np.random.Generator) -> None:
    rows = {
        kernel: acquired(canvas(step()), replace(PLAIN, kernel=kernel, noise_hu=0.0), rng).hu[3, 20].astype(int)
        for kernel in KERNELS
    }
    slopes = {kernel: np.diff(row).max() for kernel, row in rows.items()}
    assert slopes["soft"] < slopes["standard"] < 200 < slopes["lung"]
    assert rows["lung"].max() > 100 > rows["standard"].max() - 1
    for row in rows.values():
        assert (row[0], row[-1]) == (-100, 100)


def test_thicker_slices_overlap(rng: np.random.Generator) -> None:
    at = np.s_[:, 20, 5]
    thin, thick = (
        acquired(canvas(step()), replace(PLAIN, noise_hu=0.0, thickness=thickness), rng) for thickness in (1.0, 1.4)
    )
    assert thin.hu[at].tolist() == [-100] * 6 + [-40] * 6
    assert thick.hu[at].tolist() == [-100] * 5 + [round(-100 + 60 / 7), round(-40 - 60 / 7)] + [-40] * 5
    assert thick.meta.slice_thickness_mm == 7.0


def test_voxels_are_int16_within_the_scanner_s_range(rng: np.random.Generator) -> None:
    hu = np.full((4, 20, 20), -1010.0)
    hu[:, 10:] = 9000
    scan = acquired(canvas(hu), PLAIN, rng)
    assert scan.hu.dtype == np.int16
    assert (scan.hu.min(), scan.hu.max()) == (-1024, 3071)


def test_thick_parts_of_the_body_are_noisier(rng: np.random.Generator) -> None:
    hu = np.full((20, 80, 80), -1000.0)
    hu[:, 30:50, 30:50] = 0
    hu[15:, 10:70, 10:70] = 0
    scan = acquired(canvas(hu), PLAIN, rng).hu[:, 35:45, 35:45]
    assert scan[16:].std() > 1.3 * scan[:14].std()


def test_the_same_stream_gives_the_same_bytes() -> None:
    one, same, other = (acquired(water(), PLAIN, np.random.default_rng(seed)).hu.tobytes() for seed in (1, 1, 2))
    assert one == same != other


def test_the_meta_data_tell_how_it_was_made(rng: np.random.Generator) -> None:
    scan = acquired(water(), PLAIN, rng)
    meta = scan.meta
    assert (meta.format, meta.contrast, meta.kvp, meta.kernel) == ("array", True, 120.0, "standard")
    assert meta.manufacturer == PLAIN.manufacturer
    assert scan.spacing == pytest.approx(SPACING)


def test_acquisitions_vary_within_the_level() -> None:
    for level in LEVELS.values():
        drawn = []
        for seed in range(40):
            rng = np.random.default_rng(seed)
            drawn.append(draw_acquisition(rng, level, draw_body(rng, frozenset(), (8, 8, 8))))
        quietest, loudest = level.noise_hu
        for one in drawn:
            assert quietest <= one.noise_hu <= loudest
            assert 1 <= one.thickness <= 1.4
        assert {one.kernel for one in drawn} == set(KERNELS)
        assert len({one.noise_hu for one in drawn}) > 30
