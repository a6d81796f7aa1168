"""One block of neighbouring cases: what is missing of it is sampled, and its shards are written as they fill up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ctscribe.data.cache.drafts import Draft
from ctscribe.data.cache.keys import Cases
from ctscribe.data.cache.outcome import Failure, Outcome
from ctscribe.data.cache.store import BLOCK, Store
from ctscribe.model.prompt import lesion_lines
from ctscribe.model.views import build_views, sample_views

VALUES = "values"
"""Name of the only tensor of an entry that is a view's."""

LESIONS = "lesions"
"""What stands in the place of a view's name for the sentences on a case's lesions: JSON as bytes."""


@dataclass(frozen=True)
class Job:
    """What every process needs to know.

    Parameters
    ----------
    views : a page's.
    keys : case id → key, in the order of the index.
    stores : view, or ``LESIONS`` → its store; of views that sample alike, one is here.
    verify : read what is there, and make what is damaged again.
    """

    cases: Cases
    views: Mapping[str, Mapping[str, Any]]
    keys: Mapping[str, str]
    stores: Mapping[str, Store]
    verify: bool


def cache_block(job: Job, block: int) -> Outcome:
    """Cache the cases of a block.

    Raises
    ------
    CTScribeError : ``cannot-write``.
    """
    views = build_views(job.views)
    ids = list(job.keys)[block * BLOCK : (block + 1) * BLOCK]
    drafts = {name: list(_drafts(job, store, block, ids)) for name, store in job.stores.items()}
    outdated = max(sum(draft.outdated for draft in each) for each in drafts.values())
    failures: list[Failure] = []
    kept = 0
    for at, case in enumerate(ids):
        current = {name: each[at // job.stores[name].cases] for name, each in drafts.items()}
        waiting = {name: draft for name, draft in current.items() if case in draft.missing}
        if waiting:
            try:
                samples = _sampled(job, views, block * BLOCK + at)
            # Whatever it is, the cases after this one must not fall with it.
            except Exception as error:  # noqa: BLE001
                failures.append(Failure.of(case, error))
                samples = None
            for name, draft in waiting.items():
                draft.fail(case) if samples is None else draft.add(case, {VALUES: samples[name]})
        kept += not waiting
        for name, draft in current.items():
            if at + 1 == len(ids) or (at + 1) % job.stores[name].cases == 0:
                draft.write()
    return Outcome(len(ids) - kept - len(failures), kept, outdated, tuple(failures))


def lesion_sentences(entry: Mapping[str, Tensor]) -> tuple[str, ...]:
    """The sentences that an entry of ``LESIONS`` holds."""
    return tuple(json.loads(bytes(entry[VALUES].numpy())))


def _drafts(job: Job, store: Store, block: int, ids: Sequence[str]) -> Iterator[Draft]:
    for start in range(0, len(ids), store.cases):
        keys = {case: job.keys[case] for case in ids[start : start + store.cases]}
        yield Draft(store, (block * BLOCK + start) // store.cases, keys, verify=job.verify)


def _sampled(job: Job, views: Mapping[str, Any], at: int) -> dict[str, Tensor]:
    case = job.cases.case(at)
    sentences = json.dumps(lesion_lines(case), ensure_ascii=False).encode()
    return {**sample_views(views, case), LESIONS: torch.frombuffer(bytearray(sentences), dtype=torch.uint8)}
