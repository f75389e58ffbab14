"""nanoGPT's recipe for a CPU as a whole. A step is a fortieth of 2,000 iterations: 50, and 8 batches of evaluation."""
import math

import torch
from torch.nn import functional as F

from common import measure
from gpt import GPT
from scattered import fill, tokens

VOCABULARY, CONTEXT, BATCH = 65, 64, 12
STEPS, ITERATIONS, EVALUATED, LETTERS = 40, 50, 8, 1_115_394


def rate(iteration):
    """Up for 100 iterations, then down to a tenth as a cosine."""
    if iteration < 100:
        return (iteration + 1) / 100
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(1, (iteration - 100) / (STEPS * ITERATIONS))))


def build(bench):
    model = GPT(VOCABULARY, CONTEXT, width=128, layers=4, heads=4)
    fill(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1,
                                  **({"foreach": True} if bench.tuned else {}))
    text = tokens((LETTERS,), VOCABULARY, 0)
    given = [tokens((BATCH, CONTEXT + 1), VOCABULARY, k) for k in range(10)]

    def crop():
        starts = torch.randint(LETTERS - CONTEXT, (BATCH,)).tolist()
        return torch.stack([text[start:start + CONTEXT + 1] for start in starts])

    def loss_of(x):
        logits = model(x[:, :-1])
        return F.cross_entropy(logits.reshape(-1, VOCABULARY), x[:, 1:].reshape(-1))

    def train(x, iteration):
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * rate(iteration)
        bench.zero_grad(optimizer)
        loss = loss_of(x)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    def part(k):
        with torch.no_grad():
            for _ in range(EVALUATED):
                loss_of(crop()).item()
        for i in range(ITERATIONS):
            train(crop(), k % STEPS * ITERATIONS + i)

    return lambda k: train(given[k], k + 100), part


if __name__ == "__main__":
    measure(build)
