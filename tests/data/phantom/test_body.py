from dataclasses import asdict, fields
from json import dumps, loads

import numpy as np
import pytest

from ctscribe.data.phantom.body import ENHANCEMENT, ENLARGED_RATIO, NORMAL_RATIO, Body, draw_body

SIZE = (64, 128, 128)


def bodies(kinds: frozenset[str] = frozenset(), count: int = 120) -> list[Body]:
    return [draw_body(np.random.default_rng([1, n]), kinds, SIZE) for n in range(count)]


def test_a_manifest_gives_the_same_body_back() -> None:
    for body in bodies(count=20):
        stored = loads(dumps(asdict(body)))
        assert Body(**{k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()}) == body


def test_the_stream_alone_decides_and_no_two_are_alike() -> None:
    assert bodies(count=5) == bodies(count=5)
    seen = bodies()
    for one in fields(Body):
        if one.name not in ("size", "phase"):
            assert len({getattr(body, one.name) for body in seen}) > 100


def test_about_four_in_ten_have_no_contrast_medium() -> None:
    phases = [body.phase for body in bodies(count=250)]
    assert phases.count("none") / 250 == pytest.approx(0.4, abs=0.1)
    assert min(phases.count("arterial"), phases.count("portal")) > 40


def test_the_heart_is_large_only_with_cardiomegaly() -> None:
    for body in bodies():
        assert NORMAL_RATIO[0] <= body.cardiothoracic_ratio <= NORMAL_RATIO[1] < 0.5
    for body in bodies(frozenset({"cardiomegaly", "nodule"})):
        assert 0.5 < ENLARGED_RATIO[0] <= body.cardiothoracic_ratio <= ENLARGED_RATIO[1]


def test_organs_enhance_as_the_phase_has_it() -> None:
    for body in bodies():
        for hu, (low, high) in zip(
            (body.blood_hu, body.liver_hu, body.spleen_hu, body.kidney_hu), ENHANCEMENT[body.phase], strict=True
        ):
            assert low <= hu <= high
