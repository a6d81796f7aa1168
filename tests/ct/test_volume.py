import numpy as np
from phantoms import chest_phantom


def test_position_and_index_are_inverse():
    volume, _ = chest_phantom((10, 12, 14))
    assert np.allclose(volume.index(volume.position((3.5, 2.0, 7.25))), (3.5, 2.0, 7.25))
    assert volume.position((1, 0, 0))[2] > volume.position((0, 0, 0))[2]
