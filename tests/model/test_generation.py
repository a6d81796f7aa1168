"""Generation: batched as single, cached as uncached, on three architectures; streaming; penalties; context."""

from __future__ import annotations

import pytest
import torch
from language_twins import prompts, tokenizer, twin

from ctscribe.errors import BadInput
from ctscribe.model.features import Tokens
from ctscribe.model.generation import Decoding, generate
from ctscribe.model.language import LanguageConfig, LoraOptions
from ctscribe.model.tuning import apply_tuning

KINDS = ("llama", "phi3", "gpt2")
LENGTHS = (9, 4, 6)


def _slowly(model, embeds, count, end):
    """Greedy decoding as it is written down: read everything, take the likeliest, append."""
    ids, chances = [], []
    for _ in range(count):
        logits = model(inputs_embeds=embeds[None]).logits[0, -1].double()
        chance = torch.exp(logits - logits.max())
        chance = chance / chance.sum()
        token = int(logits.argmax())
        if token == end:
            break
        ids.append(token)
        chances.append(float(chance[token]))
        embeds = torch.cat([embeds, model.get_input_embeddings()(torch.tensor([token]))])
    return ids, chances


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_greedy_batch_with_cache_equals_each_case_read_anew(kind):
    model, words = twin(kind), tokenizer()
    embeds, attention = prompts(LENGTHS)
    written = generate(model, embeds, attention, words, Decoding(max_new_tokens=12))
    for row, length, case in zip(embeds, LENGTHS, written, strict=True):
        ids, chances = _slowly(model, row[-length:], 12, words.eos_token_id)
        assert list(case.ids) == ids
        assert case.confidences == pytest.approx(chances, abs=1e-5)
    assert len({case.ids for case in written}) == len(LENGTHS)


@pytest.mark.parametrize("mode", ["greedy", "beam", "sample"])
@pytest.mark.parametrize("kind", KINDS)
def test_batched_equals_single(kind, mode):
    model, words = twin(kind), tokenizer()
    embeds, attention = prompts(LENGTHS)
    decoding = Decoding(mode=mode, max_new_tokens=10, top_p=0.9)
    together = generate(model, embeds, attention, words, decoding)
    for row, length, case in zip(embeds, LENGTHS, together, strict=True):
        [alone] = generate(model, row[None, -length:], torch.ones(1, length, dtype=torch.bool), words, decoding)
        assert alone.ids == case.ids
        assert alone.confidences == pytest.approx(case.confidences, abs=1e-5)


@pytest.mark.parametrize("mode", ["greedy", "sample"])
@pytest.mark.parametrize("kind", KINDS)
def test_cached_equals_uncached(kind, mode):
    model, words = twin(kind), tokenizer()
    embeds, attention = prompts(LENGTHS)
    cached, uncached = (
        generate(model, embeds, attention, words, Decoding(mode=mode, max_new_tokens=10, use_cache=use_cache))
        for use_cache in (True, False)
    )
    assert [case.ids for case in cached] == [case.ids for case in uncached]


def test_padding_may_be_on_either_side_and_its_values_do_not_matter():
    model, words = twin("llama"), tokenizer()
    embeds, attention = prompts(LENGTHS)
    left = generate(model, embeds, attention, words, Decoding(max_new_tokens=8))
    right = embeds.flip(1).clone()
    for row, length in enumerate(LENGTHS):
        right[row, :length] = embeds[row, -length:]
        right[row, length:] = 7.0
    assert generate(model, right, attention.flip(1), words, Decoding(max_new_tokens=8)) == left


def test_beams_find_a_likelier_text_than_greedy():
    model, words = twin("llama"), tokenizer()
    embeds, attention = prompts((5,) * 6)
    search = Decoding(mode="beam", beams=8, max_new_tokens=4, length_penalty=0)
    greedy = generate(model, embeds, attention, words, Decoding(max_new_tokens=4))
    beams = generate(model, embeds, attention, words, search)

    def likelihood(case):
        return torch.tensor(case.confidences).log().sum() if len(case.ids) == 4 else torch.tensor(0.0)

    gains = [float(likelihood(beam) - likelihood(first)) for beam, first in zip(beams, greedy, strict=True)]
    assert min(gains) > -1e-4
    assert max(gains) > 1e-2


