"""PixelCNN++ (Salimans et al. 2017): the discretised logistic mixture, and first ten losses and gradients of a small net.

    /usr/bin/python3 tests/golden/pixelcnn_pp.py

The mixture is the paper's formula as it stands, in float64: differences of sigmoids. The net is written as one function
over the parameters by name, with shifts of whole maps where Figment shifts the padding. Parameters are golden.uniform
by seed 610 on, in the order of NAMES; images are uniform(950 + step) on 16 levels. Adam 1e-3, batch 4, 3x8x8, n = 6,
two layers, one halving, 3 components. Of each gradient every 7th number and the norm are kept.
"""

import math

import torch
import torch.nn.functional as F

import golden

tensors = {}


def mixture_log(x, maps, components, levels):
    """x (B, C, H, W) in [0, 1], maps (B, M, H, W): log p of each pixel, (B, H, W), in float64."""
    x, maps = 2 * x.double() - 1, maps.double()
    channels, k = x.shape[1], components
    logits, means = maps[:, :k], [maps[:, k * (1 + c):k * (2 + c)] for c in range(channels)]
    scales = [maps[:, k * (1 + channels + c):k * (2 + channels + c)].clamp(min=-7).exp() for c in range(channels)]
    rest = [torch.tanh(m) for m in maps[:, k * (1 + 2 * channels):].split(k, 1)] if channels > 1 else []
    if channels == 3:
        means = [means[0], means[1] + rest[0] * x[:, :1], means[2] + rest[1] * x[:, :1] + rest[2] * x[:, 1:2]]
    log_p = torch.log_softmax(logits, 1)
    d = 1 / (levels - 1)
    for c in range(channels):
        v = x[:, c:c + 1]
        upper = torch.where(v > 1 - d, torch.ones_like(v), torch.sigmoid((v - means[c] + d) / scales[c]))
        lower = torch.where(v < -1 + d, torch.zeros_like(v), torch.sigmoid((v - means[c] - d) / scales[c]))
        log_p = log_p + (upper - lower).log()
    return torch.logsumexp(log_p, 1)


for index, (name, channels) in enumerate((("grey", 1), ("colour", 3))):
    k, size = 5, 10 if channels == 3 else 3
    x = (golden.uniform(600 + index, 4, channels, 3, 3, low=0, high=1) * 255).round() / 255
    x[0, :, 0, 0], x[0, :, 0, 1] = 0, 1
    maps = golden.uniform(604 + index, 4, k * size, 3, 3, low=-1, high=1)
    maps.requires_grad_()
    log_p = mixture_log(x, maps, k, 256)
    log_p.sum().backward()
    tensors.update({f"mixture.{name}.x": x, f"mixture.{name}.maps": maps.detach().clone(),
                    f"mixture.{name}.log": log_p.detach().float(), f"mixture.{name}.grad": maps.grad.clone()})

N, K, LEVELS, BATCH, SIDE, STEPS = 6, 3, 16, 4, 8, 10
MAPS = 10 * K


def layer_names(prefix, taps, stream_in, cut):
    yield f"{prefix}.in", (N, 2 * N, *taps)
    if stream_in:
        yield f"{prefix}.from_u", (N, 2 * N, 1, 1)
    if cut:
        yield f"{prefix}.from_cut", (N, 2 * N, 1, 1)
    yield f"{prefix}.out", (2 * N, 2 * N, *taps)


def names():
    yield "first_down", (N, 4, 2, 3)
    yield "first_above", (N, 4, 1, 3)
    yield "first_left", (N, 4, 2, 1)
    for level, (down, up) in enumerate(((2, 3), (2, 2))):
        for r in range(down):
            yield from layer_names(f"levels.{level}.down_u.{r}", (2, 3), False, False)
        for r in range(down):
            yield from layer_names(f"levels.{level}.down_ul.{r}", (2, 2), True, False)
        if level == 0:
            yield "levels.0.halve_u", (N, N, 2, 3)
            yield "levels.0.halve_ul", (N, N, 2, 2)
        for r in range(up):
            yield from layer_names(f"levels.{level}.up_u.{r}", (2, 3), False, True)
        for r in range(up):
            yield from layer_names(f"levels.{level}.up_ul.{r}", (2, 2), True, True)
        if level == 1:
            yield "levels.1.double_u", (N, N, 2, 3)
            yield "levels.1.double_ul", (N, N, 2, 2)
    yield "output", (MAPS, N, 1, 1)


