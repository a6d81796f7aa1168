"""ResNet-152 inflated to three dimensions, the CT backbone of Merlin and Astra.

Inflation (I3D, Carreira and Zisserman 2017) gives the 3×3 and the first 7×7 kernels a depth of 3 along z; the layout
and key names are those of Merlin's public weights, so that they fit.
"""

from __future__ import annotations

from pathlib import Path

from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import conv3d, relu

from ctscribe.errors import BadInput
from ctscribe.model.encoders.encoder import ENCODERS, Encoder
from ctscribe.model.encoders.weights import fill
from ctscribe.model.features import Features, FeatureSpec, Grid, ViewShape

EXPANSION = 4
"""Channels leaving a bottleneck per channel inside it [ResNet]."""

PREFIXES = ("", "encode_image.i3_resnet.", "visual_encoder.model.encode_image.i3_resnet.")
"""Before the keys of a bare backbone, of Merlin's checkpoint, of Astra's."""


class Bottleneck(nn.Module):
    """1×1×1, 3×3×3 and 1×1×1 convolutions added to their input, which is projected where sizes change."""

    def __init__(self, channels: int, width: int, *, stride: int, project: bool) -> None:
        super().__init__()
        out = EXPANSION * width
        self.conv1 = nn.Conv3d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm3d(width)
        self.conv2 = nn.Conv3d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm3d(width)
        self.conv3 = nn.Conv3d(width, out, 1, bias=False)
        self.bn3 = nn.BatchNorm3d(out)
        self.downsample = (
            nn.Sequential(nn.Conv3d(channels, out, 1, stride=stride, bias=False), nn.BatchNorm3d(out))
            if project
            else nn.Identity()
        )

    def forward(self, x: Float[Tensor, "batch channels z h w"]) -> Float[Tensor, "batch out z2 h2 w2"]:
        """Widen and, with a stride, halve the map."""
        inner = relu(self.bn1(self.conv1(x)))
        inner = relu(self.bn2(self.conv2(inner)))
        return relu(self.bn3(self.conv3(inner)) + self.downsample(x))


@ENCODERS.register("i3resnet")
class I3ResNet(Encoder):
    """The inflated ResNet: tokens are the cells of its last map, their mean is the embedding.

    Astra takes 160 × 224 × 224 voxels with HU −1000…200 scaled to 0…1, Merlin the same size with HU −1000…1000; the
    map is then 10 × 7 × 7 cells of 2048 channels. Both were trained on arrays (z, x, y) toward Superior, Right and
    Anterior; the view is turned on the way in and the map on the way out.

    Parameters
    ----------
    shape : (1, D, H, W), axes (z, y, x) toward Superior, Posterior, Left.
    layers : bottlenecks at each of the four resolutions; (3, 8, 36, 3) is ResNet-152.
    width : channels of the first convolution, 64 in ResNet.

    Raises
    ------
    BadInput : the view is not a volume.
    """

    last_layer = "layer4"
    """Name of the layer that a classifier tunes."""

    def __init__(
        self,
        shape: ViewShape,
        context: FeatureSpec | None,
        *,
        layers: tuple[int, int, int, int] = (3, 8, 36, 3),
        width: int = 64,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(3, width, (3, 7, 7), stride=(1, 2, 2), padding=(1, 3, 3), bias=False)
        self.bn1 = nn.BatchNorm3d(width)
        self.maxpool = nn.MaxPool3d(3, stride=2, padding=1)
        self.layer1 = _layer(width, width, layers[0], stride=1)
        self.layer2 = _layer(EXPANSION * width, 2 * width, layers[1], stride=2)
        self.layer3 = _layer(EXPANSION * 2 * width, 4 * width, layers[2], stride=2)
        self.layer4 = _layer(EXPANSION * 4 * width, 8 * width, layers[3], stride=2)
        self.channels = EXPANSION * 8 * width
        self.spec(shape)

    def spec(self, shape: ViewShape) -> FeatureSpec:
        """Cells of 16 × 32 × 32 voxels, the last ones cut, and their mean."""
        if len(shape) != 4 or shape[0] != 1:
            raise BadInput(f"an I3ResNet needs a volume [1, D, H, W], not {list(shape)}", code="view-shape")
        depth, height, width = shape[1:]
        grid: Grid = (-(-depth // 16), -(-height // 32), -(-width // 32))
        return FeatureSpec(self.channels, grid, slots=1)

    def forward(self, view: Float[Tensor, "batch 1 z y x"], context: Features | None = None) -> Features:
        """Encode volumes with intensities in [0, 1]."""
        turned = rearrange(view.flip(-1, -2), "b 1 z y x -> b 1 z x y")
        # the backbone takes three equal channels: one convolution with the kernels summed over them
        kernels = self.conv1.weight.sum(dim=1, keepdim=True)
        x = conv3d(turned, kernels, stride=self.conv1.stride, padding=self.conv1.padding)
        x = self.maxpool(relu(self.bn1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        cells = rearrange(x, "b c z x y -> b z y x c").flip(2, 3)
        _, depth, height, width, _ = cells.shape
        tokens = cells.flatten(1, 3)
        return Features(grid=(depth, height, width), tokens=tokens, pooled=tokens.mean(dim=1, keepdim=True))

    def load_weights(self, source: str | Path, *, download: bool = False) -> None:
        """Take a backbone's weights, safetensors with Merlin's or Astra's key names; their other parts are not read."""
        fill(self, source, PREFIXES)


def _layer(channels: int, width: int, count: int, *, stride: int) -> nn.Sequential:
    """Bottlenecks of one resolution; the first projects and, with a stride, halves the map."""
    first = Bottleneck(channels, width, stride=stride, project=True)
    rest = (Bottleneck(EXPANSION * width, width, stride=1, project=False) for _ in range(count - 1))
    return nn.Sequential(first, *rest)
