"""The shapes of public networks by name, so that a system can be built, counted and compared without its weights."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub.errors import StrictDataclassError
from transformers import CONFIG_MAPPING, AutoConfig, PretrainedConfig

from ctscribe.errors import BadInput
from ctscribe.registry import nearest_hint


def architecture(name_or_folder: str) -> PretrainedConfig:
    """The configuration of a public network, or of the one in a local folder; never asks the network.

    Parameters
    ----------
    name_or_folder : a name of ``architectures.yaml``, such as ``google/medsiglip-448``, or a folder with the
        ``config.json`` that transformers writes.

    Raises
    ------
    BadInput : neither; or the folder's configuration is not one that transformers has.
    """
    values = _table().get(name_or_folder)
    if values is None:
        values = _local(name_or_folder)
    kind = str(values.get("model_type"))
    if kind not in CONFIG_MAPPING:
        raise BadInput(f"{name_or_folder}: transformers has no {kind!r}", code="unknown-architecture")
    options = {key: deepcopy(value) for key, value in values.items() if key != "model_type"}
    try:
        return AutoConfig.for_model(kind, **options)
    except (StrictDataclassError, ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise BadInput(f"{name_or_folder}: not a {kind}: {reason}", code="unknown-architecture") from None


def architecture_names() -> tuple[str, ...]:
    """Every name that needs no folder, sorted."""
    return tuple(sorted(_table()))


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = files("ctscribe.model").joinpath("architectures.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def _local(folder: str) -> dict[str, Any]:
    path = Path(folder) / "config.json"
    if not path.is_file():
        nearest = nearest_hint(folder, architecture_names())
        raise BadInput(
            f"there is no architecture {folder!r}",
            hint=f"give a known name, or a folder that holds its config.json; {nearest}",
            code="unknown-architecture",
        )
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise BadInput(f"{path}: not a configuration in JSON", code="unknown-architecture") from None
