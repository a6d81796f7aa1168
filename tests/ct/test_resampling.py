import numpy as np
import pytest
from phantoms import chest_phantom
from scipy.spatial.transform import Rotation

from ctscribe.ct.resampling import box_shares, linear_weights, nearest, resample, resample_onto, scaled_grid
from ctscribe.ct.volume import CTVolume, DicomReferences, ScanMeta, canonical_affine

SPACINGS = [(2.5, 0.7, 0.9), (1.0, 1.0, 1.0), (5.0, 3.1, 4.0), (1.3, 2.6, 1.9)]


def positions(affine: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """LPS position of every voxel, (z, y, x, 3)."""
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return index @ affine[:3, :3].T + affine[:3, 3]


def ramp(affine: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    return positions(affine, shape) @ np.array([1.5, -0.7, 2.2]) + 30


def slow_weights(centre: float, size: int, step: float) -> np.ndarray:
    """The linear interpolant averaged over a box of √(step² - 1), by adding up many points."""
    width = np.sqrt(max(step**2 - 1, 0))
    points = np.clip(centre + width * ((np.arange(4000) + 0.5) / 4000 - 0.5), 0, size - 1)
    return np.maximum(0, 1 - np.abs(points[:, None] - np.arange(size))).mean(axis=0)


def slow_linear(array, affine, target, shape, background):
    """Separable resampling between aligned grids, voxel by voxel."""
    step = np.linalg.solve(affine, target)
    weights = []
    for axis in range(3):
        rows = []
        for i in range(shape[axis]):
            centre = step[axis, axis] * i + step[axis, 3]
            inside = -0.5 <= centre <= array.shape[axis] - 0.5
            rows.append(slow_weights(centre, array.shape[axis], step[axis, axis]) if inside else None)
        weights.append(rows)
    out = np.full(shape, float(background))
    for z, y, x in np.ndindex(*shape):
        parts = weights[0][z], weights[1][y], weights[2][x]
        if all(part is not None for part in parts):
            out[z, y, x] = np.einsum("zyx,z,y,x", array, *parts)
    return out


def slow_votes(labels, affine, target, shape):
    """Overlap of each new voxel's box with the boxes of each label, between aligned grids: (z, y, x, label)."""
    step = np.linalg.solve(affine, target)
    out = np.zeros((*shape, int(labels.max()) + 1))
    for index in np.ndindex(*shape):
        share = np.ones(())
        for axis, i in enumerate(index):
            centre, width = step[axis, axis] * i + step[axis, 3], step[axis, axis]
            cells = np.arange(labels.shape[axis])
            left = np.maximum(cells - 0.5, centre - width / 2)
            right = np.minimum(cells + 0.5, centre + width / 2)
            share = np.multiply.outer(share, np.maximum(0, right - left) / width)
        out[index] = np.bincount(labels.ravel(), weights=share.ravel())
    return out


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_linear_matches_the_definition(rng, spacing, dtype):
    affine = canonical_affine((1.2, 1.1, 1.3), (3.0, -4.0, 5.0))
    array = rng.integers(-1000, 1000, (9, 11, 10)).astype(dtype)
    target, shape = scaled_grid(affine, array.shape, spacing=spacing)
    target[:3, 3] += 0.4, -0.3, 1.1
    got = resample_onto(array, affine, target, shape, background=-1024)
    expected = slow_linear(array, affine, target, shape, -1024)
    assert got.dtype == dtype
    assert np.abs(got - expected).max() <= (0.1 if dtype == np.float32 else 0.6)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_ramp_stays_where_it_is(spacing):
    affine = canonical_affine((2.0, 1.5, 1.0), (-20.0, 10.0, -300.0))
    volume = CTVolume(ramp(affine, (30, 32, 34)).astype(np.float32), affine)
    result = resample(volume, spacing=spacing)
    got, expected = result.hu, ramp(result.affine, result.shape)
    inner = tuple(slice(int(np.ceil(2 * 6 / s)), -int(np.ceil(2 * 6 / s))) for s in spacing)
    assert got[inner].size > 100
    assert np.abs(got[inner] - expected[inner]).max() < 2e-3


@pytest.mark.parametrize("given", [{"spacing": (5.0, 2.0, 2.0)}, {"shape": (7, 20, 33)}])
def test_the_box_stays(given):
    affine = canonical_affine((2.5, 0.7, 0.7), (-166.0, -171.7, -340.0))
    volume = CTVolume(np.zeros((40, 60, 64), dtype=np.int16), affine)
    result = resample(volume, **given)
    middle = tuple((n - 1) / 2 for n in volume.shape)
    assert np.allclose(result.position(tuple((n - 1) / 2 for n in result.shape)), volume.position(middle))
    assert np.allclose(result.spacing, given.get("spacing", result.spacing))
    assert result.shape == given.get("shape", result.shape)
    slack = 0 if "shape" in given else np.array(result.spacing) / 2
    assert (np.abs(np.array(result.size_mm) - volume.size_mm) <= slack + 1e-6).all()


def sphere(affine, shape, centre, radius=17.0):
    """HU of a smooth-edged ball."""
    distance = np.linalg.norm(positions(affine, shape) - centre, axis=-1)
    return (-900 + 950 / (1 + np.exp((distance - radius) / 1.0))).astype(np.float32)


def centroid(volume: CTVolume) -> np.ndarray:
    weight = volume.hu.astype(np.float64) + 900
    return (positions(volume.affine, volume.shape) * weight[..., None]).sum(axis=(0, 1, 2)) / weight.sum()


def test_a_balls_centre_survives_shrinking_and_growing():
    affine = canonical_affine((2.5, 0.9, 0.8), (-30.0, -30.0, -40.0))
    truth = np.array([3.3, 4.7, 1.9])
    volume = CTVolume(sphere(affine, (34, 80, 90), truth), affine)
    start = centroid(volume)
    for spacing in [(1.5, 1.5, 1.5), (4.0, 4.0, 4.0), (6.0, 3.0, 5.0), (0.9, 0.9, 0.9)]:
        there = resample(volume, spacing=spacing)
        back = resample_onto(there.hu, there.affine, volume.affine, volume.shape, background=-900)
        assert np.linalg.norm(centroid(there) - start) < 0.05
        assert np.linalg.norm(centroid(CTVolume(back, affine)) - start) < 0.05


def test_shrinking_does_not_alias():
    """A checkerboard of voxels becomes its mean, not one of its colours."""
    board = (np.indices((32, 32, 32)).sum(axis=0) % 2 * 1000).astype(np.int16)
    small = resample(CTVolume(board, canonical_affine((1.0, 1.0, 1.0))), shape=(8, 8, 8)).hu
    assert np.abs(small - 500).max() < 60


def test_unchanged_grid_is_unchanged(rng):
    hu = rng.integers(-1000, 1000, (9, 10, 11)).astype(np.int16)
    affine = canonical_affine((2.0, 0.7, 0.7), (1.0, 2.0, 3.0))
    for order in ("linear", "nearest", "majority"):
        assert np.array_equal(resample_onto(hu, affine, affine, hu.shape, order=order), hu)


@pytest.mark.parametrize("order", ["linear", "nearest", "majority"])
def test_permuted_and_reversed_axes_are_only_reordered(rng, order):
    hu = rng.integers(-1000, 1000, (9, 10, 11)).astype(np.int16)
    affine = canonical_affine((2.0, 0.7, 0.9), (1.0, 2.0, 3.0))
    turned = np.column_stack([affine[:, [2, 0, 1]], affine[:, 3]])
    turned[:, 3] += turned[:, 0] * 10
    turned[:, 0] *= -1
    got = resample_onto(hu, affine, turned, (11, 9, 10), order=order)
    assert np.array_equal(got, hu.transpose(2, 0, 1)[::-1])


@pytest.mark.parametrize("spacing", SPACINGS)
def test_nearest_takes_the_voxel_that_holds_the_centre(rng, spacing):
    affine = canonical_affine((1.2, 1.1, 1.3), (3.0, -4.0, 5.0))
    labels = rng.integers(0, 5, (9, 11, 10)).astype(np.uint8)
    target, shape = scaled_grid(affine, labels.shape, spacing=spacing)
    target[:3, 3] += 0.37
    got = resample_onto(labels, affine, target, shape, order="nearest", background=9)
    index = np.linalg.solve(affine, target) @ np.stack([*np.indices(shape).reshape(3, -1), np.ones(got.size)])
    near = np.rint(index[:3]).astype(int)
    outside = ((near < 0) | (near >= np.array(labels.shape)[:, None])).any(axis=0)
    expected = np.where(outside, 9, labels[tuple(np.clip(near.T, 0, np.array(labels.shape) - 1).T)])
    assert np.array_equal(got.ravel(), expected)


@pytest.mark.parametrize("spacing", [(2.5, 2.0, 3.1), (3.6, 3.3, 3.9)])
def test_majority_matches_the_definition(rng, spacing):
    affine = canonical_affine((1.2, 1.1, 1.3))
    labels = np.repeat(np.repeat(rng.integers(0, 4, (5, 12, 5)), 3, axis=0), 3, axis=2).astype(np.uint16)
    target, shape = scaled_grid(affine, labels.shape, spacing=spacing)
    got = resample_onto(labels, affine, target, shape, order="majority")
    votes = slow_votes(labels, affine, target, shape)
    won = np.take_along_axis(votes, got[..., None].astype(int), axis=-1)[..., 0]
    assert (won > votes.max(axis=-1) - 1e-4).all()
    near = resample_onto(labels, affine, target, shape, order="nearest")
    tied = np.take_along_axis(votes, near[..., None].astype(int), axis=-1)[..., 0] > votes.max(axis=-1) - 1e-6
    assert np.array_equal(got[tied], near[tied])
    assert (got != near).any()


@pytest.mark.parametrize("order", ["nearest", "majority"])
@pytest.mark.parametrize("degrees", [0, 20])
def test_label_maps_get_no_new_labels_and_keep_their_volumes(order, degrees):
    volume, labelmap = chest_phantom()
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("zx", [degrees, degrees / 2], degrees=True).as_matrix()
    target, shape = scaled_grid(turn @ volume.affine, volume.shape, spacing=(6.0, 6.0, 6.0))
    got = resample_onto(labelmap.labels, labelmap.affine, target, shape, order=order)
    assert set(np.unique(got)) <= set(np.unique(labelmap.labels))
    for label in (5, 10, 14, 51):
        before, after = (labelmap.labels == label).sum() * 80, (got == label).sum() * 216
        assert after == pytest.approx(before, rel=0.05)


def test_boolean_masks_stay_boolean(rng):
    mask = rng.random((8, 9, 10)) > 0.5
    affine = canonical_affine((2.0, 1.0, 1.0))
    target, shape = scaled_grid(affine, mask.shape, spacing=(1.0, 0.5, 0.5))
    grown = resample_onto(mask, affine, target, shape, order="nearest")
    assert grown.dtype == bool
    assert np.array_equal(grown, mask.repeat(2, 0).repeat(2, 1).repeat(2, 2))


@pytest.mark.parametrize("scale", [0.8, 1.0, 2.3])
def test_a_ramp_survives_rotation(scale):
    affine = canonical_affine((1.5, 1.0, 1.0), (-15.0, -15.0, -20.0))
    source = ramp(affine, (30, 32, 34)).astype(np.float32)
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("xyz", [10, 25, -40], degrees=True).as_matrix()
    target = turn @ canonical_affine((1.5 * scale, 1.0 * scale, 1.0 * scale), (-6.0, -6.0, -8.0))
    got = resample_onto(source, affine, target, (5, 6, 5), background=-1e6)
    assert (got > -1e6).sum() > 20
    inside = got > -1e6
    margin = np.linalg.solve(affine, target) @ np.stack([*np.indices(got.shape).reshape(3, -1), np.ones(got.size)])
    deep = ((margin[:3] > 3) & (margin[:3] < np.array(source.shape)[:, None] - 4)).all(axis=0).reshape(got.shape)
    assert deep.sum() > 20
    assert np.abs(got - ramp(target, got.shape))[deep & inside].max() < 5e-3


def test_rotation_agrees_with_the_aligned_road(rng):
    """A rotation just beyond the aligned tolerance gives nearly what none gives."""
    hu = chest_phantom()[0]
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("x", 1e-4).as_matrix()
    straight = resample_onto(hu.hu, hu.affine, hu.affine, hu.shape, background=-1024)
    turned = resample_onto(hu.hu, hu.affine, turn @ hu.affine, hu.shape, background=-1024)
    assert np.abs(straight.astype(int) - turned)[1:-1, 1:-1, 1:-1].mean() < 3


def test_background_lies_beyond_the_outer_edges_only():
    affine = canonical_affine((2.0, 2.0, 2.0))
    full = np.full((5, 5, 5), 7, dtype=np.int16)
    target = canonical_affine((1.0, 1.0, 1.0), (-2.5, -2.5, -2.5))
    got = resample_onto(full, affine, target, (14, 14, 14), background=-3)
    assert (got[2:12, 2:12, 2:12] == 7).all()
    assert (np.delete(np.delete(got, np.s_[2:12], 0), [], 1) == -3).all()
    assert (got == 7).sum() == 1000


@pytest.mark.parametrize("order", ["linear", "nearest", "majority"])
def test_a_grid_elsewhere_holds_nothing_but_background(order):
    full = np.full((5, 5, 5), 7, dtype=np.uint8)
    elsewhere = canonical_affine((3.0, 3.0, 3.0), (100.0, 100.0, 100.0))
    assert (resample_onto(full, canonical_affine((1.0, 1.0, 1.0)), elsewhere, (4, 4, 4), order=order) == 0).all()


def test_weights_are_an_average_that_keeps_its_place(rng):
    for step in (1.0, 1.7, 4.2):
        centres = rng.uniform(8, 20, 50)
        first, weights = linear_weights(centres, 30, step)
        taps = first[:, None] + np.arange(weights.shape[1])
        assert np.allclose(weights.sum(axis=1), 1, atol=1e-6)
        assert np.allclose((weights * taps).sum(axis=1), centres, atol=1e-5)
        assert (weights >= 0).all()
        assert np.allclose(box_shares(centres, 30, step)[1].sum(axis=1), 1, atol=1e-6)


def test_nearest_at_the_edges():
    assert nearest(np.array([-0.6, -0.5, 0.49, 0.51, 3.5, 3.6]), 4).tolist() == [-1, 0, 0, 1, 3, -1]


def test_slices_are_no_longer_the_series():
    references = DicomReferences("1", "2", "3", "4", tuple("abcdefgh"))
    volume = CTVolume(np.zeros((8, 8, 8), np.int16), canonical_affine((1.0, 1.0, 1.0)), ScanMeta(dicom=references))
    assert not resample(volume, spacing=(2.0, 2.0, 2.0)).meta.dicom.aligned


def test_either_spacing_or_shape(soft_volume):
    with pytest.raises(ValueError, match="either"):
        resample(soft_volume)
    with pytest.raises(ValueError, match="either"):
        resample(soft_volume, spacing=(1.0, 1.0, 1.0), shape=(3, 3, 3))
