"""A training step of a PixelCNN: seven masked 7x7 convolutions of 64 channels, 28x28, 256 levels, in plain PyTorch."""
import torch
from torch import nn
from torch.nn import functional as F

from common import fill, measure, noise

BATCH, CHANNELS, SIZE, LEVELS = 16, 64, 28, 256


class MaskedConv2d(nn.Conv2d):
    def __init__(self, in_channels, sees_itself):
        super().__init__(in_channels, CHANNELS, 7, padding=3)
        mask = torch.zeros(1, 1, 7, 7)
        mask.view(-1)[:24 + sees_itself] = 1
        self.register_buffer("mask", mask)

    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=3)


def build(bench):
    layers = []
    for k in range(7):
        layers += [MaskedConv2d(CHANNELS if k else 1, k > 0), nn.BatchNorm2d(CHANNELS), nn.ReLU(inplace=True)]
    model = nn.Sequential(*layers, nn.Conv2d(CHANNELS, LEVELS, 1))
    fill(model)
    model = bench.layout(model)
    optimizer = bench.adam(model.parameters(), lr=1e-3)
    targets = [((noise((BATCH, SIZE, SIZE), k) + 1) * 127.5).round().long() for k in range(4)]
    batches = [t.unsqueeze(1).float() / 255 for t in targets]

    def train(k):
        bench.zero_grad(optimizer)
        loss = F.cross_entropy(model(batches[k % 4]), targets[k % 4])
        loss.backward()
        optimizer.step()
        return loss

    return lambda k: train(k).item(), train


if __name__ == "__main__":
    measure(build)
