"""Parts that do not fit together are refused in one line that names the place in the page."""

from __future__ import annotations

import pytest
import torch

from ctscribe.errors import BadInput
from ctscribe.model.building import build_encoders, build_streams, feature_specs
from ctscribe.model.views import build_views
from ctscribe.systems.pages import load_page

WIDTH = 16


def build(name: str, *changes: str):
    page = load_page(name, changes)
    views = build_views(page.views)
    with torch.device("meta"):
        encoders = build_encoders(page, views)
        return page, views, encoders, build_streams(page, views, encoders, WIDTH)


def test_features_and_streams_are_what_the_page_says() -> None:
    page, views, encoders, streams = build("hilt-tiny")
    specs = feature_specs(page, views, encoders)
    assert {name: spec.grid for name, spec in specs.items()} == {"vit.high": (8, 8, 8), "vit.low": (4, 4, 4)}
    assert {spec.channels for spec in specs.values()} == {64}
    assert list(streams) == ["tokens"]
    assert streams["tokens"].width == WIDTH


def test_a_context_is_what_the_encoder_above_gives() -> None:
    _, _, encoders, streams = build("hsenet-tiny")
    assert list(encoders) == ["slice", "global", "local"]
    assert list(streams) == ["global", "local"]


@pytest.mark.parametrize(
    ("name", "changes", "place"),
    [
        ("hilt-tiny", ["views.low.size=[15, 32, 32]"], "encoders.vit"),
        ("m3d-tiny", ["encoders.volume.width=63"], "encoders.volume"),
        ("m3d-tiny", ["views.volume={type: slices, count: 4, size: [64, 64], clip: [-1000, 200]}"], "encoders.volume"),
        ("llava-slices-tiny", ["views.slices={type: volume, size: [8, 64, 64]}"], "encoders.slice"),
        ("hilt-tiny", ["streams.tokens.from=[vit.high]"], "streams.tokens.projector"),
        ("medregion-tiny", ["views.regions.patch=[1, 16, 16]"], "streams.organs.projector"),
        ("medregion-tiny", ["streams.organs.masks=null"], "streams.organs.projector"),
    ],
)
def test_what_does_not_fit_is_one_line_that_names_the_place(name: str, changes: list[str], place: str) -> None:
    with pytest.raises(BadInput) as refused:
        build(name, *changes)
    assert refused.value.message.startswith(f"{name}.{place}: ")
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    ("name", "change", "view"),
    [
        ("medregion-tiny", "streams.organs.masks=slices", "slices"),
        ("rad3d-prefix-v2-tiny", "streams.prefix.masks=volume", "volume"),  # four axes, as masks have
    ],
)
def test_masks_that_are_no_masks(name: str, change: str, view: str) -> None:
    with pytest.raises(BadInput) as refused:
        build(name, change)
    stream = change.split(".")[1]
    assert refused.value.message == f"{name}.streams.{stream}.projector: view '{view}' holds no masks"
    assert refused.value.code == "not-masks"


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        (
            ["streams.tokens.projector={type: hilit}"],
            "hilt-tiny.streams.tokens.projector: there is no projector 'hilit'",
            "did you mean 'hilt'?",
        ),
        (
            ["encoders.vit={type: vit3, views: [high, low]}"],
            "hilt-tiny.encoders.vit: there is no encoder 'vit3'",
            "did you mean 'vit3d'?",
        ),
        (
            ["streams.tokens.projector.hedas=4"],
            "hilt-tiny.streams.tokens.projector.hedas: no such key",
            "did you mean 'heads'?",
        ),
    ],
)
def test_an_unknown_part_or_key_is_placed(changes: list[str], message: str, hint: str) -> None:
    with pytest.raises(BadInput) as refused:
        build("hilt-tiny", *changes)
    assert (refused.value.message, refused.value.hint) == (message, hint)
