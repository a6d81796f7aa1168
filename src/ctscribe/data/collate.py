"""From cached entries to the batches that a report model trains on, without a scan being read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from ctscribe.data.cache import CachedFeatures, CachedViews
from ctscribe.data.record import CaseRecord
from ctscribe.model.features import Features
from ctscribe.model.instructions import fixed_instruction
from ctscribe.model.processor import Batch, Example, ReportProcessor


class Wording(NamedTuple):
    """What a model is asked about a case, and what it should write; ``None``: the page's instruction, no reference."""

    instruction: str | None = None
    reference: str | None = None


def report_wording(record: CaseRecord) -> Wording:
    """The page's own instruction, and the case's report."""
    return Wording(reference=record.reference)


@dataclass(frozen=True, eq=False)
class SeenExample(Example):
    """An example whose frozen features are known: feature → its tensors by name."""

    features: Mapping[str, Mapping[str, Tensor]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SeenBatch(Batch):
    """A batch whose frozen features are known, as ``ReportModel.forward`` takes them."""

    features: Mapping[str, Features] = field(default_factory=dict)

    def to(self, device: torch.device | str) -> SeenBatch:
        """The batch on another device."""
        moved = super().to(device)
        features = {name: _moved(each, device) for name, each in self.features.items()}
        return SeenBatch(moved.samples, moved.prompts, moved.references, features)


class CachedExamples(Dataset[Example]):
    """Examples of cached cases, equal to what ``ReportProcessor`` prepares from the scans.

    Parameters
    ----------
    views : the cases, in its order.
    records : their records, by id.
    processor : the page's.
    wording : what is asked and answered; called for every item, so that an epoch may differ from the last.
    features : of frozen encoders.

    Use it with ``DataLoader(examples, collate_fn=examples.collate, sampler=EpochOrder(…))``.
    """

    def __init__(
        self,
        views: CachedViews,
        records: Mapping[str, CaseRecord],
        processor: ReportProcessor,
        wording: Callable[[CaseRecord], Wording] = report_wording,
        features: CachedFeatures | None = None,
    ) -> None:
        self.views, self.records, self.processor = views, records, processor
        self.wording, self.features = wording, features

    def __len__(self) -> int:
        return len(self.views)

    def __getitem__(self, at: int) -> Example:
        """One case."""
        case = self.views.ids[at]
        samples = self.views[at]
        instruction, reference = self.wording(self.records[case])
        instruction = instruction or fixed_instruction(self.processor.page.prompt.instructions)
        prompt = self.processor.prompt(samples, instruction, self.views.lesions(at))
        ids = None if reference is None else self.processor.encode_report(reference)
        if self.features is None:
            return Example(samples, prompt, ids)
        return SeenExample(samples, prompt, ids, self.features[case])

    def collate(self, examples: Sequence[Example]) -> Batch:
        """Stack examples: a ``Batch`` as the processor makes it, with the features where there are any."""
        batch = self.processor.batch(examples)
        if self.features is None:
            return batch
        features = self.features.batch([example.features for example in examples if isinstance(example, SeenExample)])
        return SeenBatch(batch.samples, batch.prompts, batch.references, features)


class EpochOrder(Sampler[int]):
    """Cases in another random order every epoch; the same seed and epoch give the same order.

    Parameters
    ----------
    count : how many cases.
    seed : of all orders.
    """

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.seed, self.epoch = count, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[int]:
        return iter(np.random.default_rng([self.seed, self.epoch]).permutation(self.count).tolist())


def _moved(features: Features, device: torch.device | str) -> Features:
    tensors = {
        name: values.to(device)
        for name in ("tokens", "pooled", "scores")
        if (values := getattr(features, name)) is not None
    }
    layers = {layer: values.to(device) for layer, values in features.layers.items()}
    return Features(features.grid, layers=layers, **tensors)
