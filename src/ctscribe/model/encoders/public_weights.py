"""Weights with other names than ours: finding the safetensors of a public name, and putting them into a network.

``weights.fill`` is the shorter way where the key names are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from huggingface_hub import snapshot_download
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ctscribe.errors import BadInput

_WANTED = ("*.safetensors", "*.safetensors.index.json", "config.json")


def weights_folder(source: str | Path, *, download: bool = False) -> Path:
    """The local folder of some weights: the one given, or the cached copy of a public name.

    Raises
    ------
    BadInput : there is neither and nothing may be downloaded, or the download failed.
    """
    if Path(source).is_dir():
        return Path(source)
    try:
        return Path(snapshot_download(str(source), allow_patterns=list(_WANTED), local_files_only=not download))
    except (OSError, ValueError) as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
        raise BadInput(
            f"the weights {str(source)!r} are not on this machine"
            + (f", nor to be fetched: {why}" if download else ""),
            hint="give a folder that holds them as safetensors" + ("" if download else ", or allow the download"),
            code="missing-weights",
        ) from None


def read_weights(source: str | Path, *, download: bool = False) -> dict[str, Tensor]:
    """Every tensor of a safetensors file, of all such files in a folder, or of a public name.

    Raises
    ------
    BadInput : nothing is there, or it is not safetensors. A pickle is never opened.
    """
    path = Path(source)
    files = [path] if path.is_file() else sorted(weights_folder(source, download=download).glob("*.safetensors"))
    if not files:
        raise BadInput(
            f"{source}: no safetensors file is there, and a pickle (.bin, .pt) is never opened",
            hint="convert it where you trust it, with save_file of safetensors.torch",
            code="missing-weights",
        )
    try:
        return {name: tensor for file in files for name, tensor in load_file(file).items()}
    except SafetensorError:
        raise BadInput(f"{source}: not a safetensors file", code="broken-weights") from None


def put_weights(network: nn.Module, weights: Mapping[str, Tensor], source: str | Path) -> None:
    """Copy renamed weights into a network; what the network does not have is left out.

    Raises
    ------
    BadInput : a weight is missing or has another shape.
    """
    own = network.state_dict()
    for name, tensor in own.items():
        given = tuple(weights[name].shape) if name in weights else "missing"
        if given != tuple(tensor.shape):
            raise BadInput(
                f"{source}: weights of another architecture, {name!r} is {given}, not {tuple(tensor.shape)}",
                code="wrong-weights",
            )
    network.load_state_dict({name: weights[name] for name in own})
