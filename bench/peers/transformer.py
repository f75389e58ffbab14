"""The encoder and decoder of Vaswani et al. 2017 from PyTorch's own layers, smaller, with label smoothing."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from common import measure
from scattered import tokens, training

VOCABULARY, WIDTH, BATCH, LENGTH = 8000, 256, 64, 24


def positions(length, width):
    angle = torch.arange(length, dtype=torch.float64)[:, None] * torch.exp(
        torch.arange(0, width, 2, dtype=torch.float64) * (-math.log(10_000) / width))
    return torch.stack([torch.sin(angle), torch.cos(angle)], dim=2).reshape(length, width).to(torch.float32)


class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)  # of both sides, and the weights before the softmax
        self.transformer = nn.Transformer(WIDTH, 4, 3, 3, 1024, dropout=0.0, batch_first=True)
        self.register_buffer("positions", positions(LENGTH, WIDTH))
        self.register_buffer("mask", torch.full((LENGTH, LENGTH), float("-inf")).triu(1))

    def embed(self, ids):
        return self.embedding(ids) * math.sqrt(WIDTH) + self.positions

    def forward(self, source, target):
        h = self.transformer(self.embed(source), self.embed(target), tgt_mask=self.mask)
        return F.linear(h, self.embedding.weight)


def build(bench):
    model = Translator()
    sources = [tokens((BATCH, LENGTH), VOCABULARY, k) for k in range(10)]
    targets = [tokens((BATCH, LENGTH + 1), VOCABULARY, 20 + k) for k in range(10)]

    def loss_of(k):
        logits = model(sources[k], targets[k][:, :-1])
        return F.cross_entropy(logits.view(-1, VOCABULARY), targets[k][:, 1:].reshape(-1), label_smoothing=0.1)

    return training(model, bench.adam(model.parameters(), lr=1e-3, betas=(0.9, 0.98)), loss_of, bench)


if __name__ == "__main__":
    measure(build)
