"""Four images from a PixelCNN of residual blocks (van den Oord et al. 2016): the whole network once for every pixel."""
import torch
from torch import nn
from torch.nn import functional as F

from common import measure
from scattered import scatter

BATCH, SIZE, LAYERS, CHANNELS, HEAD = 4, 28, 7, 32, 64


class MaskedConv2d(nn.Conv2d):
    def __init__(self, in_channels, out_channels, size, sees_itself=True):
        super().__init__(in_channels, out_channels, size, padding=size // 2)
        mask = torch.zeros(1, 1, size, size)
        mask.view(-1)[:size * size // 2 + sees_itself] = 1
        self.register_buffer("mask", mask)

    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.reduce = MaskedConv2d(2 * CHANNELS, CHANNELS, 1)
        self.middle = MaskedConv2d(CHANNELS, CHANNELS, 3)
        self.expand = MaskedConv2d(CHANNELS, 2 * CHANNELS, 1)

    def forward(self, x):
        return x + self.expand(F.relu(self.middle(F.relu(self.reduce(F.relu(x))))))


def network():
    return nn.Sequential(
        MaskedConv2d(1, 2 * CHANNELS, 7, sees_itself=False), *(Block() for _ in range(LAYERS)), nn.ReLU(),
        MaskedConv2d(2 * CHANNELS, HEAD, 1), nn.ReLU(), MaskedConv2d(HEAD, 1, 1))


def fill(model):
    """As scattered.fill, of the kernels' rows that are seen: Figment keeps only those."""
    for k, p in enumerate(model.parameters()):
        seen = p[:, :, :p.shape[2] // 2 + 1] if p.dim() == 4 else p
        x = scatter(seen.shape, 0.3 + k) * 2 - 1
        seen.copy_(x * (3 / seen[0].numel()) ** 0.5 if p.dim() == 4 else 0.1 * x)


def sample(model, generator):
    x = torch.zeros(BATCH, 1, SIZE, SIZE)
    for i in range(SIZE):
        for j in range(SIZE):
            white = torch.sigmoid(model(x)[:, :, i, j])
            x[:, :, i, j] = (torch.rand(BATCH, 1, generator=generator) < white).float()
    return x


@torch.no_grad()
def build(bench):
    model = network()
    fill(model)
    model = bench.layout(model).eval()
    generator = torch.Generator().manual_seed(1)

    @torch.no_grad()
    def check(k):
        x = sample(model, torch.Generator().manual_seed(100 + k))
        return F.binary_cross_entropy_with_logits(model(x), x).item()

    @torch.no_grad()
    def step(k):
        return sample(model, generator)

    return check, step


if __name__ == "__main__":
    measure(build, checks=3)
