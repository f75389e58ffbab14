"""A training step of CycleGAN's generator for 64x64 pictures (six residual blocks), in plain PyTorch."""
from torch import nn
from torch.nn import functional as F

from common import fill, measure, noise

BATCH, SIZE = 4, 64


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"), nn.InstanceNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"), nn.InstanceNorm2d(channels))

    def forward(self, x):
        return x + self.body(x)


def generator():
    return nn.Sequential(
        nn.Conv2d(3, 64, 7, padding=3, padding_mode="reflect"), nn.InstanceNorm2d(64), nn.ReLU(inplace=True),
        nn.Conv2d(64, 128, 3, stride=2, padding=1), nn.InstanceNorm2d(128), nn.ReLU(inplace=True),
        nn.Conv2d(128, 256, 3, stride=2, padding=1), nn.InstanceNorm2d(256), nn.ReLU(inplace=True),
        nn.Sequential(*[ResidualBlock(256) for _ in range(6)]),
        nn.ConvTranspose2d(256, 128, 3, stride=2, padding=1, output_padding=1), nn.InstanceNorm2d(128),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(128, 64, 3, stride=2, padding=1, output_padding=1), nn.InstanceNorm2d(64),
        nn.ReLU(inplace=True),
        nn.Conv2d(64, 3, 7, padding=3, padding_mode="reflect"), nn.Tanh())


def build(bench):
    model = generator()
    fill(model)
    model = bench.layout(model)
    optimizer = bench.adam(model.parameters(), lr=2e-4, betas=(0.5, 0.999))
    inputs = [bench.layout(noise((BATCH, 3, SIZE, SIZE), k)) for k in range(2)]
    targets = [bench.layout(noise((BATCH, 3, SIZE, SIZE), 1.5 + k)) for k in range(2)]

    def train(k):
        bench.zero_grad(optimizer)
        loss = F.l1_loss(model(inputs[k % 2]), targets[k % 2])
        loss.backward()
        optimizer.step()
        return loss

    return lambda k: train(k).item(), train


if __name__ == "__main__":
    measure(build)