torch.set_num_threads(1)
P, seed = {}, 610
for name, shape in names():
    bound = 2.0 ** -math.ceil(math.log2(math.sqrt(shape[1] * shape[2] * shape[3])))
    outputs = shape[1] if ".double_" in name else shape[0]
    for part, size, limit in (("weight", shape, bound), ("bias", (outputs,), 0.125)):
        P[f"{name}.{part}"] = golden.uniform(seed, *size, low=-limit, high=limit).requires_grad_()
        seed += 1


def conv(x, name, stride=1, padding=(0, 0)):
    return F.conv2d(x, P[f"{name}.weight"], P[f"{name}.bias"], stride=stride, padding=padding)


def down(x, name, stride=1):  # 2x3, rows i-1 and i
    return conv(torch.cat([torch.zeros_like(x[:, :, :1]), x], 2), name, stride, (0, 1))


def down_right(x, name, stride=1):  # 2x2, rows i-1 and i, columns j-1 and j
    x = torch.cat([torch.zeros_like(x[:, :, :1]), x], 2)
    return conv(torch.cat([torch.zeros_like(x[..., :1]), x], 3), name, stride)


def celu(x):
    return F.elu(torch.cat([x, -x], 1))


def layer(prefix, convolve, x, u=None, cut=None):
    c = convolve(celu(x), f"{prefix}.in")
    if u is not None:
        c = c + conv(celu(u), f"{prefix}.from_u")
    if cut is not None:
        c = c + conv(celu(cut), f"{prefix}.from_cut")
    a, b = convolve(celu(c), f"{prefix}.out").chunk(2, 1)
    return x + a * torch.sigmoid(b)


def shift_down(x):
    return torch.cat([torch.zeros_like(x[:, :, :1]), x[:, :, :-1]], 2)


def shift_right(x):
    return torch.cat([torch.zeros_like(x[..., :1]), x[..., :-1]], 3)


def network(x):
    image = torch.cat([2 * x - 1, torch.ones_like(x[:, :1])], 1)
    u = down(shift_down(image), "first_down")
    beside = shift_right(image)
    beside = torch.cat([torch.zeros_like(beside[:, :, :1]), beside], 2)
    ul = conv(shift_down(image), "first_above", padding=(0, 1)) + conv(beside, "first_left")
    us, uls = [u], [ul]
    for level in range(2):
        for r in range(2):
            u = layer(f"levels.{level}.down_u.{r}", down, u)
            ul = layer(f"levels.{level}.down_ul.{r}", down_right, ul, u=u)
            us.append(u)
            uls.append(ul)
        if level == 0:
            u, ul = down(u, "levels.0.halve_u", 2), down_right(ul, "levels.0.halve_ul", 2)
            us.append(u)
            uls.append(ul)
    u, ul = us.pop(), uls.pop()
    for level in (1, 0):
        for r in range(2 + (level == 0)):
            u = layer(f"levels.{level}.up_u.{r}", down, u, cut=us.pop())
            ul = layer(f"levels.{level}.up_ul.{r}", down_right, ul, u=u, cut=uls.pop())
        if level == 1:
            side = u.shape[2] * 2
            u = F.conv_transpose2d(u, P["levels.1.double_u.weight"], P["levels.1.double_u.bias"], stride=2)
            u = u[..., 1:side + 1]
            ul = F.conv_transpose2d(ul, P["levels.1.double_ul.weight"], P["levels.1.double_ul.bias"], stride=2)
    return conv(F.elu(ul), "output")


optimizer = torch.optim.Adam(P.values(), lr=1e-3)
losses = []
for step in range(STEPS):
    x = (golden.uniform(950 + step, BATCH, 3, SIDE, SIDE, low=0, high=1) * (LEVELS - 1)).round() / (LEVELS - 1)
    loss = -mixture_log(x, network(x), K, LEVELS).sum() / BATCH
    optimizer.zero_grad()
    loss.backward()
    if step == 0:
        for name, parameter in P.items():
            tensors[f"grad.{name}"] = parameter.grad.flatten()[::7].clone()
            tensors[f"norm.{name}"] = parameter.grad.double().norm()
    optimizer.step()
    losses.append(loss.item())
tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
print(losses, "last seed", seed - 1)

golden.publish(__file__, tensors)
