"""The model card: what a saved model is, written from its page alone."""

from __future__ import annotations

from ctscribe import __version__
from ctscribe.model.config import Page, StageConfig

_CARD = """---
library_name: ctscribe
pipeline_tag: image-to-text
tags: [chest-ct, radiology-report]
---
# {title}

{about}

**Research use only. Not a medical device. Not for clinical use.** Every sentence that this model writes is a model
opinion until it has been checked against the scan.

- System: `{name}`, after {paper}
- Written by: ctscribe {version}
- Language model: {language}
- Encoders: {encoders}
- Streams: {streams}

## What was trained

{stages}

## Use

```python
from ctscribe.model.report_model import ReportModel

model = ReportModel.from_pretrained("this folder")
```

## Limits

What it was trained and measured on is not part of the page, and so not of this card: without a training record beside
it, take it for untrained.
"""


def model_card(page: Page) -> str:
    """The README of a saved model, in Markdown."""
    return _CARD.format(
        title=page.title,
        about=page.about or page.title,
        name=page.name,
        paper=page.paper,
        version=__version__,
        language=f"{page.language.model}, {page.language.tuning}",
        encoders="; ".join(f"{name} ({encoder.type})" for name, encoder in page.encoders.items()),
        streams="; ".join(
            f"{name} ({stream.projector.type} over {', '.join(stream.sources)})"
            for name, stream in page.streams.items()
        ),
        stages="\n".join(map(_stage, page.stages)),
    )


def _stage(stage: StageConfig) -> str:
    return (
        f"- {stage.name} ({stage.objective}): {', '.join(stage.train)}; {stage.epochs:g} epochs, "
        f"{stage.optimizer}, learning rate {stage.learning_rate:g}, batch {stage.batch}"
    )
