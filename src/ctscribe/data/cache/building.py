"""Caching a data set: every case is read once, and what the views of a page take from it is kept.

Processes take blocks of neighbouring cases; what they write depends on the cases alone. Killed at any moment, the same
call goes on with what is not finished.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ctscribe.data.cache.blocks import LESIONS, Job, cache_block
from ctscribe.data.cache.keys import SAMPLES_VERSION, Cases, Recipe, case_keys, sampling_recipes
from ctscribe.data.cache.manifest import write_manifest
from ctscribe.data.cache.outcome import Outcome, Part
from ctscribe.data.cache.shards import read_contents
from ctscribe.data.cache.store import BLOCK, Store, open_store, sample_bytes, store_folder
from ctscribe.data.cache.workers import over_blocks
from ctscribe.errors import BadInput, CTScribeError
from ctscribe.files import check_output_folder
from ctscribe.model.config import Page
from ctscribe.model.views import build_views

SHARD_BYTES = 64_000_000
"""Few files for a cluster; and a kill loses little, and a process that writes needs little memory."""

LESION_RECIPE: Recipe = {"samples": SAMPLES_VERSION, "lesions": "sentences"}

LESION_BYTES = 4096
"""A page of sentences."""


def cache_views(
    cases: Cases,
    page: Page,
    folder: Path,
    *,
    processes: int = 1,
    part: Part | None = None,
    shard_bytes: int = SHARD_BYTES,
    verify: bool = False,
    announce: Callable[[str], None] = lambda stage: None,
) -> Outcome:
    """Cache what a page's views take from every case, and the sentences on its lesions.

    Parameters
    ----------
    cases : an index, or any data set with ``records`` and ``case(i)``; it is sent to the processes.
    folder : the cache; several systems may share it, and views that they sample alike are kept once.
    part : the share of this run, where several machines cache one index into one folder.
    shard_bytes : size of a shard, unless one case needs more; a store that is there keeps its own.
    verify : read what is there, and make what is damaged again.

    Raises
    ------
    BadInput : the page does not hold together; ``no-cases``; ``another-index``.
    CTScribeError : ``cannot-write``, such as a full disk; ``process-ended``.
    """
    check_output_folder(folder)
    keys = case_keys(cases)
    stores = _stores(page, folder, shard_bytes)
    for store in stores.values():
        check_same_index(store, keys)
    job = Job(cases, page.views, keys, stores, verify)
    blocks = (part or Part()).blocks(len(keys))
    outcome = Outcome()
    for done, block in enumerate(over_blocks(cache_block, job, blocks, processes), start=1):
        outcome = outcome.plus(block)
        announce(f"cached {done} of {len(blocks)} blocks of {BLOCK} cases")
    complete = [write_manifest(store, keys) for store in stores.values()]
    return replace(outcome, complete=all(complete))


def view_folders(page: Page, folder: Path) -> dict[str, Path]:
    """View → the folder of its store; and ``LESIONS`` → theirs."""
    recipes = sampling_recipes(page.views)
    stores = {name: store_folder(folder, recipe["view"], recipe) for name, recipe in recipes.items()}
    return {**stores, LESIONS: store_folder(folder, LESIONS, LESION_RECIPE)}


def check_same_index(store: Store, keys: dict[str, str]) -> None:
    """Refuse to write over the cache of another data set: its first shard knows none of these cases."""
    try:
        there = read_contents(store.shard(0)).keys
    except CTScribeError:
        return
    if there and not keys.keys() & there.keys():
        raise BadInput(
            f"{store.folder.parent} is the cache of another index: none of its cases is in this one",
            hint="give another folder with -o",
            code="another-index",
        )


def _stores(page: Page, folder: Path, shard_bytes: int) -> dict[str, Store]:
    """View → store, the first alone of views that sample alike; and the store of ``LESIONS``."""
    views, recipes, stores = build_views(page.views), sampling_recipes(page.views), {}
    for name, recipe in recipes.items():
        if recipe not in [store.recipe for store in stores.values()]:
            stores[name] = open_store(folder, recipe["view"], recipe, sample_bytes(views[name]), shard_bytes)
    return {**stores, LESIONS: open_store(folder, LESIONS, LESION_RECIPE, LESION_BYTES, shard_bytes)}
