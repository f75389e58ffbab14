"""A causal transformer on characters (Radford et al. 2019), 6 layers, 384 wide, as one writes it in plain PyTorch."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from common import measure
from scattered import tokens, training


class Attention(nn.Module):
    def __init__(self, width, heads, context):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.register_buffer("mask", torch.tril(torch.ones(context, context)).view(1, 1, context, context) == 0)

    def forward(self, x, cache=None):
        B, T, C = x.shape
        q, k, v = (y.view(B, T, self.heads, C // self.heads).transpose(1, 2) for y in self.qkv(x).split(C, dim=2))
        if cache is not None:
            k, v = cache.append(k, v)
        scores = q @ k.transpose(-2, -1) * (1 / math.sqrt(C // self.heads))
        if cache is None:
            scores = scores.masked_fill(self.mask[:, :, :T, :T], float("-inf"))
        y = F.softmax(scores, dim=-1) @ v
        return self.proj(y.transpose(1, 2).contiguous().view(B, T, C))


class Block(nn.Module):
    def __init__(self, width, heads, context):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads, context)
        self.norm2 = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(self, x, cache=None):
        x = x + self.attention(self.norm1(x), cache)
        return x + self.narrow(F.gelu(self.widen(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self, vocabulary, context, width, layers, heads):
        super().__init__()
        self.token = nn.Embedding(vocabulary, width)
        self.position = nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads, context) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, ids, caches=None, start=0):
        x = self.token(ids) + self.position(torch.arange(start, start + ids.shape[1]))
        for i, block in enumerate(self.blocks):
            x = block(x, caches[i] if caches else None)
        return self.head(self.norm(x))


def build(bench, vocabulary, context, width, layers, heads, batch):
    model = GPT(vocabulary, context, width, layers, heads)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1,
                                  **({"foreach": True} if bench.tuned else {}))
    batches = [tokens((batch, context + 1), vocabulary, k) for k in range(10)]

    def loss_of(k):
        logits = model(batches[k][:, :-1])
        return F.cross_entropy(logits.reshape(-1, vocabulary), batches[k][:, 1:].reshape(-1))

    return training(model, optimizer, loss_of, bench)


if __name__ == "__main__":
    measure(lambda bench: build(bench, vocabulary=65, context=256, width=384, layers=6, heads=6, batch=12))
