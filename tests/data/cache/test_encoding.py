"""Features of frozen encoders: equal to what the model encodes, and never those of other weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from cached_cases import StreamedCases, cache_content
from torch import nn

from ctscribe.data.cache import CachedFeatures, CachedViews, Part, cache_features, cache_views, starting_encoders
from ctscribe.data.cache.encoding import FrozenEncoders
from ctscribe.data.cache.features import entry_bytes, frozen_features, packed, unpacked
from ctscribe.errors import BadInput, CTScribeError
from ctscribe.model.features import Features
from ctscribe.model.report_model import ReportModel
from ctscribe.model.views import build_views, finish_views
from ctscribe.systems.pages import load_page

AMOS = load_page(
    "amosmm-tiny:token-packer", ["views.volume.size=[8, 16, 16]", "encoders.vit.depth=2", "encoders.vit.layers=[1, 2]"]
)
COUNT = 6


@pytest.fixture(scope="module")
def encoders() -> nn.ModuleDict:
    return starting_encoders(AMOS, seed=3)


@pytest.fixture
def cached(folder: Path) -> Path:
    cache_views(StreamedCases(COUNT), AMOS, folder)
    return folder


def test_frozen_is_what_no_stage_trains() -> None:
    frozen = {name: frozen_features(load_page(name)) for name in ("rad3d-prefix-v3", "hilt", "hsenet", "m3d", "amosmm")}
    assert frozen == {
        "rad3d-prefix-v3": ("volume",),
        "hilt": (),
        "hsenet": ("slice",),
        "m3d": (),
        "amosmm": ("vit.volume",),
    }


def test_features_equal_what_the_model_encodes(cached: Path, encoders: nn.ModuleDict) -> None:
    cases = StreamedCases(COUNT)
    outcome = cache_features(cases, AMOS, cached, encoders, dtype="float32", batch=4, shard_bytes=10**6)
    assert (outcome.made, outcome.kept, outcome.complete) == (COUNT, 0, True)
    found = CachedFeatures(cached, AMOS, encoders, cases, dtype="float32")
    batch = found.batch([found[f"made_{at}"] for at in range(4)])["vit.volume"]
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(3)
        model = ReportModel.from_page(AMOS, pretrained=False).eval()
    samples = torch.stack([CachedViews(cached, AMOS)[at]["volume"] for at in range(4)])
    with torch.inference_mode():
        expected = model.encode(finish_views(build_views(AMOS.views), {"volume": samples}))["vit.volume"]
    assert batch.grid == expected.grid and batch.layers.keys() == expected.layers.keys() == {1, 2}
    assert expected.tokens is not None and batch.tokens is not None
    assert torch.equal(batch.tokens, expected.tokens)
    assert all(torch.equal(batch.layers[layer], expected.layers[layer]) for layer in (1, 2))


def test_half_precision_keeps_three_digits_in_half_the_space(cached: Path, encoders: nn.ModuleDict) -> None:
    for dtype in ("float16", "float32"):
        cache_features(StreamedCases(COUNT), AMOS, cached, encoders, dtype=dtype, shard_bytes=10**6)
    half, full = (CachedFeatures(cached, AMOS, encoders, dtype=dtype) for dtype in ("float16", "float32"))
    for name, values in full["made_1"]["vit.volume"].items():
        assert half["made_1"]["vit.volume"][name].dtype == torch.float16
        torch.testing.assert_close(half["made_1"]["vit.volume"][name].float(), values, rtol=1e-3, atol=1e-6)
    sizes = sorted(path.stat().st_size for path in cached.glob("features-*/*.safetensors"))
    assert sizes[1] / sizes[0] == pytest.approx(2, rel=0.1)


def test_other_weights_are_not_found(cached: Path, encoders: nn.ModuleDict) -> None:
    cache_features(StreamedCases(COUNT), AMOS, cached, encoders, shard_bytes=10**6)
    CachedFeatures(cached, AMOS, starting_encoders(AMOS, seed=3))
    with pytest.raises(BadInput, match=r"does not hold features-vit\.volume-"):
        CachedFeatures(cached, AMOS, starting_encoders(AMOS, seed=4))


def test_another_window_gives_other_features_of_the_same_samples(cached: Path, encoders: nn.ModuleDict) -> None:
    cache_features(StreamedCases(COUNT), AMOS, cached, encoders, shard_bytes=10**6)
    volume = {**AMOS.views["volume"], "clip": (-500, 500)}
    windowed = AMOS.model_copy(update={"views": {"volume": volume}})
    CachedViews(cached, windowed)
    with pytest.raises(BadInput, match="does not hold features"):
        CachedFeatures(cached, windowed, encoders)


def test_damaged_features_are_made_again_the_same(cached: Path, encoders: nn.ModuleDict) -> None:
    shard_bytes = 4 * entry_bytes(FrozenEncoders(AMOS, encoders).specs["vit.volume"], "float16")

    def run(*, verify: bool) -> int:
        cases = StreamedCases(COUNT)
        return cache_features(cases, AMOS, cached, encoders, shard_bytes=shard_bytes, verify=verify).made

    assert run(verify=False) == COUNT
    before = cache_content(cached)
    [first, _] = sorted(cached.glob("features-*/*.safetensors"))
    whole = first.read_bytes()
    first.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(CTScribeError, match=r"00000\.safetensors"):
        [CachedFeatures(cached, AMOS, encoders)[f"made_{at}"] for at in range(COUNT)]
    assert [run(verify=False), run(verify=True), run(verify=True)] == [0, 4, 0]
    assert cache_content(cached) == before


def test_parts_make_up_the_whole(folder: Path, encoders: nn.ModuleDict) -> None:
    cases = StreamedCases(35)
    cache_views(cases, AMOS, folder)
    done = [
        cache_features(cases, AMOS, folder, encoders, part=Part(number, 2), shard_bytes=10**6).complete
        for number in (1, 0)
    ]
    assert done == [False, True]
    assert len(CachedFeatures(folder, AMOS, encoders, cases)["made_34"]) == 1


def test_cases_without_views_have_no_features(folder: Path, encoders: nn.ModuleDict) -> None:
    cache_views(StreamedCases(3, broken=frozenset({1})), AMOS, folder)
    cache_features(StreamedCases(3), AMOS, folder, encoders, shard_bytes=10**6)
    found = CachedFeatures(folder, AMOS, encoders, StreamedCases(3))
    assert found["made_2"].keys() == {"vit.volume"}
    with pytest.raises(KeyError):
        found["made_1"]
    again = cache_features(StreamedCases(3), AMOS, folder, encoders, shard_bytes=10**6)
    assert (again.made, again.kept) == (0, 2)


def test_a_page_that_trains_all_its_encoders_has_nothing_to_cache() -> None:
    with pytest.raises(BadInput, match="trains every one") as caught:
        starting_encoders(load_page("hilt-tiny"))
    assert caught.value.code == "nothing-frozen"


def test_features_too_large_for_float16_are_refused() -> None:
    large = Features(pooled=torch.tensor([[[1.0, 1e6]]]))
    with pytest.raises(CTScribeError, match="larger than float16 can hold"):
        packed(large, "float16")
    [entry] = packed(large, "float32")
    restored = unpacked([entry], None)
    assert restored.pooled is not None and torch.equal(restored.pooled, torch.tensor([[[1.0, 1e6]]]))
