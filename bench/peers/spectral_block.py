"""A training step of a residual block with spectral normalisation, 128 channels at 32x32, in plain PyTorch."""
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

from common import fill, measure, noise

BATCH, CHANNELS, SIZE = 32, 128, 32


def convolution(kernel):
    return spectral_norm(nn.Conv2d(CHANNELS, CHANNELS, kernel, padding=kernel // 2))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.shortcut = convolution(3), convolution(3), convolution(1)

    def forward(self, x):
        y = self.second(F.relu(self.first(F.relu(x))))
        return F.avg_pool2d(y, 2) + F.avg_pool2d(self.shortcut(x), 2)


def build(bench):
    block = Block()
    fill(block)
    block = bench.layout(block)
    optimizer = bench.adam(block.parameters(), lr=1e-5, betas=(0.0, 0.999))
    batches = [bench.layout(noise((BATCH, CHANNELS, SIZE, SIZE), k)) for k in range(2)]

    def train(x):
        bench.zero_grad(optimizer)
        loss = F.relu(1 - block(x).mean(dim=(1, 2, 3))).mean()
        loss.backward()
        optimizer.step()
        return loss

    return lambda k: train(batches[k % 2]).item(), lambda k: train(batches[k % 2])


if __name__ == "__main__":
    measure(build)
