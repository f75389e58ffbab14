"""A training step of BigGAN's generator block, 128 channels from 16x16 to 32x32, in plain PyTorch."""
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

from common import fill, measure, noise

BATCH, CHANNELS, SIZE, CONDITION = 32, 128, 16, 128 + 20


def convolution(kernel):
    return spectral_norm(nn.Conv2d(CHANNELS, CHANNELS, kernel, padding=kernel // 2))


class ConditionalBatchNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(CHANNELS, affine=False)
        self.gamma = spectral_norm(nn.Linear(CONDITION, CHANNELS, bias=False))
        self.beta = spectral_norm(nn.Linear(CONDITION, CHANNELS, bias=False))

    def forward(self, x, c):
        return self.norm(x) * (1 + self.gamma(c))[:, :, None, None] + self.beta(c)[:, :, None, None]


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = ConditionalBatchNorm(), ConditionalBatchNorm()
        self.conv1, self.conv2, self.shortcut = convolution(3), convolution(3), convolution(1)

    def forward(self, x, c):
        h = self.conv1(F.interpolate(F.relu(self.norm1(x, c)), scale_factor=2))
        return self.conv2(F.relu(self.norm2(h, c))) + self.shortcut(F.interpolate(x, scale_factor=2))


def build(bench):
    block = Block()
    fill(block)
    block = bench.layout(block)
    optimizer = bench.adam(block.parameters(), lr=1e-5, betas=(0.0, 0.999))
    batches = [bench.layout(noise((BATCH, CHANNELS, SIZE, SIZE), k)) for k in range(2)]
    conditions = [noise((BATCH, CONDITION), 2.5 + k) for k in range(2)]

    def train(k):
        bench.zero_grad(optimizer)
        loss = block(batches[k % 2], conditions[k % 2]).square().mean()
        loss.backward()
        optimizer.step()
        return loss

    return lambda k: train(k).item(), train


if __name__ == "__main__":
    measure(build)
