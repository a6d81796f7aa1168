"""The tokens of the tiny language model: byte-level pairs, so that every text has some."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from tiny_conditions import Sample, sample
from tiny_reports import LEVELS, LOBE_WORDS
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.model.instructions import questions, report_instructions
from ctscribe.report.wording import structure_words

SPECIAL = ("<pad>", "<s>", "</s>")
PAD, BEGIN, END = range(3)
VOCABULARY, LONGEST = 1024, 2048
TEXTS = 20_000  # samples that the tokenizer learns from
DETAIL = 8.0  # weight of a word that is hard to learn


@dataclass(frozen=True)
class Encoded:
    """One sample as token ids: the prompt with its beginning, and the answer with its end.

    ``weights`` has a number for every token of the answer: ``DETAIL`` where a word is hard to learn and the prompt
    decides it (a place, a size, the answer to a question), else 1. ``first`` is the number of the tokens after the
    beginning that decide the answer alone, 0 where more is needed.
    """

    prompt: list[int]
    answer: list[int]
    weights: list[float]
    first: int = 0


def built_tokenizer(rng: np.random.Generator) -> PreTrainedTokenizerFast:
    """Pairs that are frequent in the grammar, the instructions and the names of the anatomy."""
    samples = (sample(rng) for _ in range(TEXTS))
    texts = [text for one in samples for text in (*one.prompt, one.answer)]
    texts += [*report_instructions(), *(question.text for question in questions())] * 20
    texts += [f" {structure_words(structure)}" for region in CHEST6 for structure in region.structures] * 20
    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    words.train_from_iterator(texts, trainer)
    if words.get_vocab_size() != VOCABULARY:
        sys.exit(f"the grammar gives only {words.get_vocab_size()} tokens")
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token=SPECIAL[PAD],
        bos_token=SPECIAL[BEGIN],
        eos_token=SPECIAL[END],
        model_max_length=LONGEST,
        clean_up_tokenization_spaces=False,
    )


def encoded(one: Sample, tokenizer: PreTrainedTokenizerFast, details: frozenset[int] = frozenset()) -> Encoded:
    """Every piece on its own, as a prompt is tokenised; ``details`` are the tokens of places and sizes."""
    pieces = tokenizer(list(filter(None, one.prompt)), add_special_tokens=False)["input_ids"] if any(one.prompt) else []
    answer = [*tokenizer(one.answer, add_special_tokens=False)["input_ids"], END]
    hard = set(answer) if one.sure == "answer" else details if one.sure == "findings" else frozenset()
    weights = [DETAIL if token in hard else 1.0 for token in answer]
    first = len(pieces[0]) if one.first else 0
    return Encoded([BEGIN, *(token for piece in pieces for token in piece)], answer, weights, first)


def detail_tokens(tokenizer: PreTrainedTokenizerFast) -> frozenset[int]:
    """The tokens that name a place or a size."""
    words = {word for place in (*LOBE_WORDS, *LEVELS, "bilateral") for word in place.split()} - {"lobe"}
    texts = [f" {word}" for word in (*sorted(words), *range(3, 41))]
    return frozenset(token for ids in tokenizer(texts, add_special_tokens=False)["input_ids"] for token in ids)
