"""From views to features. Importing this package registers every encoder under its name in a page."""

from ctscribe.model.encoders import classifier, crops, ctvit, i3resnet, slice_vit, vit2e3, vit3d
from ctscribe.model.encoders.encoder import ENCODERS, Encoder

__all__ = ["ENCODERS", "Encoder", "classifier", "crops", "ctvit", "i3resnet", "slice_vit", "vit2e3", "vit3d"]
