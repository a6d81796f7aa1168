"""Measure the tiny language model on prompts it has not seen: python tools/measure_tiny_language.py FOLDER

Perplexity of the answers; how many greedy reports carry exactly the findings that the prompt prescribes; how many
questions are answered as they should be; and whether a few free vectors, fitted through the frozen network, make it
write a given report: what a tiny system's projector has to do.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from jaxtyping import Float
from tiny_conditions import Sample, sample
from tiny_reports import found
from tiny_tokenizer import BEGIN, END, PAD, Encoded, encoded
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

SEED = 7  # not the seed of the training text
SAMPLES, TOGETHER, LONGEST = 400, 40, 110
REPORTS, VECTORS, FITTING_STEPS = 8, 8, 300

Embeddings = Float[Tensor, "tokens width"]


@torch.no_grad()
def surprise(model: LlamaForCausalLM, one: Encoded) -> float:
    """Mean cross-entropy of an answer, in nats a token."""
    logits = model(torch.tensor([one.prompt + one.answer])).logits[0, len(one.prompt) - 1 : -1]
    return float(functional.cross_entropy(logits, torch.tensor(one.answer)))


def continued(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, prompts: Sequence[Embeddings]) -> list[str]:
    """The greedy continuation of every prompt."""
    texts: list[str] = []
    for start in range(0, len(prompts), TOGETHER):
        rows = prompts[start : start + TOGETHER]
        padded = pad_sequence(list(rows), batch_first=True, padding_side="left")
        there = pad_sequence([torch.ones(len(row)) for row in rows], batch_first=True, padding_side="left")
        ids = cast(Any, model).generate(
            inputs_embeds=padded,
            attention_mask=there.long(),
            max_new_tokens=LONGEST,
            do_sample=False,
            eos_token_id=END,
            pad_token_id=PAD,
        )
        texts += tokenizer.batch_decode(ids, skip_special_tokens=True)
    return texts


def followed(one: Sample, text: str) -> dict[str, bool]:
    """What of a sample's prescription its continuation keeps."""
    if one.sure == "answer":
        return {"answers": text == one.answer}
    written, wanted = found(text), frozenset(one.findings)
    kinds = {finding.kind for finding in written} == {finding.kind for finding in wanted}
    if one.sure == "kinds":
        return {"kinds_of_bare_keywords": kinds}
    places = {(finding.kind, finding.place) for finding in written} == {(f.kind, f.place) for f in wanted}
    return {"kinds_and_places": places, "kinds_places_and_sizes": written == wanted}


def steered(model: LlamaForCausalLM, answers: Sequence[Encoded]) -> list[Embeddings]:
    """Free vectors for every answer, fitted through the frozen network until it writes the answer."""
    model.requires_grad_(False)
    table = model.model.embed_tokens.weight
    vectors = (torch.randn(len(answers), VECTORS, table.shape[1]) * table.std()).requires_grad_()
    targets = pad_sequence([torch.tensor(one.answer) for one in answers], batch_first=True, padding_value=-100)
    begin = table[torch.full((len(answers), 1), BEGIN)]
    reading = functional.embedding(targets.clamp(min=0), table)  # (reports, length, width)
    optimiser = torch.optim.Adam([vectors], lr=0.02)
    for _ in range(FITTING_STEPS):
        logits = model(inputs_embeds=torch.cat([begin, vectors, reading], dim=1)).logits[:, VECTORS:-1]
        loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return list(torch.cat([begin, vectors.detach()], dim=1))


def measured(folder: Path) -> dict[str, float]:
    """Every figure by its name."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    model = LlamaForCausalLM.from_pretrained(folder).eval()
    rng = np.random.default_rng(SEED)
    samples = [sample(rng) for _ in range(SAMPLES)]
    coded = [encoded(one, tokenizer) for one in samples]
    certain = [k for k, one in enumerate(samples) if one.sure == "findings"]
    figures = {"perplexity_where_the_prompt_decides": math.exp(np.mean([surprise(model, coded[k]) for k in certain]))}
    figures["perplexity"] = math.exp(np.mean([surprise(model, one) for one in coded]))
    decided = [k for k, one in enumerate(samples) if one.sure != "nothing"]
    embed = model.model.embed_tokens
    texts = continued(model, tokenizer, [embed(torch.tensor(coded[k].prompt)) for k in decided])
    kept: dict[str, list[bool]] = {}
    for k, text in zip(decided, texts, strict=True):
        for name, right in followed(samples[k], text).items():
            kept.setdefault(name, []).append(right)
    figures |= {name: float(np.mean(rights)) for name, rights in kept.items()}
    reports = certain[:REPORTS]
    texts = continued(model, tokenizer, steered(model, [coded[k] for k in reports]))
    right = [text == samples[k].answer for k, text in zip(reports, texts, strict=True)]
    figures["steered_to_the_word"] = float(np.mean(right))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    torch.manual_seed(SEED)
    sys.stdout.write(json.dumps(measured(parser.parse_args().folder), indent=2) + "\n")


if __name__ == "__main__":
    main()
