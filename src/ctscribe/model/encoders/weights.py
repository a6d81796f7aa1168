"""Weights whose key names are ours: a public checkpoint as it was published, rewritten as safetensors."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from ctscribe.errors import BadInput
from ctscribe.model.encoders.public_weights import put_weights

_PICKLES = {".pt", ".pth", ".ckpt", ".bin"}


def fill(part: nn.Module, source: str | Path, prefixes: Collection[str] = ("",)) -> None:
    """Copy a checkpoint into a part whose state has the same key names; nothing else of the file is read.

    Parameters
    ----------
    source : a safetensors file.
    prefixes : what may stand before every key in the file; the first that occurs there is taken.

    Raises
    ------
    BadInput : the file is missing, is not safetensors, or belongs to another architecture.
    """
    put_weights(part, _read(Path(source), part.state_dict().keys(), prefixes), source)


def holds(source: str | Path, key: str) -> bool:
    """Whether a safetensors file has a tensor of this name; errors as for ``fill``."""
    return bool(_read(Path(source), (key,), ("",)))


def _read(path: Path, keys: Collection[str], prefixes: Collection[str]) -> dict[str, Tensor]:
    """Those of the named tensors that the file holds, under their names without the prefix."""
    if path.suffix in _PICKLES:
        raise BadInput(
            f"{path} is a pickle, which can run code when it is loaded; only safetensors are",
            hint="convert it where you trust it: save_file({k: v.clone() for k, v in "
            "torch.load(file, weights_only=True).items()}, 'weights.safetensors') with safetensors.torch",
            code="pickled-weights",
        )
    if not path.is_file():
        raise BadInput(f"there are no weights at {path}", hint="give a safetensors file", code="missing-weights")
    try:
        with safe_open(path, framework="pt") as file:
            names = set(file.keys())
            prefix = next((p for p in prefixes if any(p + key in names for key in keys)), "")
            return {key: file.get_tensor(prefix + key) for key in keys if prefix + key in names}
    except SafetensorError:
        raise BadInput(f"{path} is not a safetensors file", code="broken-weights") from None
