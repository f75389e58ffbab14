"""What the peers share: numbers made by formula, so that both sides start from the same weights, and the measuring.

A peer calls `measure(build)`. `build(bench)` makes the model and returns two functions: `check(k)`, step number k with
everything made by formula, which returns its loss as a number, and `step(k)`, the step as one runs it. `bench` makes what the
tuned peer (`--tuned`) does differently: layouts, optimisers, gradients set to none.
"""
import argparse
import json
import statistics
import time

import torch

PIECE = 65536


def blas():
    """The BLAS that this process has loaded, as its folder names it."""
    with open("/proc/self/maps", encoding="ascii") as maps:
        paths = {line.split()[-1] for line in maps if "blas" in line.rsplit("/", 1)[-1]}
    return ", ".join(sorted({path.split("/")[-2] for path in paths}))


def make(shape, formula):
    """In pieces, so that its own memory does not count."""
    count = 1
    for size in shape:
        count *= size
    values = torch.empty(count)
    for start in range(0, count, PIECE):
        values[start:start + PIECE] = formula(
            torch.arange(min(PIECE, count - start), dtype=torch.float64) + start)
    return values.reshape(shape)


def wave(shape, phase, scale=1.0, pitch=1.7):
    """scale * sin(pitch * n + phase) for n = 0, 1, ..."""
    return make(shape, lambda n: torch.sin(n * pitch + phase) * scale)


def noise(shape, phase, scale=1.0):
    """Numbers that look random, even between -scale and scale: the digits of a large sine behind the point."""
    def formula(n):
        large = torch.sin(n * 12.9898 + phase) * 43758.5453
        return (2 * (large - large.floor()) - 1) * scale
    return make(shape, formula)


def in_order(model):
    """Named parameters in the order of their declaration; spectral_norm moves a weight behind its bias."""
    for path, module in model.named_modules():
        own = list(module.named_parameters(path, recurse=False))
        yield from sorted(own, key=lambda pair: not pair[0].endswith("weight_orig"))


def fill(model, gain=1.0):
    """Parameters by formula, in the order of their declaration; scales of normalisations stay near 1; u of spectral_norm by
    formula, too; other buffers stay."""
    with torch.no_grad():
        for name, u in model.named_buffers():
            if name.endswith("weight_u"):
                u.copy_(torch.nn.functional.normalize(noise(u.shape, 0.5), dim=0))
        for k, (name, p) in enumerate(in_order(model)):
            if p.dim() == 1 and name.endswith("weight"):
                p.copy_(1 + noise(p.shape, 0.3 + k, 0.1))
            else:
                fan = p[0].numel() if p.dim() > 1 else p.numel()
                p.copy_(noise(p.shape, 0.3 + k, gain * fan ** -0.5))


def pixels(shape, which):
    """Zeros and ones."""
    return (noise(shape, which) > 0.4).to(torch.float32)


def status(key):
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024


def forget_peak():
    with open("/proc/self/clear_refs", "w", encoding="ascii") as reset:
        reset.write("5")


class Bench:
    """What the tuned peer does in its code; the untuned one is written as most people write it."""

    def __init__(self, tuned, what):
        self.tuned = tuned
        self.what = what

    def layout(self, what):
        """A model or a batch of pictures: channels-last when tuned."""
        return what.to(memory_format=torch.channels_last) if self.tuned else what

    def adam(self, parameters, lr, **options):
        return torch.optim.Adam(parameters, lr=lr, **({"foreach": True} if self.tuned else {}), **options)

    def sgd(self, parameters, lr, **options):
        return torch.optim.SGD(parameters, lr=lr, **({"foreach": True} if self.tuned else {}), **options)

    def zero_grad(self, optimizer):
        optimizer.zero_grad(set_to_none=self.tuned)


def load_libraries():
    """PyTorch and its BLAS are in memory and their threads run before the model's memory is counted."""
    weight = torch.ones(8, 8, 3, 3, requires_grad=True)
    torch.nn.functional.conv2d(torch.ones(4, 8, 16, 16), weight).sum().backward()
    torch.ones(128, 128) @ torch.ones(128, 128)


def measure(build, checks=10):
    options = argparse.ArgumentParser()
    options.add_argument("what", nargs="?", help="which variant, where a peer has several: bench.what")
    options.add_argument("--tuned", action="store_true")
    options.add_argument("--seconds", type=float, default=3)
    options.add_argument("--least-steps", type=int, default=3)
    options.add_argument("--most-steps", type=int, default=300)
    options.add_argument("--warm-ups", type=int, default=30)
    options.add_argument("--check-seconds", type=float, default=60)
    chosen = options.parse_args()

    load_libraries()
    before = status("VmRSS")
    check, step = build(Bench(chosen.tuned, chosen.what))

    losses, durations = [], []
    began = time.perf_counter()
    while len(losses) < checks and (len(losses) < 2 or time.perf_counter() - began < chosen.check_seconds):
        start = time.perf_counter()
        losses.append(check(len(losses)))
        durations.append(time.perf_counter() - start)

    # A side too slow for all comparisons has warmed up in those it made, and they count as timed steps.
    slow = len(losses) < checks
    times = durations[1:] if slow else []
    forget_peak()
    began = time.perf_counter()
    for k in range(0 if slow else chosen.warm_ups):
        if time.perf_counter() - began >= chosen.seconds / 4:
            break
        step(k)

    began = time.perf_counter()
    while len(times) < chosen.least_steps or (
            len(times) < chosen.most_steps and time.perf_counter() - began < chosen.seconds):
        start = time.perf_counter()
        step(len(times))
        times.append(time.perf_counter() - start)
    print(json.dumps({
        "losses": losses,
        "microseconds": statistics.median(times) * 1e6,
        "steps": len(times),
        "bytes": status("VmHWM") - before,
        "version": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, {blas()}",
    }))
