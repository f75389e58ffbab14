"""The first ten losses and first gradients of FVSBN, NADE, orderless NADE, RNADE and MADE (Adam 1e-2, batch 16, 36 numbers).

    /usr/bin/python3 tests/golden/densities.py

Written with a loop over the pixels, straight from the papers' formulas. Parameter i of a model is
golden.uniform(seed + i, shape, -0.5, 0.5); the pixels of step s are golden.uniform(50 + s, 16, 36) > 0.2, RNADE's are
golden.normal(50 + s, 16, 36). A pixel is given to the orderless model where golden.uniform(70 + s, 16, 36) is below
golden.uniform(90 + s, 16, 1). The loss is the mean of -log p(x) in nats. MADE's degrees are kept in the file.
"""

import math

import torch
import torch.nn.functional as F

import golden

BATCH, PIXELS, HIDDEN, MIXTURE, STEPS = 16, 36, 20, 3, 10
tensors = {}


def bits(step):
    return (golden.uniform(50 + step, BATCH, PIXELS) > 0.2).float()


def nats(x, p):
    return torch.where(x > 0.5, p, 1 - p).log()


def fvsbn(parameters, step):
    weight, bias = parameters
    x, total = bits(step), 0
    for d in range(PIXELS):
        logit = bias[d] + sum(weight[d, j] * x[:, j] for j in range(d))
        total = total + nats(x[:, d], torch.sigmoid(logit))
    return -total.mean()


def nade(parameters, step):
    w, c, v, b = parameters
    x, total, a = bits(step), 0, c.expand(BATCH, HIDDEN)
    for d in range(PIXELS):
        total = total + nats(x[:, d], torch.sigmoid(torch.sigmoid(a) @ v[d] + b[d]))
        a = a + x[:, d:d + 1] * w[d]
    return -total.mean()


def eonade(parameters, step):
    w, m, c, weight, bias, v, b = parameters
    x = bits(step)
    given = (golden.uniform(70 + step, BATCH, PIXELS) < golden.uniform(90 + step, BATCH, 1)).float()
    total = 0
    for row in range(BATCH):
        a = c
        for j in range(PIXELS):
            if given[row, j] > 0:
                a = a + x[row, j] * w[j] + m[j]
        h = torch.relu(F.linear(torch.relu(a), weight, bias))
        missing = [k for k in range(PIXELS) if given[row, k] == 0]
        logs = sum(nats(x[row, k], torch.sigmoid(v[k] @ h + b[k])) for k in missing) if missing else 0
        total = total + logs * (PIXELS + 1) / max(1, len(missing))
    return -total / BATCH


def rnade(parameters, step):
    w, c, rho, v, b = parameters
    x, total, a = golden.normal(50 + step, BATCH, PIXELS), 0, c.expand(BATCH, HIDDEN)
    for d in range(PIXELS):
        out = torch.relu(rho[d] * a) @ v[d] + b[d]
        alpha, mu, sigma = torch.softmax(out[:, :MIXTURE], 1), out[:, MIXTURE:2 * MIXTURE], out[:, 2 * MIXTURE:].exp()
        normal = torch.exp(-0.5 * ((x[:, d:d + 1] - mu) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))
        total = total + (alpha * normal).sum(1).log()
        a = a + x[:, d:d + 1] * w[d]
    return -total.mean()


DEGREES = [((golden.uniform(500 + layer, units) + 1) / 2 * (PIXELS - 1)).long() for layer, units in enumerate((24, HIDDEN))]
for layer, degrees in enumerate(DEGREES):
    tensors[f"made.degrees.{layer}"] = degrees.unsqueeze(0)


def made(parameters, step):
    first, c1, second, c2, last, b = parameters
    m1, m2 = DEGREES
    place = range(PIXELS)
    open1 = torch.tensor([[float(j <= m1[k]) for j in place] for k in range(24)])
    open2 = torch.tensor([[float(m1[j] <= m2[k]) for j in range(24)] for k in range(HIDDEN)])
    open3 = torch.tensor([[float(m2[k] < d) for k in range(HIDDEN)] for d in place])
    x = bits(step)
    h = torch.relu(F.linear(x, first * open1, c1))
    h = torch.relu(F.linear(h, second * open2, c2))
    return -nats(x, torch.sigmoid(F.linear(h, last * open3, b))).sum(1).mean()


MODELS = {
    "fvsbn": (fvsbn, 100, [(PIXELS, PIXELS), (PIXELS,)]),
    "nade": (nade, 120, [(PIXELS, HIDDEN), (HIDDEN,), (PIXELS, HIDDEN), (PIXELS,)]),
    "eonade": (eonade, 140, [(PIXELS, HIDDEN), (PIXELS, HIDDEN), (HIDDEN,), (24, HIDDEN), (24,), (PIXELS, 24), (PIXELS,)]),
    "rnade": (rnade, 160, [(PIXELS, HIDDEN), (HIDDEN,), (PIXELS,), (PIXELS, HIDDEN, 3 * MIXTURE), (PIXELS, 3 * MIXTURE)]),
    "made": (made, 180, [(24, PIXELS), (24,), (HIDDEN, 24), (HIDDEN,), (PIXELS, HIDDEN), (PIXELS,)]),
}

torch.set_num_threads(1)
for name, (loss_of, seed, shapes) in MODELS.items():
    parameters = [golden.uniform(seed + i, *shape, low=-0.5, high=0.5).requires_grad_() for i, shape in enumerate(shapes)]
    optimizer = torch.optim.Adam(parameters, lr=1e-2)
    losses = []
    for step in range(STEPS):
        loss = loss_of(parameters, step)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            for i, parameter in enumerate(parameters):
                tensors[f"{name}.grad.{i}"] = parameter.grad.flatten()[::7].clone()
        optimizer.step()
        losses.append(loss.item())
    tensors[f"{name}.losses"] = torch.tensor(losses, dtype=torch.float64)
    print(name, losses)

golden.publish(__file__, tensors)
