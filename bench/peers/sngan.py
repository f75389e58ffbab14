"""One step of the discriminator and one of the generator of a spectrally normalised GAN for 32x32 colour pictures of ten
classes, with 64 channels, in plain PyTorch."""
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

from common import fill, measure, noise

BATCH, LATENT, CLASSES, CHANNELS = 64, 128, 10, 64


class ConditionalBatchNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(CHANNELS, affine=False)
        self.gamma, self.beta = nn.Linear(CLASSES, CHANNELS, bias=False), nn.Linear(CLASSES, CHANNELS, bias=False)

    def forward(self, x, c):
        return self.norm(x) * (1 + self.gamma(c))[:, :, None, None] + self.beta(c)[:, :, None, None]


class GeneratorBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = ConditionalBatchNorm(), ConditionalBatchNorm()
        self.conv1 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
        self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
        self.shortcut = nn.Conv2d(CHANNELS, CHANNELS, 1)

    def forward(self, x, c):
        h = self.conv1(F.interpolate(F.relu(self.norm1(x, c)), scale_factor=2))
        return self.conv2(F.relu(self.norm2(h, c))) + self.shortcut(F.interpolate(x, scale_factor=2))


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(LATENT, CHANNELS * 16)
        self.blocks = nn.ModuleList(GeneratorBlock() for _ in range(3))
        self.norm = nn.BatchNorm2d(CHANNELS)
        self.to_pixels = nn.Conv2d(CHANNELS, 3, 3, padding=1)

    def forward(self, z, y, bench):
        h = bench.layout(self.dense(z).view(-1, CHANNELS, 4, 4))
        c = F.one_hot(y, CLASSES).to(h.dtype)
        for block in self.blocks:
            h = block(h, c)
        return self.to_pixels(F.relu(self.norm(h))).tanh()


class DiscriminatorBlock(nn.Module):
    def __init__(self, inputs, first=False, halves=True):
        super().__init__()
        self.conv1 = spectral_norm(nn.Conv2d(inputs, CHANNELS, 3, padding=1))
        self.conv2 = spectral_norm(nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1))
        self.shortcut = spectral_norm(nn.Conv2d(inputs, CHANNELS, 1)) if halves else None
        self.first, self.halves = first, halves

    def forward(self, x):
        h = self.conv2(F.relu(self.conv1(x if self.first else F.relu(x))))
        if not self.halves:
            return h + x
        return F.avg_pool2d(h, 2) + F.avg_pool2d(self.shortcut(x), 2)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(
            DiscriminatorBlock(3, first=True), DiscriminatorBlock(CHANNELS),
            DiscriminatorBlock(CHANNELS, halves=False), DiscriminatorBlock(CHANNELS, halves=False))
        self.score = spectral_norm(nn.Linear(CHANNELS, 1))
        self.of_class = spectral_norm(nn.Embedding(CLASSES, CHANNELS))

    def forward(self, x, y):
        phi = F.relu(self.blocks(x)).sum(dim=(2, 3))
        return self.score(phi).squeeze(1) + (self.of_class(y) * phi).sum(dim=1)


def build(bench):
    net_g, net_d = Generator(), Discriminator()
    fill(net_g)
    fill(net_d)
    net_g, net_d = bench.layout(net_g), bench.layout(net_d)
    adam_g = bench.adam(net_g.parameters(), lr=2e-4, betas=(0.0, 0.9))
    adam_d = bench.adam(net_d.parameters(), lr=2e-4, betas=(0.0, 0.9))
    batches = [bench.layout(noise((BATCH, 3, 32, 32), k)) for k in range(4)]
    labels = torch.arange(BATCH) % CLASSES

    def train(real, z):
        bench.zero_grad(adam_d)
        fake = net_g(z, labels, bench)
        loss_d = F.relu(1 - net_d(real, labels)).mean() + F.relu(1 + net_d(fake.detach(), labels)).mean()
        loss_d.backward()
        adam_d.step()
        bench.zero_grad(adam_g)
        loss_g = -net_d(fake, labels).mean()
        loss_g.backward()
        adam_g.step()
        return loss_d, loss_g

    def check(k):
        loss_d, loss_g = train(batches[k % 4], noise((BATCH, LATENT), k, 1.7))
        return loss_d.item() + loss_g.item()

    return check, lambda k: train(batches[k % 4], torch.randn(BATCH, LATENT))


if __name__ == "__main__":
    measure(build)
