"""An epoch of prepared scans, from our cache and as people prepare them with MONAI: python benchmarks/data.py

Every way gives the float32 volume that the encoder takes, one scan at a time in one process, files in the system's
page cache. MONAI's transforms are those a user would write for the same view; that both give the same picture is
checked first. ``as read`` is what a training loop gets from our cache: int16, finished on the GPU.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from comparison import as_rows, compare, save
from monai.data.dataset import Dataset, PersistentDataset
from monai.transforms.compose import Compose
from monai.transforms.croppad.dictionary import ResizeWithPadOrCropd
from monai.transforms.intensity.dictionary import ScaleIntensityRanged
from monai.transforms.io.dictionary import LoadImaged
from monai.transforms.spatial.dictionary import Orientationd, Spacingd
from monai.transforms.utility.dictionary import EnsureChannelFirstd
from volumes import large_volume, write_nifti

from ctscribe.ct.volume import CTVolume
from ctscribe.data.cache import CachedViews, cache_views
from ctscribe.data.index import Index, read_index, write_index
from ctscribe.data.record import CaseRecord
from ctscribe.model.config import Page
from ctscribe.model.views import build_views, finish_views, sample_views
from ctscribe.systems.pages import load_page

SYSTEMS = {"CT-CLIP's input": ("rad3d-prefix-v2", "volume"), "HILT's input": ("hilt", "high")}
EPOCHS = 10
"""Over which memory is watched."""


def write_cases(root: Path, count: int) -> Index:
    """The sample at 300×512×512, cut differently for every case, as .nii.gz with an index."""
    whole = large_volume()
    records = []
    for number in range(count):
        low = 2 * number
        cut = CTVolume(np.ascontiguousarray(whole.hu[low:, low:, low:]), _moved(whole, low))
        write_nifti(cut, root / f"{number}.nii.gz")
        records.append(CaseRecord(f"case {number}", f"patient {number}", "train", f"{number}.nii.gz"))
    write_index(records, root / "index.parquet", source="the packaged sample", root=root)
    return read_index(root / "index.parquet")


def monai_transforms(page: Page, view: str) -> Compose:
    """What a user writes for a view that resamples to a spacing."""
    options = page.views[view]
    (low, high), (start, end) = options["clip"], options["scale"]
    return Compose(
        [
            LoadImaged("image"),
            EnsureChannelFirstd("image"),
            Orientationd("image", axcodes="LPS", labels=None),
            Spacingd("image", pixdim=options["spacing"][::-1], mode="bilinear"),
            ScaleIntensityRanged("image", a_min=low, a_max=high, b_min=start, b_max=end, clip=True),
            ResizeWithPadOrCropd("image", spatial_size=options["size"][::-1], constant_values=start),
        ]
    )


def rows_of(task: str, page: Page, view: str, index: Index, folder: Path, repeats: int) -> list[dict[str, object]]:
    """Samples a second of every way, our memory, and how far the pictures differ."""
    files = [{"image": str(index.path_of(record))} for record in index.records]
    transforms = monai_transforms(page, view)
    plain, persistent = Dataset(files, transforms), PersistentDataset(files, transforms, folder / "persistent")
    cache_views(index, page, folder / "cache")
    cached = CachedViews(folder / "cache", page, index)
    ways: dict[str, Callable[[int], torch.Tensor]] = {
        "ctscribe": lambda at: finished(page, view, cached[at]),
        "ctscribe, as read": lambda at: cached[at][view],
        "ctscribe on the fly": lambda at: finished(page, view, sample_views(build_views(page.views), index.case(at))),
        "MONAI PersistentDataset": lambda at: as_ours(persistent[at]["image"]),
        "MONAI on the fly": lambda at: as_ours(plain[at]["image"]),
    }
    difference = check_same(ways, page, view)
    medians = compare({name: partial(epoch, way, len(files)) for name, way in ways.items()}, repeats)
    rows = as_rows(task, medians)
    for row in rows:
        row["samples_per_second"] = round(len(files) / medians[str(row["way"])], 2)
    start, peak = memory_over_epochs(ways["ctscribe"], len(files))
    return [
        *rows,
        {"task": task, "way": "mean difference from MONAI's, HU", "hu": round(difference, 2)},
        {"task": task, "way": f"MB, epoch 1 and highest of {EPOCHS}", "first": round(start), "highest": round(peak)},
    ]


def finished(page: Page, view: str, samples: dict[str, torch.Tensor]) -> torch.Tensor:
    """The view as the encoder takes it, (1, z, y, x)."""
    views = {view: build_views(page.views)[view]}
    return finish_views(views, {view: samples[view][None]})[view][0]


def as_ours(image: torch.Tensor) -> torch.Tensor:
    """MONAI's (1, x, y, z) as (1, z, y, x)."""
    return image.permute(0, 3, 2, 1)


def epoch(way: Callable[[int], torch.Tensor], count: int) -> None:
    """Every case once."""
    for at in range(count):
        way(at)


def check_same(ways: dict[str, Callable[[int], torch.Tensor]], page: Page, view: str) -> float:
    """Mean absolute difference of the first case in HU; the ways that must agree to the bit do."""
    (low, high), (start, end) = page.views[view]["clip"], page.views[view]["scale"]
    ours, theirs = ways["ctscribe"](0), ways["MONAI on the fly"](0)
    assert torch.equal(ours, ways["ctscribe on the fly"](0))
    assert torch.equal(torch.as_tensor(theirs), torch.as_tensor(ways["MONAI PersistentDataset"](0)))
    assert ours.shape == theirs.shape
    alike = np.corrcoef(ours.flatten()[::97], theirs.flatten()[::97])[0, 1]
    assert alike > 0.98, f"the pictures differ: correlation {alike:.3f}"
    return float((ours - theirs).abs().mean()) / (end - start) * (high - low)


def memory_over_epochs(way: Callable[[int], torch.Tensor], count: int) -> tuple[float, float]:
    """Highest resident MB of the first epoch, and of all."""
    seen = [max(resident_mb(way, count)) for _ in range(EPOCHS)]
    return seen[0], max(seen)


def resident_mb(way: Callable[[int], torch.Tensor], count: int) -> Iterator[float]:
    """MB of this process while each case is held."""
    for at in range(count):
        held = way(at)
        status = Path("/proc/self/status").read_text(encoding="ascii")
        yield int(status.partition("VmRSS:")[2].split()[0]) / 1024
        del held


def _moved(volume: CTVolume, voxels: int) -> np.ndarray:
    affine = volume.affine.copy()
    affine[:3, 3] = volume.position((voxels, voxels, voxels))
    return affine


def main() -> None:
    """Write the cases, then measure every system's view."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=2)
    given = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        index = write_cases(Path(name), given.cases)
        for task, (system, view) in SYSTEMS.items():
            folder = Path(name) / system
            folder.mkdir()
            rows += rows_of(task, load_page(system), view, index, folder, given.repeats)
    save("data", "python benchmarks/data.py", rows, ("monai", "torch", "safetensors"))


if __name__ == "__main__":
    main()
