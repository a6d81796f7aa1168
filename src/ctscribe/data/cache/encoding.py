"""Running frozen encoders over cached views, batch by batch, and keeping what they give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ctscribe.data.cache.drafts import Draft
from ctscribe.data.cache.features import FeatureType, entry_bytes, feature_folders, packed, unpacked
from ctscribe.data.cache.keys import Cases, case_keys
from ctscribe.data.cache.manifest import write_manifest
from ctscribe.data.cache.outcome import Outcome, Part
from ctscribe.data.cache.reading import CachedViews, Entries, check_current
from ctscribe.data.cache.store import BLOCK, Store, open_store
from ctscribe.model.building import feature_specs
from ctscribe.model.config import Page
from ctscribe.model.features import Features, FeatureSpec
from ctscribe.model.views import View, build_views, finish_views


class FrozenEncoders:
    """The encoders of a page that no stage trains.

    Parameters
    ----------
    page : the system.
    encoders : with their weights, on the device where they run.
    """

    def __init__(self, page: Page, encoders: nn.ModuleDict) -> None:
        self.page, self.encoders = page, encoders
        self.views = build_views(page.views)
        self.specs: dict[str, FeatureSpec] = feature_specs(page, self.views, encoders)

    @torch.inference_mode()
    def __call__(self, feature: str, samples: Mapping[str, Tensor]) -> Features:
        """One feature of a batch of samples, its context computed along with it."""
        name, view = self.page.features[feature]
        context = self.page.encoders[name].context
        seen = None if context is None else self(context, samples)
        views = _with_sources(self.views, view)
        device = next(self.encoders[name].parameters()).device
        moved = {each: samples[each].to(device) for each in views if views[each].of is None}
        return self.encoders[name](finish_views(views, moved)[view], seen)


def cache_features(
    cases: Cases,
    page: Page,
    folder: Path,
    encoders: nn.ModuleDict,
    *,
    dtype: FeatureType = "float16",
    batch: int = 4,
    part: Part | None = None,
    shard_bytes: int,
    verify: bool = False,
    announce: Callable[[str], None] = lambda stage: None,
) -> Outcome:
    """Cache what a page's frozen encoders give for every case whose views are cached.

    Parameters
    ----------
    encoders : in evaluation mode, with their weights, on the device where they run.
    dtype : number type of the entries; float16 halves them and keeps three digits.
    batch : cases that an encoder sees at once; batches never reach over a shard, so that a feature does not depend on
        what was cached before.

    Raises
    ------
    BadInput : ``not-cached``, ``cache-incomplete``, ``stale-cache`` of the views.
    CTScribeError : ``cannot-write``; ``damaged-shard``; ``too-large-for-float16``.
    """
    folders = feature_folders(page, encoders, folder, dtype)
    keys, views, run = case_keys(cases), CachedViews(folder, page, cases), FrozenEncoders(page, encoders)
    rows = {case: at for at, case in enumerate(views.ids)}
    outcome, complete = Outcome(), []
    for feature, (path, recipe) in folders.items():
        size = entry_bytes(run.specs[feature], dtype)
        store = open_store(path.parent, f"features-{feature}", recipe, size, shard_bytes)
        for draft in _drafts(store, keys, part or Part(), verify=verify):
            announce(f"{feature}: shard {draft.number}")
            missing = [case for case in draft.missing if case in rows]
            for case in set(draft.missing) - rows.keys():
                draft.fail(case)
            for start in range(0, len(missing), batch):
                chosen = missing[start : start + batch]
                samples = _stacked([views[rows[case]] for case in chosen])
                for case, entry in zip(chosen, packed(run(feature, samples), dtype), strict=True):
                    draft.add(case, entry)
            kept = len(draft.keys) - len(draft.missing)
            outcome = outcome.plus(Outcome(len(missing), kept, draft.outdated))
            draft.write()
        complete.append(write_manifest(store, keys))
    return replace(outcome, complete=all(complete))


class CachedFeatures:
    """What a page's frozen encoders gave for every case.

    Parameters
    ----------
    folder, page, cases : as for ``CachedViews``.
    encoders : those that are to be spared; features of other weights are not found.
    dtype : the number type in which they were cached.

    Raises
    ------
    BadInput : ``not-cached``, ``cache-incomplete``, ``stale-cache``.
    """

    def __init__(
        self,
        folder: Path,
        page: Page,
        encoders: nn.ModuleDict,
        cases: Cases | None = None,
        *,
        dtype: FeatureType = "float16",
    ) -> None:
        self._entries = {
            name: Entries(path) for name, (path, _) in feature_folders(page, encoders, folder, dtype).items()
        }
        specs = feature_specs(page, build_views(page.views), encoders)
        self._grids = {name: specs[name].grid for name in self._entries}
        wanted = {} if cases is None else case_keys(cases)
        for entries in self._entries.values():
            check_current(entries.manifest.keys(), wanted, folder)

    def __getitem__(self, case: str) -> dict[str, dict[str, Tensor]]:
        """Feature → its tensors for a case, by name."""
        return {name: entries[case] for name, entries in self._entries.items()}

    def batch(self, cases: Sequence[Mapping[str, Mapping[str, Tensor]]]) -> dict[str, Features]:
        """Several cases, as ``ReportModel.encode`` gives them."""
        return {name: unpacked([case[name] for case in cases], grid) for name, grid in self._grids.items()}


def _drafts(store: Store, keys: Mapping[str, str], part: Part, *, verify: bool) -> Iterator[Draft]:
    ids = list(keys)
    for block in part.blocks(len(ids)):
        for start in range(block * BLOCK, min((block + 1) * BLOCK, len(ids)), store.cases):
            wanted = {case: keys[case] for case in ids[start : start + store.cases]}
            yield Draft(store, start // store.cases, wanted, verify=verify, together=True)


def _with_sources(views: Mapping[str, View], name: str) -> dict[str, View]:
    """A view after those that it is made from."""
    source = views[name].of
    return {**({} if source is None else _with_sources(views, source)), name: views[name]}


def _stacked(samples: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([sample[name] for sample in samples]) for name in samples[0]}
