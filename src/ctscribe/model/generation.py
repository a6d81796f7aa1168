"""A report from a prompt of embeddings, with how sure the language model was of every token and sentence."""

from __future__ import annotations

from jaxtyping import Bool, Float
from peft import PeftModel
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ctscribe.model.decoding import Decoding, Limits, PromptRows, room
from ctscribe.model.features import Tokens
from ctscribe.model.generated import Generated, OnText, Sentence, TextStreams
from ctscribe.model.writing import write

__all__ = ["Decoding", "Generated", "Sentence", "generate"]


def generate(
    model: PreTrainedModel | PeftModel,
    embeds: Float[Tensor, "batch length width"],
    attention: Bool[Tensor, "batch length"],
    tokenizer: PreTrainedTokenizerBase,
    decoding: Decoding,
    *,
    memory: Tokens | None = None,
    on_text: OnText | None = None,
) -> list[Generated]:
    """Write one report a case.

    Parameters
    ----------
    embeds : prompts in the width of the language model's token embeddings, padded on either side.
    attention : where there is a prompt.
    memory : the stream that a cross-attending decoder sees.
    on_text : called with (case, piece of text) as text is written; the pieces add up to ``Generated.text``. Beam search
        knows its text only at the end.

    Returns
    -------
    list[Generated] : a case's text does not depend on the others in the batch, nor on ``decoding.use_cache``.

    Raises
    ------
    BadInput : the prompt fills the language model's context.
    """
    prompt = PromptRows.left_padded(embeds, attention, memory)
    new_tokens = min(decoding.max_new_tokens, room(model, embeds.shape[1]))
    limits = Limits.of(new_tokens, tokenizer)
    with TextStreams(len(embeds), tokenizer, on_text) as streams:
        written = write(model, prompt, decoding, limits, on_token=streams.put)
    return [Generated.of(case.ids, case.probabilities, tokenizer) for case in written]
