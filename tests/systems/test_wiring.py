"""Every tiny page as a model: what is trained, what is written, what is kept when it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from phantoms import chest_phantom

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.case import Case
from ctscribe.model.checkpoint import new_model
from ctscribe.model.config import Page, StageConfig
from ctscribe.model.decoding import Decoding
from ctscribe.model.language import load_tokenizer
from ctscribe.model.processor import Batch, ReportProcessor, shuffled
from ctscribe.model.report_model import HEADINGS, ReportModel, ReportModelConfig
from ctscribe.model.summary import count_parameters, summarise
from ctscribe.systems import TWIN, page_names
from ctscribe.systems.pages import load_page, variant_names

TWINS = tuple(name for name in page_names() if name.endswith(TWIN))
EVERY = tuple(each for name in TWINS for each in (name, *variant_names(name)))
SIZES_ONLY = ("length-", "layers-", "depth-", "tokens-", "vit-", "low-", "high-resolution", "4bit")
"""Starts of the names of variants that differ from their page in numbers alone."""
WIRED = tuple(
    name
    for name in EVERY
    if not name.partition(":")[2].startswith(SIZES_ONLY)
    and not name.startswith(("rad3d-prefix-v1-tiny:", "rad3d-prefix-v3-tiny:"))
)
TUNED = (*TWINS, "amosmm-tiny:frozen", "amosmm-tiny:dora", "amosmm-tiny:full", "amosmm-tiny:mask", "amosmm-tiny:anyres")
SHORT = Decoding(max_new_tokens=12)
BESIDES_LANGUAGE = 3_000_000
REPORTS = ("The lungs are clear.", "There is a left pleural effusion. Heart size is normal.", "No nodule.")


@cache
def cases() -> tuple[Case, ...]:
    """Three chests: as drawn, with fluid on the left, and cut below the lungs' middle so that slices lack organs."""
    volume, labelmap = chest_phantom((40, 54, 66), (7.5, 6.0, 6.0))
    wet = volume.hu.copy()
    wet[labelmap.mask("lung_lower_lobe_left")] = 10
    labels = labelmap.labels.copy()
    labels[:15] = 0
    cut = LabelMap(labels, labelmap.names, labelmap.affine, source="drawn truth")
    return Case(volume, labelmap), Case(replace(volume, hu=wet), labelmap), Case(volume, cut)


@cache
def built(name: str) -> tuple[ReportModel, ReportProcessor]:
    page = load_page(name)
    torch.manual_seed(0)
    return new_model(page).eval(), ReportProcessor(page, load_tokenizer(page.language))


def batch_of(processor: ReportProcessor, number: int = 3) -> Batch:
    examples = [processor(case, reference=text) for case, text in zip(cases()[:number], REPORTS, strict=False)]
    return processor.batch(examples)


def declared(page: Page, stage: StageConfig, names: Sequence[str]) -> set[str]:
    """What a page says that a stage trains, read from its words alone."""

    def is_tuned(name: str) -> bool:
        if page.language.tuning in ("lora", "dora"):
            return "lora_" in name
        return page.language.tuning == "full"

    return {
        name
        for name in names
        if any(name == part or name.startswith(f"{part}.") for part in stage.train)
        and (not name.startswith("language.") or is_tuned(name))
    }


@pytest.mark.parametrize("name", WIRED)
def test_a_step_changes_what_the_page_says_and_nothing_else(name: str) -> None:
    page = load_page(name)
    torch.manual_seed(0)
    model = new_model(page)
    processor = ReportProcessor(page, load_tokenizer(page.language))
    batch = batch_of(processor)
    for stage in page.stages:
        if stage.objective not in ("report", "vqa"):
            continue
        model.begin_stage(stage)
        # Adapters start from zero and answer only after a first step, so two are taken.
        before = {key: value.clone() for key, value in model.state_dict().items()}
        optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
        for _ in range(2):
            optimizer.zero_grad()
            loss = model.train()(batch.samples, batch.prompts, batch.references).loss
            loss.backward()
            optimizer.step()
        changed = {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}
        parameters = [key for key, _ in model.named_parameters(remove_duplicate=False)]
        assert changed <= declared(page, stage, parameters)
        assert declared(page, stage, parameters) - changed <= unreachable(model)


