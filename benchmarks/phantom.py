"""How long phantoms take to make, and the ladder of baselines on each level, through true and degraded label maps.

    python benchmarks/phantom.py [--count N] [--processes P]

For every level N cases (64×128×128, split 8:1:1) are made in a temporary folder; a rung's figures are on the test
cases. The region histograms' network is fitted anew for every kind of label map.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from comparison import save

from ctscribe.data.index import read_index
from ctscribe.data.phantom.case import Recipe
from ctscribe.data.phantom.generation import Order, make_phantoms
from ctscribe.data.phantom.ladder import climb
from ctscribe.data.phantom.level import LEVELS
from ctscribe.data.phantom.ordering import shared_out

MAPS = ("", "holes", "shifted", "atlas")
SEED = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for level in LEVELS:
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            order = Order(shared_out(options.count, "8,1,1"), Recipe(SEED, level))
            index = read_index(make_phantoms(order, Path(folder), processes=options.processes))
            seconds = time.perf_counter() - started
            print(f"{level}: {options.count} cases in {seconds:.0f} s", flush=True)
            rows.append({"level": level, "cases": options.count, "processes": options.processes, "seconds": seconds})
            for masks in MAPS:
                for rung in climb(index, masks=masks, seed=SEED)[0 if not masks else -1 :]:
                    rows.append({"level": level, "masks": masks or "true", **asdict(rung)})
                    print(f"  {masks or 'true':8} {rung.name:34} macro-F1 {rung.macro_f1:.2f}", flush=True)
    save("phantom", "python benchmarks/phantom.py", rows, ("numpy", "scipy", "numba", "torch"))


if __name__ == "__main__":
    main()
