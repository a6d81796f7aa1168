"""How every benchmark here compares: all ways in one run, interleaved, medians, as ratios to ours."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def compare(ways: dict[str, Callable[[], object]], repeats: int = 5) -> dict[str, float]:
    """Median seconds of each way over interleaved repeats, one warm-up call of each first."""
    for way in ways.values():
        way()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def as_rows(task: str, medians: dict[str, float], ours: str = "ctscribe") -> list[dict[str, object]]:
    """One row a way: its seconds, and how many times longer it takes than ours."""
    return [
        {"task": task, "way": name, "seconds": round(taken, 4), "ratio_to_ours": round(taken / medians[ours], 2)}
        for name, taken in medians.items()
    ]


def save(name: str, command: str, rows: list[dict[str, object]], packages: tuple[str, ...] = ()) -> None:
    """Print the rows and write them with the machine, versions and commit they were measured with."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    result = {
        "command": command,
        "commit": commit.stdout.strip(),
        "machine": f"{os.cpu_count()} cores, {_processor()}, {platform.system()}",
        "versions": {package: version(package) for package in ("ctscribe", "numpy", *packages)},
        "rows": rows,
    }
    target = RESULTS / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for row in rows:
        print(
            "  ".join(f"{value:<12}" if isinstance(value, float | int) else f"{value!s:<34}" for value in row.values())
        )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
