from __future__ import annotations

import numpy as np

from ctscribe.data.phantom.disease.noise import smooth_noise, smoothstep


def test_smoothstep_is_the_polynomial() -> None:
    x = np.linspace(-1, 2, 31, dtype=np.float32)[None, None]
    inner = np.clip(x, 0, 1)
    assert np.allclose(smoothstep(x), 3 * inner**2 - 2 * inner**3, atol=1e-6)


def test_noise_is_smooth_over_its_scale() -> None:
    field = smooth_noise(np.random.default_rng(3), (40, 50, 60), (5, 3, 3), 20.0)
    assert abs(float(field.mean())) < 0.15 and 0.7 < float(field.std()) < 1.3
    steps = np.abs(np.diff(field, axis=2))
    assert np.percentile(steps, 99) < 1.6 and steps.mean() < 0.3 * field.std()
    far = field[:, :, :-20] * field[:, :, 20:]
    assert abs(float(far.mean())) < 0.15


def test_noise_depends_on_the_seed_alone() -> None:
    fields = [smooth_noise(np.random.default_rng(seed), (9, 10, 11), (5, 3, 3), 12.0) for seed in (1, 1, 2)]
    assert fields[0].tobytes() == fields[1].tobytes() != fields[2].tobytes()
