"""What the peers share: numbers made by formula, so that both sides start from the same weights, and the measuring."""
import argparse
import json
import statistics
import time

import torch


def blas():
    """The BLAS that this process has loaded, as its folder names it."""
    with open("/proc/self/maps", encoding="ascii") as maps:
        paths = {line.split()[-1] for line in maps if "blas" in line.rsplit("/", 1)[-1]}
    return ", ".join(sorted({path.split("/")[-2] for path in paths}))


def wave(shape, phase, scale=1.0, pitch=1.7):
    n = 1
    for size in shape:
        n *= size
    values = torch.sin(torch.arange(n, dtype=torch.float64) * pitch + phase) * scale
    return values.to(torch.float32).reshape(shape)


def fill(model):
    """Weights by formula, in the order of their declaration."""
    with torch.no_grad():
        for k, p in enumerate(model.parameters()):
            fan = p[0].numel() if p.dim() > 1 else p.numel()
            p.copy_(wave(p.shape, 0.3 + k, fan ** -0.5))


def batch(shape, which):
    return (wave(shape, 0.1 * which, pitch=0.9) > 0.2).to(torch.float32)


def run(model, shape, latent, negative_bound):
    """The losses of ten steps from equal weights with equal noise, then the time of a step with noise of one's own."""
    options = argparse.ArgumentParser()
    options.add_argument("--steps", type=int, default=200)
    options.add_argument("--warm-up", type=int, default=30)
    chosen = options.parse_args()

    fill(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step(x, noise):
        optimizer.zero_grad()
        loss = negative_bound(model, x, noise)
        loss.backward()
        optimizer.step()
        return loss

    losses = [step(batch(shape, k), wave((shape[0], latent), k, 1.4, 2.3)).item() for k in range(10)]

    batches = [batch(shape, k) for k in range(8)]
    times = []
    for k in range(chosen.warm_up + chosen.steps):
        start = time.perf_counter()
        step(batches[k % 8], torch.randn(shape[0], latent))
        times.append(time.perf_counter() - start)
    print(json.dumps({
        "losses": losses,
        "microseconds": statistics.median(times[chosen.warm_up:]) * 1e6,
        "version": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, {blas()}",
    }))
