"""A whole step of a VQ-VAE with a moving-average codebook and a gated PixelCNN prior, 28x28 grey pixels, in plain PyTorch."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from common import fill, measure, noise

BATCH, SIDE, CODES, SIZE, CHANNELS, INNER, BETA, DECAY, SIGMA = 64, 28, 512, 32, 64, 32, 0.25, 0.99, 0.1


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.reduce = nn.Conv2d(CHANNELS, INNER, 3, padding=1, bias=False)
        self.expand = nn.Conv2d(INNER, CHANNELS, 1, bias=False)

    def forward(self, x):
        return x + self.expand(F.relu(self.reduce(F.relu(x))))


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, CHANNELS // 2, 4, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(CHANNELS // 2, CHANNELS, 4, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), Block(), Block(), nn.ReLU(), nn.Conv2d(CHANNELS, SIZE, 1))
        self.decoder = nn.Sequential(
            nn.Conv2d(SIZE, CHANNELS, 3, padding=1), Block(), Block(), nn.ReLU(),
            nn.ConvTranspose2d(CHANNELS, CHANNELS // 2, 4, stride=2, padding=1), nn.ReLU(),
            nn.ConvTranspose2d(CHANNELS // 2, 1, 4, stride=2, padding=1))


class Codebook:
    def __init__(self):
        self.vectors = noise((CODES, SIZE), 0.7, 0.2)
        self.sums = self.vectors.clone()
        self.counts = torch.ones(CODES)

    @torch.no_grad()
    def nearest(self, z):
        flat = z.permute(0, 2, 3, 1).reshape(-1, SIZE)
        distance = self.vectors.pow(2).sum(1) - 2 * flat @ self.vectors.t()
        return distance.argmin(1).view(z.shape[0], *z.shape[2:])

    def lookup(self, k):
        return F.embedding(k, self.vectors).permute(0, 3, 1, 2)

    @torch.no_grad()
    def update(self, z, k, revive):
        flat = z.permute(0, 2, 3, 1).reshape(-1, SIZE)
        used = torch.bincount(k.flatten(), minlength=CODES).to(flat.dtype)
        self.counts.mul_(DECAY).add_(used, alpha=1 - DECAY)
        self.sums.mul_(DECAY).index_add_(0, k.flatten(), flat, alpha=1 - DECAY)
        even = self.counts.mean()
        dead = (self.counts < 0.03 * even).to(flat.dtype)
        if revive:
            places = flat[torch.randint(len(flat), (CODES,))]
            self.counts += dead * (even - self.counts)
            self.sums += dead[:, None] * (places * even - self.sums)
        known = (self.counts > 0)[:, None]
        self.vectors = torch.where(known, self.sums / self.counts.clamp(min=1e-10)[:, None], self.vectors)
        p = used / used.sum()
        return dead.sum(), torch.exp(-(p * torch.log(p + 1e-10)).sum())


class GatedLayer(nn.Module):
    """A vertical stack that sees the rows above and a horizontal one that sees the codes to the left."""

    def __init__(self, first):
        super().__init__()
        self.first = first
        self.link = nn.Conv2d(2 * CHANNELS, 2 * CHANNELS, 1)
        self.vertical = nn.Conv2d(CHANNELS, 2 * CHANNELS, (3, 7) if first else (2, 3))
        if first:
            self.position = nn.Parameter(torch.zeros(1, 2 * CHANNELS, SIDE // 4, SIDE // 4))
        self.horizontal = nn.Conv2d(CHANNELS, 2 * CHANNELS, (1, 4) if first else (1, 2))
        self.out = nn.Conv2d(CHANNELS, CHANNELS, 1)
        mask = torch.ones(1, 1, 1, 4 if first else 2)
        mask[..., -1] = 0.0 if first else 1.0  # the first layer does not see the present code
        self.register_buffer("mask", mask)

    def forward(self, v, h):
        above = F.pad(v, (3, 3, 3, -1)) if self.first else F.pad(v, (1, 1, 1, 0))
        rows = self.vertical(above)
        if self.first:
            rows = rows + self.position
        weight = self.horizontal.weight * self.mask if self.first else self.horizontal.weight
        left = F.conv2d(F.pad(h, (weight.shape[3] - 1, 0)), weight, self.horizontal.bias)
        out = self.out(gate(left + self.link(rows)))
        return gate(rows), out if self.first else h + out


def gate(x):
    a, b = x.chunk(2, dim=1)
    return torch.tanh(a) * torch.sigmoid(b)


class Prior(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CODES, CHANNELS)
        self.layers = nn.ModuleList([GatedLayer(k == 0) for k in range(6)])
        self.hidden = nn.Conv2d(CHANNELS, 2 * CHANNELS, 1)
        self.output = nn.Conv2d(2 * CHANNELS, CODES, 1)

    def forward(self, k):
        v = h = self.embedding(k).permute(0, 3, 1, 2)
        for layer in self.layers:
            v, h = layer(v, h)
        return self.output(F.relu(self.hidden(F.relu(h))))


def build(bench):
    net, prior = Autoencoder(), Prior()
    fill(net)
    # The positions are Figment's "weight" of four dimensions, before the horizontal convolution: see the order below.
    fill(Ordered(prior))
    net, prior, codebook = bench.layout(net), bench.layout(prior), Codebook()
    adam, prior_adam = bench.adam(net.parameters(), lr=1e-3), bench.adam(prior.parameters(), lr=1e-3)
    batches = [bench.layout((noise((BATCH, 1, SIDE, SIDE), k) + 1) / 2) for k in range(4)]

    def train(x, revive):
        bench.zero_grad(adam)
        z = net.encoder(x)
        k = codebook.nearest(z)
        e = codebook.lookup(k)
        maps = net.decoder(z + (e - z).detach())
        nats = ((x - maps).pow(2) / (2 * SIGMA ** 2)).mean() + math.log(SIGMA) + 0.5 * math.log(2 * math.pi)
        loss = nats + BETA * (z - e).pow(2).sum(1).mean()
        loss.backward()
        adam.step()
        codebook.update(z.detach(), k, revive)

        bench.zero_grad(prior_adam)
        prior_loss = F.cross_entropy(prior(k), k)
        prior_loss.backward()
        prior_adam.step()
        return loss, prior_loss

    return (lambda k: sum(part.item() for part in train(batches[k % 4], revive=False)),
            lambda k: train(batches[k % 4], revive=True))


class Ordered:
    """The prior's parameters in the order in which Figment declares them: the positions follow the vertical convolution."""

    def __init__(self, prior):
        self.prior = prior

    def named_parameters(self):
        named = list(self.prior.named_parameters())
        position = next(pair for pair in named if pair[0].endswith("position"))
        named.remove(position)
        at = next(n for n, (name, _) in enumerate(named) if name == "layers.0.vertical.bias")
        return named[:at + 1] + [position] + named[at + 1:]


if __name__ == "__main__":
    measure(build)
