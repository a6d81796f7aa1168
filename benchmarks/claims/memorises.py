"""Does the image speak? Every tiny page learns eight scans by heart; then the scans are exchanged among the prompts.

While learning, every case gets a new instruction at every step, so an instruction says nothing about the report. Then
each case keeps one instruction of its own, and the scans move on by one: a model that looks writes the report of the
scan, one that listens to the prompt writes the report of the case.

    python benchmarks/claims/memorises.py [PAGE …]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from eight_scans import eight_scans

from ctscribe.case import Case
from ctscribe.model.checkpoint import new_model
from ctscribe.model.config import Page
from ctscribe.model.decoding import Decoding
from ctscribe.model.features import Features
from ctscribe.model.instructions import draw_instruction
from ctscribe.model.language import load_tokenizer
from ctscribe.model.processor import Batch, ReportProcessor, shuffled
from ctscribe.model.report_model import ReportModel
from ctscribe.model.summary import count_parameters
from ctscribe.model.trained_parts import is_trained
from ctscribe.model.views import finish_views
from ctscribe.systems import TWIN, page_names
from ctscribe.systems.pages import load_page

WARMUP = 20
CHECK_EVERY = 50
LONGEST = Decoding(max_new_tokens=120)


@dataclass(frozen=True)
class Outcome:
    """What became of one page.

    Parameters
    ----------
    remembered : share of the eight reports written word for word.
    follows_scan, follows_prompt : after the exchange, share of reports that are those of the scan, or of the prompt.
    """

    page: str
    steps: int
    seconds: float
    seconds_a_step: float
    loss: float
    trained: int
    without_language: int
    remembered: float
    follows_scan: float
    follows_prompt: float


def memorise(
    page: Page, scans: Sequence[tuple[Case, str]], *, steps: int, known: float = 0.03, seed: int = 0
) -> Outcome:
    """Train a page's report stage until it writes all reports and its loss is below ``known``, or for so many steps."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = new_model(page)
    processor = ReportProcessor(page, load_tokenizer(page.language))
    examples = [processor(case, reference=report) for case, report in scans]

    def batch() -> Batch:
        prompts = [processor.prompt(example.samples, draw_instruction("report", rng), ()) for example in examples]
        return processor.batch([replace(one, prompt=prompt) for one, prompt in zip(examples, prompts, strict=True)])

    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    frozen = not any(is_trained(encoder) for encoder in model.encoders.values())
    features = model.eval().encode(finish_views(model.views, processor.batch(examples).samples)) if frozen else None
    optimizer = torch.optim.AdamW(trained, lr=page.report_stage.learning_rate, weight_decay=0.0)
    fixed, reports = batch(), [report for _, report in scans]
    started, step, loss = time.perf_counter(), 0, torch.tensor(float("inf"))
    while step < steps:
        for _ in range(CHECK_EVERY):
            step += 1
            optimizer.param_groups[0]["lr"] = page.report_stage.learning_rate * min(1.0, step / WARMUP)
            loss = _step(model.train(), optimizer, trained, batch(), features)
        # A report is known when no instruction keeps the model from writing it.
        if loss < known and all(_written(model, processor, asked) == reports for asked in (fixed, batch(), batch())):
            break
    seconds = time.perf_counter() - started
    written, exchanged = _written(model, processor, fixed), _written(model, processor, shuffled(fixed))
    return Outcome(
        page=page.name,
        steps=step,
        seconds=seconds,
        seconds_a_step=seconds / step,
        loss=float(loss),
        trained=count_parameters(model, trained=True),
        without_language=count_parameters(model) - count_parameters(model.language),
        remembered=_share(written, reports),
        follows_scan=_share(exchanged, np.roll(reports, 1)),
        follows_prompt=_share(exchanged, reports),
    )


def _step(
    model: ReportModel,
    optimizer: torch.optim.Optimizer,
    trained: list[torch.nn.Parameter],
    batch: Batch,
    features: Mapping[str, Features] | None,
) -> torch.Tensor:
    loss = model(batch.samples, batch.prompts, batch.references, features).loss
    assert loss is not None
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    return loss.detach()


def _written(model: ReportModel, processor: ReportProcessor, batch: Batch) -> list[str]:
    return [one.text for one in model.eval().write(batch, processor.tokenizer, LONGEST)]


def _share(texts: Sequence[str], wanted: Sequence[str]) -> float:
    return float(np.mean([text == one for text, one in zip(texts, wanted, strict=True)]))


def main(names: Sequence[str]) -> None:
    """Measure the named pages, or every tiny one, and save a table."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from comparison import save

    # The smallest probabilities of attention are denormal numbers, with which a CPU is many times slower.
    torch.set_flush_denormal(True)
    scans = eight_scans()
    rows: list[dict[str, object]] = []
    for name in names or [name for name in page_names() if name.endswith(TWIN)]:
        rows.append(asdict(memorise(load_page(name), scans, steps=1000)))
        print(rows[-1], flush=True)
    if not names:
        save("claims/memorises", "python benchmarks/claims/memorises.py", rows, ("torch", "transformers", "peft"))


if __name__ == "__main__":
    main(sys.argv[1:])
