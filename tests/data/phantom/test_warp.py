import numpy as np
import pytest
from scipy.interpolate import BSpline

from ctscribe.data.phantom.warp import STEEPEST, Warp, random_warp

SIZE, SPACING = (12, 20, 18), (6.0, 9.0, 8.0)


def displacement(warp: Warp) -> np.ndarray:
    """(z, y, x, 3), summed over all control points."""
    dense = []
    for firsts, weights, count in zip(warp.firsts, warp.weights, warp.coefficients.shape, strict=False):
        matrix = np.zeros((len(firsts), count))
        for row, (first, four) in enumerate(zip(firsts, weights, strict=True)):
            matrix[row, first : first + 4] = four
        dense.append(matrix)
    return np.einsum("za,yb,xc,abcd->zyxd", *dense, warp.coefficients)


def test_weights_are_those_of_a_cubic_b_spline() -> None:
    warp = random_warp(1, 8.0, SIZE, SPACING)
    for firsts, weights, n, count in zip(warp.firsts, warp.weights, SIZE, warp.coefficients.shape, strict=False):
        at = (np.arange(n) + 0.5) * (count - 3) / n
        knots = np.arange(-3, count + 1)
        basis = BSpline.design_matrix(at, knots.astype(float), 3).toarray()
        for row in range(n):
            assert basis[row, firsts[row] : firsts[row] + 4] == pytest.approx(weights[row], abs=1e-12)
        assert weights.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("deviation", [2.0, 10.0, 200.0])
def test_no_warp_folds_however_wild(deviation: float) -> None:
    u = displacement(random_warp(3, deviation, SIZE, SPACING))
    gradient = np.stack(np.gradient(u, *SPACING, axis=(0, 1, 2)), axis=-1)
    assert np.abs(gradient).sum(axis=-1).max() <= STEEPEST + 1e-9
    assert np.linalg.det(np.eye(3) + gradient).min() > 0


def test_the_seed_alone_decides() -> None:
    one, same, other = (random_warp(seed, 8.0, SIZE, SPACING).coefficients for seed in (5, 5, 6))
    assert (one == same).all()
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.3
