"""PixelCNN (van den Oord et al. 2016) and gated PixelCNN (van den Oord et al. 2016b): first ten losses and gradients.

    /usr/bin/python3 tests/golden/pixelcnn.py

Every kernel is a whole one under a mask made pixel by pixel; Figment stores only the part that is ever seen, so gradients
are cut to it. The two cases in grey have a map of positions. Parameters are golden.uniform, numbered from each case's seed
in the order they are named here, of the whole kernel's shape; images are uniform(seed + 200 + step) on the levels, labels
are (image number + step) mod classes. Adam 1e-3, batch 8. Of each gradient every 5th number and the norm are kept.
"""

import math

import torch
import torch.nn.functional as F

import golden

BATCH, STEPS = 8, 10
tensors = {}


def mask(out, inputs, height, width, kind, channels, parts=1):
    """By definition: mask[o, i, r, c] = 1 where input group g(i) at offset (r, c) comes before output group g(o)."""
    m = torch.zeros(out, inputs, height, width)
    for o in range(out):
        for i in range(inputs):
            to, come = (o % (out // parts)) * channels // (out // parts), i * channels // inputs
            for r in range(height):
                for c in range(width):
                    position = (r - height // 2, c - width // 2)
                    before = position < (0, 0)
                    same = position == (0, 0) and (come < to or (kind == "B" and come == to))
                    m[o, i, r, c] = float(before or same)
    return m


class Case:
    """Parameters by name, made on first use, and a whole run."""

    def __init__(self, name, seed, channels, levels, side, classes=0):
        self.name, self.seed, self.channels, self.levels, self.side, self.classes = name, seed, channels, levels, side, classes
        self.p, self.masks = {}, {}

    def parameter(self, name, *shape, fan=None):
        if name not in self.p:
            fan = fan or (math.prod(shape[1:]) if len(shape) > 1 else 64)
            bound = 2.0 ** -math.ceil(math.log2(math.sqrt(fan)))
            self.p[name] = golden.uniform(self.seed + len(self.p), *shape, low=-bound, high=bound).requires_grad_()
        return self.p[name]

    def masked(self, x, name, out, size, kind, parts=1):
        height, width = size
        w = self.parameter(f"{name}.weight", out, x.shape[1], height, width)
        b = self.parameter(f"{name}.bias", out)
        if name not in self.masks:
            self.masks[name] = mask(out, x.shape[1], height, width, kind, self.channels, parts)
        return F.conv2d(x, w * self.masks[name], b, padding=(height // 2, width // 2))

    def rows(self, x, name, out, size, with_own):
        """The vertical stack: all columns of the rows above, and of the present one if asked."""
        w = self.parameter(f"{name}.weight", out, x.shape[1], size, size)
        b = self.parameter(f"{name}.bias", out)
        m = torch.zeros(1, 1, size, size)
        m[:, :, :size // 2 + with_own] = 1
        self.masks[name] = m
        return F.conv2d(x, w * m, b, padding=size // 2)

    def nll(self, x, maps):
        b, c, h, w = x.shape
        if self.levels == 2:
            return F.binary_cross_entropy_with_logits(maps, x, reduction="sum") / b
        target = (x * (self.levels - 1)).round().long()
        return F.cross_entropy(maps.view(b, c, self.levels, h, w).transpose(1, 2), target, reduction="sum") / b

    def run(self, network):
        optimizer, losses = None, []
        for step in range(STEPS):
            x = golden.uniform(self.seed + 200 + step, BATCH, self.channels, self.side, self.side, low=0, high=1)
            x = (x * (self.levels - 1)).round() / (self.levels - 1)
            y = (torch.arange(BATCH) + step) % self.classes if self.classes else None
            loss = self.nll(x, network(self, x, y))
            optimizer = optimizer or torch.optim.Adam(self.p.values(), lr=1e-3)
            optimizer.zero_grad()
            loss.backward()
            if step == 0:
                for name, parameter in self.p.items():
                    gradient = parameter.grad
                    if name.endswith(".weight") and name[:-7] in self.masks:
                        gradient = self.seen(name[:-7], gradient)
                    tensors[f"{self.name}.grad.{name}"] = gradient.flatten()[::5].clone()
                    tensors[f"{self.name}.norm.{name}"] = gradient.double().norm()
            optimizer.step()
            losses.append(loss.item())
        print(self.name, len(self.p), losses)
        tensors[f"{self.name}.losses"] = torch.tensor(losses, dtype=torch.float64)

    def seen(self, name, gradient):
        m = self.masks[name]
        rows = [r for r in range(m.shape[2]) if m[:, :, r].any()]
        if m.shape[2] == 1:
            return gradient[..., :m.shape[3] // 2 + 1]
        last = max(rows) if name.endswith("vertical") else m.shape[2] // 2
        return gradient[:, :, :last + 1]


def pixelcnn(layers, h, head, positions):
    def network(case, x, _):
        c = case.channels
        f = case.masked(x, "input", 2 * h, (7, 7), "A")
        if positions:
            f = f + case.parameter("position.weight", 1, 2 * h, case.side, case.side)
        for layer in range(layers):
            g = case.masked(F.relu(f), f"blocks.{layer}.reduce", h, (1, 1), "B")
            g = case.masked(F.relu(g), f"blocks.{layer}.middle", h, (3, 3), "B")
            f = f + case.masked(F.relu(g), f"blocks.{layer}.expand", 2 * h, (1, 1), "B")
        f = case.masked(F.relu(f), "hidden", head, (1, 1), "B")
        return case.masked(F.relu(f), "output", c * (1 if case.levels == 2 else case.levels), (1, 1), "B")
    return network


def gate(a):
    t, s = a.chunk(2, 1)
    return torch.tanh(t) * torch.sigmoid(s)


def gated(layers, p, head, positions):
    def network(case, x, y):
        v, f = x, x
        for layer in range(layers):
            first, name = layer == 0, f"layers.{layer}"
            link = case.parameter(f"{name}.link.weight", 2 * p, 2 * p, 1, 1), case.parameter(f"{name}.link.bias", 2 * p)
            a_v, a_h = 0, 0
            if case.classes:
                terms = case.parameter(f"{name}.classes.weight", case.classes, 4 * p)[y]
                a_v, a_h = terms[:, :2 * p, None, None], terms[:, 2 * p:, None, None]
            rows = case.rows(v, f"{name}.vertical", 2 * p, 7 if first else 3, not first)
            if first and positions:
                rows = rows + case.parameter(f"{name}.position.weight", 1, 2 * p, case.side, case.side)
            columns = case.masked(f, f"{name}.horizontal", 2 * p, (1, 7) if first else (1, 3), "A" if first else "B", 2)
            v = gate(rows + a_v)
            out = case.masked(gate(columns + F.conv2d(rows, *link) + a_h), f"{name}.out", p, (1, 1), "B")
            f = out if first else f + out
        f = case.masked(F.relu(f), "hidden", head, (1, 1), "B")
        return case.masked(F.relu(f), "output", case.channels * (1 if case.levels == 2 else case.levels), (1, 1), "B")
    return network


torch.set_num_threads(1)
Case("plain-grey", 1000, 1, 2, 10).run(pixelcnn(2, 4, 8, positions=True))
Case("plain-colour", 1300, 3, 4, 6).run(pixelcnn(2, 6, 9, positions=False))
Case("gated-grey", 1600, 1, 2, 10).run(gated(3, 4, 8, positions=True))
Case("gated-colour-classes", 1900, 3, 4, 6, classes=3).run(gated(2, 6, 9, positions=False))

golden.publish(__file__, tensors)
