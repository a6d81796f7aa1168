"""Figures of the papers, counted on the meta device; estimates against counts by hand; a scan's own tokens."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache

import pytest
import torch
from phantoms import chest_phantom

from ctscribe.case import Case
from ctscribe.model.checkpoint import new_model
from ctscribe.model.language import load_tokenizer
from ctscribe.model.processor import ReportProcessor
from ctscribe.model.summary import (
    BYTES,
    PROMPT_TOKENS,
    REPORT_TOKENS,
    Estimates,
    Summary,
    summarise,
    tokens_of_case,
)
from ctscribe.systems.pages import load_page

STREAM_TOKENS = {
    "hilt": {"tokens": 64},
    "hilt:high-resolution": {"tokens": 64},
    "hilt:low-256": {"tokens": 512},
    "hsenet": {"global": 128, "local": 128},
    "hsenet:tokens-32": {"global": 32, "local": 32},
    "hsenet:tokens-64": {"global": 64, "local": 64},
    "hsenet:tokens-256": {"global": 256, "local": 256},
    "hsenet:qformer": {"global": 128, "local": 128},
    "m3d": {"image": 256},
    "rad3d-prefix-v2": {"prefix": 10},
    "rad3d-prefix-v3": {"prefix": 10},
}


@cache
def summary(name: str) -> Summary:
    return summarise(load_page(name))


@pytest.fixture
def uncosted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the counting of operations, which at the papers' sizes takes seconds."""
    monkeypatch.setattr("ctscribe.model.summary._estimates", lambda *_: Estimates(0, 0, 0, 0.0, 0.0, 0.0))


@pytest.mark.parametrize("name", STREAM_TOKENS)
def test_visual_tokens_are_the_papers(name: str, uncosted: None) -> None:
    found = summarise(load_page(name, ["language.model=ctscribe/tiny-llama"]))
    by_stream = {stream: sum(one.tokens.values()) for stream, one in found.streams.items()}
    assert by_stream == STREAM_TOKENS[name]
    assert found.visual_tokens == sum(by_stream.values())
    assert found.fixed_tokens


def test_medregions_tokens_depend_on_the_patient(uncosted: None) -> None:
    found = summarise(load_page("medregion", ["language.model=ctscribe/tiny-llama"]))
    assert {name: dict(stream.tokens) for name, stream in found.streams.items()} == {
        "tokens": {"fast": 128, "slow": 4096},
        "organs": {"regions": 6},
    }
    assert found.visual_tokens == 128 + 4096 + 6
    assert not found.fixed_tokens


@pytest.mark.parametrize(("name", "count"), [("rad3d-prefix-v2", 279_093_248), ("rad3d-prefix-v3", 279_461_888)])
def test_prefix_mappers_have_the_papers_parameters(name: str, count: int, uncosted: None) -> None:
    found = summarise(load_page(name))
    assert found.trainable_parameters == count
    assert found.stages[-1].trainable_parameters == count


def test_json_has_what_was_promised() -> None:
    content = json.loads(json.dumps(asdict(summary("hsenet-tiny"))))
    promised = {
        "name", "paper", "visual_tokens", "streams", "trainable_parameters", "total_parameters", "stages"
    }  # fmt: skip
    assert promised <= content.keys()
    assert [stage["name"] for stage in content["stages"]] == ["global", "local", "report", "vqa"]


def test_stages_count_what_each_of_them_trains() -> None:
    model = new_model(load_page("hsenet-tiny"))

    def size(*parts: str) -> int:
        parameters = model.named_parameters()
        return sum(value.numel() for name, value in parameters if name.startswith(parts) and "base_layer" not in name)

    adapters = sum(value.numel() for name, value in model.named_parameters() if "lora_" in name)
    found = {stage.name: stage.trainable_parameters for stage in summary("hsenet-tiny").stages}
    assert found == {
        "global": size("encoders.global."),
        "local": size("encoders.local."),
        "report": size("streams.") + adapters,
        "vqa": size("streams.") + adapters,
    }
    assert summary("hsenet-tiny").trainable_parameters == found["report"]


