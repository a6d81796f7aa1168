import numpy as np
from scipy import ndimage

from ctscribe.anatomy.segmenters.atlas import demons
from ctscribe.anatomy.segmenters.atlas.demons import CLOSE_BY, FAR_OFF, _force, _warp, register_demons

LEVELS = FAR_OFF + CLOSE_BY


def blobs(seed: int, shape: tuple[int, int, int]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([ndimage.gaussian_filter(rng.normal(size=shape), 3) * 15 for _ in range(2)]).astype(np.float32)


def test_warping_is_linear_interpolation(rng: np.random.Generator) -> None:
    moving = rng.normal(size=(2, 6, 7, 8)).astype(np.float32)
    field = rng.normal(size=(3, 6, 7, 8)).astype(np.float32) * 2
    warped = np.empty_like(moving)
    _warp(moving, field, warped, 0, 6)
    where = np.stack(np.meshgrid(*map(np.arange, (6, 7, 8)), indexing="ij")) + field
    for found, channel in zip(warped, moving, strict=True):
        assert np.allclose(found, ndimage.map_coordinates(channel, where, order=1, mode="nearest"), atol=1e-5)


def test_the_force_is_the_weighted_least_squares_step(rng: np.random.Generator) -> None:
    fixed, warped = rng.normal(size=(2, 2, 5, 5, 5)).astype(np.float32)
    inside = np.ones((5, 5, 5), dtype=np.float32)
    inside[1, 1, 1] = 0
    weights = np.array([1.0, 0.4], dtype=np.float32)
    step = np.zeros((3, 5, 5, 5), dtype=np.float32)
    _force(fixed, warped, inside, weights, step, 0, 5)
    gradients = [np.stack(np.gradient((f + w) / 2)) for f, w in zip(fixed, warped, strict=True)]
    residuals = fixed - warped
    above = sum(w * r * g for w, r, g in zip(weights, residuals, gradients, strict=True))
    below = sum(
        w * ((g**2).sum(axis=0) + demons.LONGEST * r**2) for w, r, g in zip(weights, residuals, gradients, strict=True)
    )
    inner = (slice(None), *(slice(1, -1),) * 3)
    expected = (above / below)[inner]
    expected[:, 0, 0, 0] = 0
    assert np.allclose(step[inner], expected, atol=1e-4)
    assert not step[:, 0].any()


def test_a_shift_is_recovered_in_mm() -> None:
    atlas = blobs(0, (40, 40, 40))
    shift = np.array([4.0, -3.0, 2.0])
    scan = np.stack([ndimage.shift(channel, -shift, order=1, mode="nearest") for channel in atlas])
    valid = np.ones((40, 40, 40), dtype=np.float32)
    field = register_demons(scan, atlas, valid, np.ones(2, dtype=np.float32), 3.0, LEVELS)
    found = field[:, 12:28, 12:28, 12:28].mean(axis=(1, 2, 3))
    assert np.abs(found - 3 * shift).max() < 2.0


def test_nothing_pulls_beyond_the_atlas_and_slabs_do_not_matter(monkeypatch) -> None:
    scan, atlas = blobs(1, (24, 24, 24)), blobs(2, (24, 24, 24))
    weights = np.ones(2, dtype=np.float32)
    nothing = register_demons(scan, atlas, np.zeros((24, 24, 24), dtype=np.float32), weights, 3.0, LEVELS)
    assert not nothing.any()
    valid = np.ones((24, 24, 24), dtype=np.float32)
    field = register_demons(scan, atlas, valid, weights, 3.0, LEVELS)
    monkeypatch.setattr(demons, "SLABS", 3)
    assert np.array_equal(register_demons(scan, atlas, valid, weights, 3.0, LEVELS), field)