def test_sampling_follows_its_seed_and_the_models_distribution():
    model, words = twin("llama"), tokenizer()
    embeds, attention = prompts((5,))
    first, again, other = (
        generate(model, embeds, attention, words, Decoding(mode="sample", max_new_tokens=12, seed=seed))
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first[0].ids != other[0].ids
    state = torch.random.get_rng_state()
    draws = [
        generate(model, embeds, attention, words, Decoding(mode="sample", max_new_tokens=1, seed=seed))[0].ids
        for seed in range(100)
    ]
    assert torch.equal(state, torch.random.get_rng_state())
    chances = model(inputs_embeds=embeds).logits[0, -1].detach().softmax(-1)
    likeliest = int(chances.argmax())
    share = sum(draw == (likeliest,) for draw in draws) / len(draws)
    assert share == pytest.approx(float(chances[likeliest]), abs=0.1)


def test_a_small_nucleus_is_greedy():
    model, words = twin("gpt2"), tokenizer()
    embeds, attention = prompts(LENGTHS)
    narrow = generate(model, embeds, attention, words, Decoding(mode="sample", top_p=1e-6, max_new_tokens=8))
    assert narrow == generate(model, embeds, attention, words, Decoding(max_new_tokens=8))


@pytest.mark.parametrize("mode", ["greedy", "beam"])
def test_no_pair_of_tokens_comes_twice_when_told_so(mode):
    model, words = twin("llama", seed=3), tokenizer()
    embeds, attention = prompts((5,))
    [free] = generate(model, embeds, attention, words, Decoding(mode=mode, max_new_tokens=60))
    rule = Decoding(mode=mode, max_new_tokens=60, no_repeat_ngram=2, repetition_penalty=2.0)
    [ruled] = generate(model, embeds, attention, words, rule)
    pairs = list(zip(ruled.ids, ruled.ids[1:], strict=False))
    assert len(pairs) == len(set(pairs)) > 3
    assert ruled.ids != free.ids


@pytest.mark.parametrize("mode", ["greedy", "sample", "beam"])
def test_streamed_pieces_add_up_to_the_text(mode):
    model, words = twin("llama"), tokenizer()
    embeds, attention = prompts(LENGTHS)
    pieces = {case: [] for case in range(len(LENGTHS))}
    written = generate(
        model,
        embeds,
        attention,
        words,
        Decoding(mode=mode, max_new_tokens=24),
        on_text=lambda case, piece: pieces[case].append(piece),
    )
    assert ["".join(parts) for parts in pieces.values()] == [case.text for case in written]
    assert all(len(parts) > 1 for parts in pieces.values())


@pytest.mark.parametrize("mode", ["greedy", "beam"])
def test_a_cross_attending_decoder_reads_its_memory_and_only_what_is_valid(mode):
    model, words = twin("gpt2-attending"), tokenizer()
    embeds, attention = prompts(LENGTHS)
    states = torch.randn(3, 4, embeds.shape[-1], generator=torch.Generator().manual_seed(5))
    valid = torch.tensor([[True] * 4, [True, True, True, False], [True, False, False, False]])

    def texts(values, cases=slice(None), use_cache=True):
        memory = Tokens(values[cases], valid[cases])
        decoding = Decoding(mode=mode, max_new_tokens=8, use_cache=use_cache)
        return [case.ids for case in generate(model, embeds[cases], attention[cases], words, decoding, memory=memory)]

    written = texts(states)
    assert [texts(states, slice(case, case + 1))[0] for case in range(3)] == written
    assert texts(states.masked_fill(~valid[..., None], 9.0)) == written
    assert texts(-states) != written
    if mode == "greedy":
        assert texts(states, use_cache=False) == written


def test_dropout_is_off_while_writing_and_on_again_afterwards():
    config = LanguageConfig(model="ctscribe/tiny-llama", tuning="lora", lora=LoraOptions(dropout=0.9))
    model, words = apply_tuning(twin("llama"), config), tokenizer()
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    embeds, attention = prompts(LENGTHS)
    decoding = Decoding(max_new_tokens=8)
    expected = generate(model.eval(), embeds, attention, words, decoding)
    assert generate(model.train(), embeds, attention, words, decoding) == expected
    assert all(module.training for module in model.modules())
    beams = Decoding(mode="beam", max_new_tokens=8)
    assert generate(model, embeds, attention, words, beams) == generate(model, embeds, attention, words, beams)


def test_writing_stops_where_the_context_ends():
    model, words = twin("llama"), tokenizer()
    model.config.max_position_embeddings = 12
    embeds, attention = prompts((9,))
    [case] = generate(model, embeds, attention, words, Decoding(max_new_tokens=50))
    assert len(case.ids) <= 3
    with pytest.raises(BadInput) as refused:
        generate(model, *prompts((12,)), words, Decoding())
    assert refused.value.code == "prompt-too-long"
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("mode", ["greedy", "beam"])
def test_a_language_model_in_half_precision_takes_prompts_in_full(mode):
    model, words = twin("gpt2-attending").bfloat16(), tokenizer()
    embeds, attention = prompts(LENGTHS)
    memory = Tokens.all_of(torch.randn(3, 2, embeds.shape[-1], generator=torch.Generator().manual_seed(0)))
    decoding = Decoding(mode=mode, max_new_tokens=4)
    half = Tokens.all_of(memory.values.bfloat16())
    assert generate(model, embeds, attention, words, decoding, memory=memory) == generate(
        model, embeds.bfloat16(), attention, words, decoding, memory=half
    )


def test_beams_refuse_to_go_without_the_cache():
    with pytest.raises(ValueError, match="use_cache"):
        Decoding(mode="beam", use_cache=False)
