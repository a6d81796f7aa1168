"""Batches of cached cases are those that the processor makes of the scans; orders repeat."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from cached_cases import StreamedCases, drawn_index
from torch.utils.data import DataLoader

from ctscribe.data.cache import CachedFeatures, CachedViews, cache_features, cache_views, starting_encoders
from ctscribe.data.collate import CachedExamples, EpochOrder, SeenBatch, Wording
from ctscribe.data.index import Index
from ctscribe.data.record import CaseRecord
from ctscribe.model.checkpoint import new_model
from ctscribe.model.language import load_tokenizer
from ctscribe.model.processor import Batch, ReportProcessor
from ctscribe.model.slots import Slot
from ctscribe.systems.pages import load_page

MEDREGION = load_page(
    "medregion-tiny",
    [
        "views.slices.spacing=[18.0, 14.0, 14.0]",
        "views.slices.depth=8",
        "views.slices.size=[16, 16]",
    ],
)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return drawn_index(tmp_path_factory.mktemp("drawn"), 3)


@pytest.fixture(scope="module")
def cached(drawn: Index, tmp_path_factory: pytest.TempPathFactory) -> CachedViews:
    folder = tmp_path_factory.mktemp("cache")
    cache_views(drawn, MEDREGION, folder)
    return CachedViews(folder, MEDREGION, drawn)


@pytest.fixture(scope="module")
def processor() -> ReportProcessor:
    return ReportProcessor(MEDREGION, load_tokenizer(MEDREGION.language))


def by_id(index: Index) -> dict[str, CaseRecord]:
    return {record.id: record for record in index.records}


def assert_same(one: Batch, other: Batch) -> None:
    assert one.samples.keys() == other.samples.keys()
    assert all(torch.equal(one.samples[name], other.samples[name]) for name in one.samples)
    for mine, theirs in zip(one.prompts, other.prompts, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            assert a == b if isinstance(a, Slot) or isinstance(b, Slot) else torch.equal(a, b)
    assert (one.references is None) == (other.references is None)
    for a, b in zip(one.references or (), other.references or (), strict=True):
        assert torch.equal(a, b)


def test_batches_are_those_of_the_processor(drawn: Index, cached: CachedViews, processor: ReportProcessor) -> None:
    examples = CachedExamples(cached, by_id(drawn), processor)
    expected = processor.batch(
        [processor(drawn.case(at), reference=drawn.records[at].reference) for at in range(len(drawn))]
    )
    assert expected.references is not None
    assert_same(examples.collate([examples[at] for at in range(len(examples))]), expected)


def test_lesions_reach_the_prompt(drawn: Index, cached: CachedViews, processor: ReportProcessor) -> None:
    prompt = CachedExamples(cached, by_id(drawn), processor)[0].prompt
    text = "".join(str(processor.tokenizer.decode(piece)) for piece in prompt if isinstance(piece, torch.Tensor))
    assert cached.lesions(0)[0] in text


def test_questions_are_asked_and_answered(drawn: Index, cached: CachedViews, processor: ReportProcessor) -> None:
    examples = CachedExamples(cached, by_id(drawn), processor, lambda record: Wording(f"Who is {record.id}?", "None."))
    expected = processor(drawn.case(1), instruction="Who is case_1?", reference="None.")
    assert_same(examples.collate([examples[1]]), processor.batch([expected]))


def test_without_references_there_are_none(drawn: Index, cached: CachedViews, processor: ReportProcessor) -> None:
    examples = CachedExamples(cached, by_id(drawn), processor, lambda record: Wording())
    assert examples.collate([examples[0], examples[1]]).references is None


def test_a_loader_gives_every_case_once_and_the_same_order_again(
    drawn: Index, cached: CachedViews, processor: ReportProcessor
) -> None:
    examples = CachedExamples(cached, by_id(drawn), processor)
    order = EpochOrder(len(examples), seed=5)
    loader = DataLoader(examples, batch_size=2, sampler=order, collate_fn=examples.collate)
    batches = list(loader)
    assert [len(batch.prompts) for batch in batches] == [2, 1]
    for batch, again in zip(batches, loader, strict=True):
        assert_same(batch, again)


def test_orders_differ_by_epoch_and_by_seed_alone() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        sampler = EpochOrder(50, seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert order(1, 0) == order(1, 0)
    assert len({tuple(order(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9
    assert sorted(order(1, 2)) == list(range(50))
    assert len(EpochOrder(50, 1)) == 50


def test_features_come_along(tmp_path: Path) -> None:
    page, cases = load_page("amosmm-tiny", ["views.volume.size=[8, 16, 16]", "encoders.vit.depth=1"]), StreamedCases(3)
    encoders = starting_encoders(page)
    cache_views(cases, page, tmp_path)
    cache_features(cases, page, tmp_path, encoders, dtype="float32", shard_bytes=10**6)
    views, features = CachedViews(tmp_path, page), CachedFeatures(tmp_path, page, encoders, dtype="float32")
    reader = ReportProcessor(page, load_tokenizer(page.language))
    records = {record.id: record for record in cases.records}
    examples = CachedExamples(views, records, reader, lambda record: Wording(), features)
    batch = examples.collate([examples[2], examples[0]])
    assert isinstance(batch, SeenBatch)
    with torch.inference_mode():
        expected = encoders["vit"](views_of(batch, reader))
    tokens = batch.to("cpu").features["vit.volume"].tokens
    assert tokens is not None
    assert torch.allclose(tokens, expected.tokens, atol=1e-5)


def test_what_only_a_known_encoder_looks_at_is_not_read(tmp_path: Path) -> None:
    page, cases = load_page("amosmm-tiny", ["views.volume.size=[8, 16, 16]", "encoders.vit.depth=1"]), StreamedCases(2)
    torch.manual_seed(0)
    model = new_model(page).eval()
    cache_views(cases, page, tmp_path)
    cache_features(cases, page, tmp_path, model.encoders, dtype="float32", shard_bytes=10**6)
    features = CachedFeatures(tmp_path, page, model.encoders, dtype="float32")
    reader = ReportProcessor(page, load_tokenizer(page.language))
    records = {record.id: record for record in cases.records}
    known = tuple(page.features)

    def loss(views: CachedViews, features: CachedFeatures | None) -> torch.Tensor:
        examples = CachedExamples(views, records, reader, lambda record: Wording(reference="Clear."), features)
        batch = examples.collate([examples[0], examples[1]])
        assert ("volume" in batch.samples) == (features is None)
        seen = batch.features if isinstance(batch, SeenBatch) else None
        with torch.inference_mode():
            return model(batch.samples, batch.prompts, batch.references, seen).loss

    whole, short = CachedViews(tmp_path, page), CachedViews(tmp_path, page, known=known)
    assert loss(short, features) == pytest.approx(loss(whole, None).item(), abs=1e-5)


def views_of(batch: Batch, reader: ReportProcessor) -> torch.Tensor:
    return reader.views["volume"].finish(batch.samples["volume"])
