"""Numbers by formula that look random, so that both sides compute with the same ones."""
import torch

from common import make


def scatter(shape, phase):
    """Numbers in [0, 1) that look random: the fraction of a large sine."""
    def formula(n):
        large = torch.sin(n * 12.9898 + phase) * 43758.5453
        return large - torch.floor(large)
    return make(shape, formula)


def fill(model):
    """Weights of standard deviation fan^-1/2 in the order of their declaration, gains near 1, small biases."""
    with torch.no_grad():
        for k, (name, p) in enumerate(model.named_parameters()):
            x = scatter(p.shape, 0.3 + k) * 2 - 1
            if p.dim() > 1:
                p.copy_(x * (3 / p[0].numel()) ** 0.5)
            elif name.endswith("weight"):
                p.copy_(1 + 0.1 * x)
            else:
                p.copy_(0.1 * x)


def tokens(shape, vocabulary, which):
    """Whole numbers in [0, vocabulary)."""
    return (scatter(shape, 0.1 + which) * vocabulary).to(torch.int64).clamp_max(vocabulary - 1)


def training(model, optimizer, loss_of, bench, clip=None):
    """What common.measure asks for, of a model whose batch number k, modulo ten, gives loss_of(k)."""
    fill(model)

    def step(k):
        bench.zero_grad(optimizer)
        loss = loss_of(k % 10)
        loss.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        return loss

    return (lambda k: step(k).item(), step)
