"""The neural autoregressive distribution estimator (Larochelle and Murray 2011), a loop over the pixels."""
import torch
from torch import nn
from torch.nn import functional as F

from common import measure
from scattered import scatter, training

PIXELS, HIDDEN, BATCH = 784, 500, 128


class NADE(nn.Module):
    def __init__(self):
        super().__init__()
        self.W = nn.Parameter(torch.empty(PIXELS, HIDDEN))
        self.c = nn.Parameter(torch.empty(HIDDEN))
        self.V = nn.Parameter(torch.empty(PIXELS, HIDDEN))
        self.b = nn.Parameter(torch.empty(PIXELS))

    def forward(self, x):
        a = self.c.expand(x.shape[0], HIDDEN)
        logits = []
        for d in range(PIXELS):
            h = torch.sigmoid(a)
            logits.append(h @ self.V[d] + self.b[d])
            a = a + x[:, d:d + 1] * self.W[d]
        return torch.stack(logits, dim=1)

    @torch.no_grad()
    def sample(self, count, generator):
        a = self.c.expand(count, HIDDEN)
        x = torch.empty(count, PIXELS)
        for d in range(PIXELS):
            p = torch.sigmoid(torch.sigmoid(a) @ self.V[d] + self.b[d])
            x[:, d] = (torch.rand(count, generator=generator) < p).float()
            a = a + x[:, d:d + 1] * self.W[d]
        return x


def pictures(batch, which):
    return (scatter((batch, PIXELS), 0.1 + which) < 0.13).to(torch.float32)


def build(bench):
    model = NADE()
    batches = [pictures(BATCH, k) for k in range(10)]

    def loss_of(k):
        return F.binary_cross_entropy_with_logits(model(batches[k]), batches[k], reduction="sum") / BATCH

    return training(model, bench.adam(model.parameters(), lr=1e-3), loss_of, bench)


if __name__ == "__main__":
    measure(build)
