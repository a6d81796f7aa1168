"""What a report costs on every page, against the same work done the straightforward way.

    python benchmarks/model.py [--device cuda] [PAGE …]

On the CPU every tiny page is measured; on a GPU of 80 GB every page at its real width, in bfloat16 with random weights.
Named pages are printed and not saved.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import prod

import torch
from claims.eight_scans import eight_scans
from comparison import as_rows, compare, save
from peak_memory import peak, risen
from report_ways import Bench, encode, precision, prepared, slice_encoder

from ctscribe.case import Case
from ctscribe.model.config import Page
from ctscribe.model.language import LanguageConfig, build_language
from ctscribe.systems import TWIN, page_names
from ctscribe.systems.pages import load_page

NEW_TOKENS = 32
HIGH_GRIDS = ((8, 8, 8), (8, 16, 16), (16, 16, 16))
"""HILT's high-resolution patches: 512, as in its paper, 2048 and 4096."""

SLICES = (32, 128, 512)


def page_rows(name: str, case: Case, device: str) -> list[dict[str, object]]:
    """Seeing, reading and writing."""
    bench = Bench(load_page(name), case, device)
    seen = medians({"ctscribe": bench.see, "straightforward": bench.see_straightforwardly}, device)
    prompt = bench.prompt()
    ways = {"ctscribe": bench.write, "straightforward": bench.write_straightforwardly}
    first, all_tokens = (
        medians({way: partial(write, prompt, tokens) for way, write in ways.items()}, device)
        for tokens in (1, 1 + NEW_TOKENS)
    )
    others = {way: all_tokens[way] - first[way] for way in ways}
    length = prompt.embeds.shape[1]
    return (
        with_rate(f"{name}: scan to streams", seen, 1, "scans/s")
        + with_rate(f"{name}: prefill, {length} tokens", first, length, "tokens/s")
        + with_rate(f"{name}: decode, {NEW_TOKENS} tokens", others, NEW_TOKENS, "tokens/s")
    )


def hilt_rows(name: str, case: Case, device: str) -> list[dict[str, object]]:
    """HILT's few tokens and all high-resolution tokens in the language model, as the resolution grows."""
    rows: list[dict[str, object]] = []
    patch = load_page(name).encoders["vit"].options["patch"]
    for grid in HIGH_GRIDS:
        size = [patches * voxels for patches, voxels in zip(grid, patch, strict=True)]
        few, every = (load_page(page, [f"views.high.size={size}"]) for page in (name, f"{name}:all-tokens"))
        long = Bench(every, case, device).prompt()
        bench = Bench(few, case, device)
        short = bench.prompt()
        seconds = medians(
            {
                "ctscribe": partial(bench.write, short, 1),
                "all tokens": partial(bench.write, long, 1),
                "all tokens, straightforward": partial(bench.write_straightforwardly, long, 1),
            },
            device,
        )
        lengths = dict(zip(seconds, (prompt.embeds.shape[1] for prompt in (short, long, long)), strict=True))
        peaks = {
            way: peak(language_peak, few.language, length, "straightforward" in way, device)
            for way, length in lengths.items()
        }
        task = f"{name}: prefill, {prod(grid)} patches"
        rows += as_rows(task, seconds) + in_megabytes(task, peaks)
    return rows


def slice_rows(name: str, device: str) -> list[dict[str, object]]:
    """The slice encoder in chunks and all at once, as slices become more."""
    rows: list[dict[str, object]] = []
    for count in SLICES:
        page = load_page(name, [f"views.slices.depth={count}"])
        encoder, slices = slice_encoder(page, device)
        chunks = {"ctscribe": encoder.chunk, "all at once": count}
        seconds = medians({way: partial(encode, encoder, slices, chunk) for way, chunk in chunks.items()}, device)
        peaks = {way: peak(slices_peak, page, chunk, device) for way, chunk in chunks.items()}
        task = f"{name}: {count} slices"
        rows += with_rate(task, seconds, count, "slices/s") + in_megabytes(task, peaks)
    return rows


def language_peak(config: LanguageConfig, length: int, straightforward: bool, device: str) -> float:
    """MB that a language model takes besides its weights to read a row."""
    with torch.device(device):
        language = prepared(build_language(config), device)
        row = torch.randn(1, length, language.config.hidden_size, dtype=precision(device))
    options = {"use_cache": False} if straightforward else {"use_cache": True, "logits_to_keep": 1}
    language.set_attn_implementation("eager" if straightforward else "sdpa")
    read = partial(language, **options)
    return risen(lambda: read(inputs_embeds=row[:, :8]), lambda: read(inputs_embeds=row), device)


def slices_peak(page: Page, chunk: int, device: str) -> float:
    """MB that a slice encoder takes besides its weights and the slices."""
    encoder, slices = slice_encoder(page, device)
    return risen(lambda: encode(encoder, slices[:, :2], chunk), lambda: encode(encoder, slices, chunk), device)


def medians(ways: Mapping[str, Callable[[], object]], device: str) -> dict[str, float]:
    """Median seconds of each way, to the end of what a GPU has to do for it."""

    def finished(way: Callable[[], object]) -> None:
        way()
        if device == "cuda":
            torch.cuda.synchronize()

    return compare({name: partial(finished, way) for name, way in ways.items()}, repeats=3)


def with_rate(task: str, seconds: dict[str, float], count: int, unit: str) -> list[dict[str, object]]:
    """A row a way, with how many things a second that is."""
    rates = [{unit: round(count / taken, 1)} for taken in seconds.values()]
    return [row | rate for row, rate in zip(as_rows(task, seconds), rates, strict=True)]


def in_megabytes(task: str, peaks: dict[str, float]) -> list[dict[str, object]]:
    """A row a way: its peak memory, and how many times more it is than ours."""
    return [
        {"task": task, "way": way, "MB": round(taken, 1), "ratio_to_ours": round(taken / peaks["ctscribe"], 2)}
        for way, taken in peaks.items()
    ]


@torch.inference_mode()
def measure(names: Sequence[str], device: str) -> list[dict[str, object]]:
    """All rows of these pages."""
    case, _ = eight_scans()[0]
    rows: list[dict[str, object]] = []
    for name in names:
        rows += page_rows(name, case, device)
        if name.removesuffix(TWIN) == "hilt":
            rows += hilt_rows(name, case, device)
        if name.removesuffix(TWIN) == "medregion":
            rows += slice_rows(name, device)
    return rows


def main() -> None:
    """Measure the named pages, or all, and save a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    given = parser.parse_args()
    torch.manual_seed(0)
    # The smallest probabilities of attention are denormal numbers, with which a CPU is many times slower.
    torch.set_flush_denormal(True)
    names = given.pages or [name for name in page_names() if name.endswith(TWIN) == (given.device == "cpu")]
    rows = measure(names, given.device)
    packages = ("torch", "transformers", "peft")
    if given.pages:
        print(*map(json.dumps, rows), sep="\n")
    elif given.device == "cpu":
        save("model", "python benchmarks/model.py", rows, packages)
    else:
        named = [row | {"device": torch.cuda.get_device_name()} for row in rows]
        save("model_cuda", "python benchmarks/model.py --device cuda", named, packages)


if __name__ == "__main__":
    main()
