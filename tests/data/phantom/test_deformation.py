from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom import deformation_kernels as kernels
from ctscribe.data.phantom.anatomy import packaged_anatomy
from ctscribe.data.phantom.body import Body, draw_body
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.deformation import STRETCHES, deformation_of, posed
from ctscribe.data.phantom.disease.cardiomegaly import measured_ratio
from ctscribe.errors import BadInput

SIZE = (32, 64, 64)
SEEDS = range(20)
LARGE = frozenset({"cardiomegaly"})


def body(seed: int, kinds: frozenset[str] = frozenset(), size: tuple[int, int, int] = SIZE) -> Body:
    return draw_body(np.random.default_rng([3, seed]), kinds, size)


@pytest.fixture(scope="module")
def canvases() -> list[Canvas]:
    return [posed(packaged_anatomy(), body(seed, LARGE if seed % 4 == 3 else frozenset())) for seed in SEEDS]


def millilitres(canvas: Canvas, *names: str) -> float:
    return float(canvas.mask(*names).sum() * np.prod(canvas.spacing) / 1000)


def test_the_same_body_has_the_same_bytes() -> None:
    one, same = (posed(packaged_anatomy(), body(5)) for _ in range(2))
    for name in ("hu", "labels"):
        digests = [sha256(getattr(canvas, name).tobytes()).hexdigest() for canvas in (one, same)]
        assert digests[0] == digests[1]


def test_every_body_has_its_organs_in_plausible_sizes(canvases: list[Canvas]) -> None:
    for canvas in canvases:
        assert 2300 < millilitres(canvas, *LOBES) < 6500
        for lobe in LOBES:
            assert 110 < millilitres(canvas, lobe) < 2000
        assert 120 < millilitres(canvas, "heart") < 1100
        assert 60 < millilitres(canvas, "aorta") < 400
        assert 500 < millilitres(canvas, "liver") < 2200
        assert min(millilitres(canvas, "kidney_left"), millilitres(canvas, "kidney_right")) > 1
        assert millilitres(canvas, "trachea") > 8
        assert not canvas.mask(*LOBES)[-1].any()
        assert not canvas.mask("heart")[[0, -1]].any()
        lungs = canvas.mask(*LOBES)
        assert not (lungs[..., 0].any() or lungs[..., -1].any() or lungs[:, 0].any() or lungs[:, -1].any())


def test_labels_and_attenuation_lie_on_each_other(canvases: list[Canvas]) -> None:
    for canvas in canvases:
        lungs = canvas.hu[canvas.mask(*LOBES)]
        assert -900 < np.median(lungs) < -780
        assert (lungs < -500).mean() > 0.9
        spine = canvas.hu[canvas.mask(*(name for name in canvas.names.values() if name.startswith("vertebrae_T")))]
        assert np.median(spine) > 120
        assert (canvas.hu[canvas.labels > 0] > -1000).mean() > 0.99


def test_blood_and_liver_show_the_phase(canvases: list[Canvas]) -> None:
    for seed, canvas in zip(SEEDS, canvases, strict=True):
        made = body(seed, LARGE if seed % 4 == 3 else frozenset())
        aorta = canvas.hu[canvas.mask("aorta")]
        assert np.percentile(aorta, 75) == pytest.approx(made.blood_hu, rel=0.12, abs=12)
        assert np.median(canvas.hu[canvas.mask("liver")]) == pytest.approx(made.liver_hu, abs=8)
        assert canvas.phase == made.phase


def test_the_heart_is_as_large_as_the_body_has_it(canvases: list[Canvas]) -> None:
    for seed, canvas in zip(SEEDS, canvases, strict=True):
        made = body(seed, LARGE if seed % 4 == 3 else frozenset())
        ratio = measured_ratio(canvas)
        assert ratio is not None
        assert ratio == pytest.approx(made.cardiothoracic_ratio, abs=0.04)


@pytest.mark.parametrize("kinds", [frozenset(), LARGE], ids=["normal", "enlarged"])
def test_no_normal_heart_is_above_one_half_and_no_enlarged_one_below(kinds: frozenset[str]) -> None:
    for seed in range(30):
        ratio = measured_ratio(posed(packaged_anatomy(), body(1000 + seed, kinds, SIZE)))
        assert ratio is not None
        assert ratio < 0.49 if kinds == frozenset() else ratio > 0.505


@pytest.mark.parametrize("seed", range(12))
def test_nothing_folds(seed: int) -> None:
    wild = replace(body(seed), fat=(0.8, 1.7)[seed % 2], diaphragm_mm=(-14.0, 14.0)[seed % 2], warp_mm=30.0)
    deformation = deformation_of(packaged_anatomy(), wild)
    pulls = deformation.pulls.copy()
    pulls[1, 6:9] *= STRETCHES[seed % 3 % 2] / pulls[1, 8]
    points = np.empty((*SIZE, 3))
    kernels.source_positions(points, *(np.arange(n) for n in SIZE), *replace(deformation, pulls=pulls).steps)
    corner = points[:-1, :-1, :-1]
    edges = [points[1:, :-1, :-1] - corner, points[:-1, 1:, :-1] - corner, points[:-1, :-1, 1:] - corner]
    volume = np.linalg.det(np.stack(edges, axis=-1)) / np.prod(deformation.spacing)
    assert volume.min() > 0


def test_no_two_bodies_share_their_voxels(canvases: list[Canvas]) -> None:
    lungs = [canvas.hu[canvas.mask(*LOBES)] for canvas in canvases]
    assert len({one.tobytes() for one in lungs}) == len(lungs)
    for one in range(6):
        for other in range(one):
            same = (canvases[one].hu == canvases[other].hu) & (canvases[one].labels > 0)
            assert same.mean() < 0.01
            both = (canvases[one].hu < -700) & (canvases[other].hu < -700)
            both &= canvases[one].mask(*LOBES) & canvases[other].mask(*LOBES)
            texture = np.corrcoef(canvases[one].hu[both], canvases[other].hu[both])[0, 1]
            assert texture < 0.5


def test_a_grid_of_another_size_shows_the_same_body() -> None:
    coarse, fine = (posed(packaged_anatomy(), body(8, size=size)) for size in (SIZE, (64, 128, 128)))
    for organ in ("heart", "liver", "lung_lower_lobe_left"):
        assert millilitres(coarse, organ) == pytest.approx(millilitres(fine, organ), rel=0.08)
    assert coarse.spacing == pytest.approx([2 * step for step in fine.spacing])
    mean = fine.hu.reshape(32, 2, 64, 2, 64, 2).mean(axis=(1, 3, 5))
    assert np.corrcoef(mean.ravel(), coarse.hu.ravel())[0, 1] > 0.99


def test_a_heart_that_cannot_be_had_is_refused() -> None:
    with pytest.raises(BadInput, match="cardiothoracic ratio") as caught:
        deformation_of(packaged_anatomy(), replace(body(1), cardiothoracic_ratio=0.95))
    assert caught.value.code == "heart-size"


def test_air_surrounds_the_body(canvases: list[Canvas]) -> None:
    for canvas in canvases:
        assert (canvas.hu[:, 0] == -1000).all()
        assert canvas.hu.min() >= -1024
        assert (canvas.labels[canvas.hu == -1000] == 0).mean() > 0.999
