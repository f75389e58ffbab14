"""Drawing 256 tokens from the causal transformer of gpt.py: `cached` keeps keys and values, `whole` computes all again;
`cached-batch` and `whole-batch` draw eight texts side by side.

What is timed is always a text of 256 tokens. The texts compared before have 256 tokens with a cache and 8 without.
"""
import torch
from torch.nn import functional as F

from common import measure
from gpt import GPT
from scattered import fill

VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS = 65, 256, 384, 6, 6


class Cache:
    """Room for the keys and values of one layer."""

    def __init__(self, texts):
        self.k = torch.empty(texts, HEADS, CONTEXT, WIDTH // HEADS)
        self.v = torch.empty_like(self.k)
        self.length = 0

    def append(self, k, v):
        end = self.length + k.shape[2]
        self.k[:, :, self.length:end] = k
        self.v[:, :, self.length:end] = v
        self.length = end
        return self.k[:, :, :end], self.v[:, :, :end]


def next_token(logits, generator):
    """The first whose cumulated probability exceeds a uniform number, which both sides draw alike."""
    p = F.softmax(logits, dim=-1)
    u = torch.rand(len(p), 1, 1, generator=generator)
    return (p.cumsum(-1) <= u).sum(-1).clamp_max(VOCABULARY - 1)


@torch.no_grad()
def draw_cached(model, generator, texts, length):
    token, text = torch.zeros(texts, 1, dtype=torch.int64), []
    caches = [Cache(texts) for _ in range(LAYERS)]
    for t in range(length):
        token = next_token(model(token, caches, start=t), generator)
        text.append(token)
    return torch.cat(text, dim=1)


@torch.no_grad()
def draw_whole(model, generator, texts, length):
    text = torch.zeros(texts, 1, dtype=torch.int64)
    for _ in range(length):
        text = torch.cat((text, next_token(model(text)[:, -1:], generator)), dim=1)
    return text[:, 1:]


def build(bench):
    model = GPT(VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS)
    fill(model)
    model.eval()
    draw, texts, compared = {
        "cached": (draw_cached, 1, CONTEXT),
        "whole": (draw_whole, 1, 8),
        "cached-batch": (draw_cached, 8, CONTEXT),
        "whole-batch": (draw_whole, 8, 8),
    }[bench.what]
    generator = torch.Generator().manual_seed(1)

    @torch.no_grad()
    def check(k):
        text = draw(model, torch.Generator().manual_seed(100 + k), texts, compared)
        logits = model(text[:, :-1])
        return F.cross_entropy(logits.reshape(-1, VOCABULARY), text[:, 1:].reshape(-1)).item()

    return check, lambda k: draw(model, generator, texts, CONTEXT)


if __name__ == "__main__":
    measure(build, checks=3)