def unreachable(model: ReportModel) -> set[str]:
    """Where a decoder attends to one state alone, the softmax is 1 whatever is asked."""
    endings = ("ln_cross_attn.bias", "crossattention.q_attn.bias") if model.page.language.attends else ()
    return {key for key, _ in model.named_parameters() if endings and key.endswith(endings)}


@pytest.mark.parametrize("name", EVERY)
def test_a_twin_is_small(name: str) -> None:
    with torch.device("meta"):
        model = ReportModel(ReportModelConfig(page=load_page(name).content()))
    assert count_parameters(model) - count_parameters(model.language) <= BESIDES_LANGUAGE


@pytest.mark.parametrize("name", TUNED)
def test_a_batch_is_written_as_its_cases_one_by_one(name: str) -> None:
    model, processor = built(name)
    together = model.write(batch_of(processor), processor.tokenizer, SHORT)
    for case, text in zip(cases(), together, strict=True):
        (alone,) = model.write(processor.batch([processor(case)]), processor.tokenizer, SHORT)
        assert alone.ids == text.ids


@pytest.mark.parametrize("name", TWINS)
def test_the_cache_changes_nothing(name: str) -> None:
    model, processor = built(name)
    batch = batch_of(processor)
    cached = model.write(batch, processor.tokenizer, SHORT)
    uncached = model.write(batch, processor.tokenizer, SHORT.model_copy(update={"use_cache": False}))
    assert [one.ids for one in cached] == [one.ids for one in uncached]


@pytest.mark.parametrize("name", TUNED)
def test_what_was_saved_writes_as_before(name: str, tmp_path: Path) -> None:
    model, processor = built(name)
    batch = batch_of(processor)
    stir(model)
    before = model.write(batch, processor.tokenizer, SHORT)
    model.save_pretrained(tmp_path / "model")
    loaded = ReportModel.from_pretrained(tmp_path / "model").eval()
    after = loaded.write(batch, processor.tokenizer, SHORT)
    assert [one.ids for one in before] == [one.ids for one in after]
    assert [one.confidences for one in before] == [one.confidences for one in after]
    assert not list((tmp_path / "model").rglob("*.bin")), "only safetensors"


def stir(model: ReportModel) -> None:
    """Change every trained weight a little, so that a weight that is not saved shows."""
    dice = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += 0.02 * torch.randn(parameter.shape, generator=dice)


@pytest.mark.parametrize("name", TWINS)
def test_the_scan_reaches_the_text(name: str) -> None:
    """Another scan gives other logits, with the prompt unchanged."""
    model, processor = built(name)
    batch = batch_of(processor, 2)
    own = model(batch.samples, batch.prompts).logits
    exchanged = model(shuffled(batch).samples, batch.prompts).logits
    assert own.shape != exchanged.shape or not torch.allclose(own, exchanged, atol=1e-6)


@pytest.mark.parametrize("name", TWINS)
def test_six_headings_by_construction(name: str) -> None:
    model, processor = built(name)
    limits = Decoding(section_tokens=4)
    for sections in model.write_sections(batch_of(processor), processor.tokenizer, limits):
        assert list(sections) == list(HEADINGS)


def test_only_report_tokens_carry_loss() -> None:
    model, processor = built("hilt-tiny")
    batch = batch_of(processor, 2)
    assert batch.references is not None
    with torch.no_grad():
        out = model(batch.samples, batch.prompts, batch.references)
        rows = model.splice(batch.prompts, model.see(batch.samples))
    losses = []
    for case, (row, reference) in enumerate(zip(rows, batch.references, strict=True)):
        for place, token in enumerate(reference.tolist()):
            scores = out.logits[case, len(row) + place - 1].double()
            losses.append(float(scores.logsumexp(0) - scores[token]))
    assert out.loss.item() == pytest.approx(sum(losses) / len(losses), rel=1e-5)


def test_the_summary_counts_what_the_model_has() -> None:
    for name in ("rad3d-prefix-v3-tiny", "medregion-tiny"):
        model, processor = built(name)
        summary = summarise(load_page(name))
        model.begin_stage(model.page.report_stage)
        assert summary.trainable_parameters == count_parameters(model, trained=True)
        assert summary.total_parameters == count_parameters(model)
        streams = model.see(batch_of(processor).samples)
        assert max(sum(int(stream.valid[case].sum()) for stream in streams.values()) for case in range(3)) <= (
            summary.visual_tokens
        )