WIDTH, HIDDEN, LAYERS, WORDS = 128, 384, 4, 1024
"""ctscribe/tiny-llama: four heads of 32 for queries, keys and values alike."""


def language_flops(length: int) -> int:
    """A multiplication and an addition for every weight and token, and attention over all pairs of places."""
    weights = LAYERS * (4 * WIDTH * WIDTH + 3 * WIDTH * HIDDEN) + WIDTH * WORDS
    return 2 * length * weights + LAYERS * 2 * (2 * length * length * WIDTH)


def test_the_language_models_operations_are_those_counted_by_hand() -> None:
    found = summary("rad3d-prefix-v2-tiny")
    row = PROMPT_TOKENS + 10
    assert found.estimates.prefill_flops == language_flops(row)
    assert found.estimates.decode_flops == language_flops(row + 1) - language_flops(row)


def test_memory_is_that_counted_by_hand() -> None:
    found = summary("rad3d-prefix-v2-tiny")
    cost = found.estimates
    assert cost.weights_gb * 1e9 == pytest.approx(found.total_parameters * BYTES)
    places = PROMPT_TOKENS + 10 + REPORT_TOKENS
    assert cost.cache_gb * 1e9 == pytest.approx(2 * LAYERS * WIDTH * places * BYTES)
    held = found.total_parameters * 2 + found.trainable_parameters * (2 + 4 + 4 + 4)
    assert cost.training_gb * 1e9 == pytest.approx(held)


def test_what_is_encoded_costs_by_its_size_and_what_is_read_does_not() -> None:
    """HILT: a larger high-resolution twin gives the language model no more to read."""
    small, large = summary("hilt-tiny").estimates, summary("hilt-tiny:high-resolution").estimates
    assert large.encode_flops > 4 * small.encode_flops
    assert large.prefill_flops == small.prefill_flops


def test_a_stream_that_is_attended_to_is_no_part_of_the_row() -> None:
    found = summary("clip-text-decoder-tiny")
    assert found.visual_tokens == 1
    cost = found.estimates
    language = new_model(load_page("clip-text-decoder-tiny")).language.config
    assert cost.cache_gb * 1e9 == pytest.approx(
        2 * language.n_layer * language.n_embd * (PROMPT_TOKENS + REPORT_TOKENS) * BYTES
    )


def test_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch, uncosted: None) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("weights were asked for")

    monkeypatch.setattr("ctscribe.model.checkpoint.load_language", refused)
    monkeypatch.setattr("ctscribe.model.language.find_weights", refused)
    assert summarise(load_page("hilt")).total_parameters > 8_000_000_000


@pytest.mark.parametrize("name", ["medregion-tiny", "hilt-tiny", "hsenet-tiny"])
def test_a_scans_tokens_are_those_that_the_model_reads(name: str) -> None:
    page = load_page(name)
    case = Case(*chest_phantom((32, 36, 44), (9.0, 9.0, 9.0)))
    counted = tokens_of_case(page, case)
    processor = ReportProcessor(page, load_tokenizer(page.language))
    with torch.no_grad():
        streams = new_model(page).eval().see(processor.batch([processor(case)]).samples)
    assert {stream: sum(kinds.values()) for stream, kinds in counted.items()} == {
        stream: int(tokens.valid.sum()) for stream, tokens in streams.items()
    }
    at_most = summary(name)
    for stream, kinds in counted.items():
        assert kinds.keys() == at_most.streams[stream].tokens.keys()
        assert all(0 < count <= at_most.streams[stream].tokens[kind] for kind, count in kinds.items())
    if not at_most.fixed_tokens:
        assert sum(sum(kinds.values()) for kinds in counted.values()) < at_most.visual_tokens
