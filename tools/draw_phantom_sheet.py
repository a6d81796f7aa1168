"""A contact sheet of phantoms, one for every kind of finding: python tools/draw_phantom_sheet.py docs/phantom.png

Each cell shows one case at the slice where the finding is largest, in a lung and a soft-tissue window; a second sheet
with the finding outlined is written beside it (``phantom_marked.png``).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from PIL import Image

from ctscribe.data.phantom.case import PhantomCase, Recipe, make_case
from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding

LUNG, SOFT = (-600, 1500), (40, 400)  # centre and width
COLUMNS = 4
MOST_CASES = 2000


def examples(recipe: Recipe) -> Iterator[tuple[PhantomCase, PhantomFinding]]:
    """For every kind the first case that shows it and no earlier kind's case."""
    missing, shown = dict.fromkeys(FINDING_KINDS), set[int]()
    found: dict[str, tuple[PhantomCase, PhantomFinding]] = {}
    for index in range(MOST_CASES):
        if not missing:
            break
        phantom = make_case(recipe, "train", index)
        for finding in phantom.findings:
            if finding.kind in missing and index not in shown:
                found[finding.kind] = phantom, finding
                shown.add(index)
                del missing[finding.kind]
    return (found[kind] for kind in FINDING_KINDS)


def key_slice(phantom: PhantomCase, finding: PhantomFinding) -> int:
    """Where the finding is largest; the heart's widest slice for one without voxels of its own."""
    voxels = phantom.instances == finding.number if finding.number else phantom.labelmap.mask(*finding.structures)
    return int(voxels.sum(axis=(1, 2)).argmax())


def draw(axes: Axes, phantom: PhantomCase, finding: PhantomFinding, marked: bool) -> None:
    """Two windows side by side, and what is to be seen."""
    z = key_slice(phantom, finding)
    hu = phantom.volume.hu[z].astype(float)
    panes = [np.clip((hu - centre) / width + 0.5, 0, 1) for centre, width in (LUNG, SOFT)]
    axes.imshow(np.hstack(panes), cmap="gray", vmin=0, vmax=1, interpolation="bicubic")
    if marked and finding.number:
        mask = phantom.instances[z] == finding.number
        axes.contour(np.hstack([mask, mask]), levels=[0.5], colors="#ffb000", linewidths=0.7)
    size = f", {finding.diameter_mm:.0f} mm" if finding.diameter_mm else ""
    words = ", ".join(
        {"yes": f"with {name}", "no": f"no {name}"}.get(value, value) for name, value in finding.attributes.items()
    )
    axes.set_title(f"{finding.kind.replace('_', ' ')}{size}\n{words}", fontsize=7, color="white", pad=2)
    axes.axis("off")


def sheet(cells: list[tuple[PhantomCase, PhantomFinding]], path: Path, *, marked: bool) -> None:
    """Write one sheet."""
    rows = -(-len(cells) // COLUMNS)
    figure, grid = pyplot.subplots(rows, COLUMNS, figsize=(COLUMNS * 3.0, rows * 1.85), facecolor="black")
    for axes, cell in zip(grid.flat, cells, strict=False):
        draw(axes, *cell, marked)
    figure.subplots_adjust(0.005, 0.005, 0.995, 0.965, wspace=0.02, hspace=0.24)
    figure.savefig(path, dpi=130, facecolor="black")
    Image.open(path).convert("RGB").quantize(96).save(path, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--size", type=int, nargs=3, default=(96, 256, 256))
    options = parser.parse_args()
    mpl.use("agg")
    cells = list(examples(Recipe(seed=options.seed, size=tuple(options.size))))
    sheet(cells, options.picture, marked=False)
    sheet(cells, options.picture.with_stem(f"{options.picture.stem}_marked"), marked=True)


if __name__ == "__main__":
    main()
