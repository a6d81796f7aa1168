import pytest

from ctscribe.ct.readers.kernels import kernel_class


@pytest.mark.parametrize("kernel", ["B31f", "B40f", "Br40d/3", "I31f/3", "Qr40", "STANDARD", "soft", "B", "FC08"])
def test_soft(kernel: str):
    assert kernel_class(kernel) == "soft-tissue"


@pytest.mark.parametrize("kernel", ["B70f", "B50s", "Bl57d", "LUNG", "BONEPLUS", "YC", "FC51", "FC30", "L"])
def test_sharp(kernel: str):
    assert kernel_class(kernel) == "sharp"


@pytest.mark.parametrize("kernel", [None, "", "XYZ", "??"])
def test_unknown(kernel: str | None):
    assert kernel_class(kernel) == "unknown"
