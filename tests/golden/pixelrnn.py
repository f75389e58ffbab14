"""The first ten losses and the first gradients of small PixelRNNs (Row LSTM, Diagonal BiLSTM), written pixel by pixel.

    /usr/bin/python3 tests/golden/pixelrnn.py

Every map is a dictionary from (row, column) to (B, features); no convolution, no skewing, no mask tensor is used: each
weight matrix is multiplied where the paper's figures draw an arrow, and a matrix at the present pixel is cut to the
colours that may be seen. All in float64. Cases: row and diagonal, each on black and white images with two layers and on
RGB images of three levels with one.

Keys: CASE.x (B, C, H, W) float32; CASE.parameter.NAME float32 (start); CASE.gradient.NAME float64 (first step, of the
mean over the batch of -log p(x) in nats); CASE.losses float64, ten steps of Adam at 1e-2.
"""

import zlib

import torch

import golden

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
tensors = {}
BATCH, STEPS = 3, 10


def colour(feature, features, colours):
    return feature * colours // features


def cut(weight, colours, parts=1, own=True):
    """A matrix at the present pixel: colour k reads the colours before it and, unless own is false, itself."""
    rows = []
    for o in range(weight.shape[0]):
        inside = weight.shape[0] // parts
        to = colour(o % inside, inside, colours)
        row = []
        for i in range(weight.shape[1]):
            source = colour(i, weight.shape[1], colours)
            row.append(weight[o, i] if source < to or (own and source == to) else torch.zeros(()))
        rows.append(torch.stack(row))
    return torch.stack(rows)


def first_layer(p, x, colours, height, width):
    """7x7, mask A: the rows above and the columns to the left; of the pixel itself the colours before."""
    weight, bias = p["first.weight"], p["first.bias"]
    here = cut(weight[:, :, 3, 3], colours, own=False)
    out = {}
    for r in range(height):
        for q in range(width):
            total = bias + x[:, :, r, q] @ here.T
            for above in range(0, 4):
                for aside in range(-3, 4):
                    before = above > 0 or aside < 0
                    if before and r - above >= 0 and 0 <= q + aside < width:
                        total = total + x[:, :, r - above, q + aside] @ weight[:, :, 3 - above, 3 + aside].T
            out[r, q] = total
    return out


def lstm(gates, c, hidden):
    o, f, i = (torch.sigmoid(gates[:, k * hidden:(k + 1) * hidden]) for k in range(3))
    g = torch.tanh(gates[:, 3 * hidden:])
    c = f * c + i * g
    return o * torch.tanh(c), c


def row_layer(p, name, map, colours, height, width, hidden):
    """1x3 of the map with mask B (two columns are left), 1x3 of the states above."""
    weight, state = p[name + "input.weight"], p[name + "state"]
    here = cut(weight[:, :, 0, 1], colours, parts=4)
    nothing = torch.zeros(BATCH, hidden)
    h, c = {}, {}
    for r in range(height):
        for q in range(width):
            gates = p[name + "input.bias"] + map[r, q] @ here.T
            if q > 0:
                gates = gates + map[r, q - 1] @ weight[:, :, 0, 0].T
            for aside in (-1, 0, 1):
                if (r - 1, q + aside) in h:
                    gates = gates + h[r - 1, q + aside] @ state[:, :, 1 + aside].T
            h[r, q], c[r, q] = lstm(gates, c.get((r - 1, q), nothing), hidden)
    return h


def diagonal_layer(p, name, map, colours, height, width, hidden):
    """From the left and from the right edge; the states of the second count for the row below."""
    nothing = torch.zeros(BATCH, hidden)
    found = []
    for side, step, columns in (("left", 1, range(width)), ("right", -1, range(width - 1, -1, -1))):
        here = cut(p[f"{name}input_{side}.weight"][:, :, 0, 0], colours, parts=4)
        state = p[f"{name}state_{side}"]
        h, c = {}, {}
        for r in range(height):
            for q in columns:
                gates = p[f"{name}input_{side}.bias"] + map[r, q] @ here.T
                gates = gates + h.get((r - 1, q), nothing) @ state[:, :, 0].T
                gates = gates + h.get((r, q - step), nothing) @ state[:, :, 1].T
                h[r, q], c[r, q] = lstm(gates, c.get((r, q - step), nothing), hidden)
        found.append(h)
    left, right = found
    return {at: left[at] + right.get((at[0] - 1, at[1]), nothing) for at in left}


def loss(kind, p, x, levels, hidden, layers):
    _, colours, height, width = x.shape
    if kind == "diagonal":  # maps have a column behind the image's edge, else a row's last pixel were not seen below
        x = torch.cat([x, torch.zeros(BATCH, colours, height, 1)], 3)
        width = width + 1
    map = first_layer(p, x, colours, height, width)
    for k in range(layers):
        name = f"layers.{k}."
        states = (row_layer if kind == "row" else diagonal_layer)(p, name, map, colours, height, width, hidden)
        up = cut(p[name + "up.weight"][:, :, 0, 0], colours)
        map = {at: map[at] + p[name + "up.bias"] + states[at] @ up.T for at in map}
    total = 0
    for (r, q), features in map.items():
        if kind == "diagonal" and q == width - 1:
            continue
        for part in ("one", "two", "output"):
            weight = cut(p[f"head.{part}.weight"][:, :, 0, 0], colours)
            features = p[f"head.{part}.bias"] + features.clamp_min(0) @ weight.T
        for k in range(colours):
            level = (x[:, k, r, q] * (levels - 1)).round().long()
            if levels == 2:
                chance = torch.sigmoid(features[:, k])
                chance = torch.where(level == 1, chance, 1 - chance)
            else:
                chances = torch.softmax(features[:, k * levels:(k + 1) * levels], 1)
                chance = chances.gather(1, level[:, None])[:, 0]
            total = total - chance.log()
    return total.mean()


def case(kind, colours, height, width, levels, hidden, layers, head):
    name = f"{kind}-{'grey' if colours == 1 else 'rgb'}"
    maps = colours * (1 if levels == 2 else levels)
    shapes = {"first.weight": (2 * hidden, colours, 4, 7), "first.bias": (2 * hidden,)}
    for k in range(layers):
        sides = {"": 2} if kind == "row" else {"_left": 1, "_right": 1}
        for side, columns in sides.items():
            shapes[f"layers.{k}.input{side}.weight"] = (4 * hidden, 2 * hidden, 1, columns)
            shapes[f"layers.{k}.input{side}.bias"] = (4 * hidden,)
            shapes[f"layers.{k}.state{side}"] = (4 * hidden, hidden, 3 if kind == "row" else 2)
        shapes[f"layers.{k}.up.weight"] = (2 * hidden, hidden, 1, 1)
        shapes[f"layers.{k}.up.bias"] = (2 * hidden,)
    for part, (outs, ins) in {"one": (head, 2 * hidden), "two": (head, head), "output": (maps, head)}.items():
        shapes[f"head.{part}.weight"] = (outs, ins, 1, 1)
        shapes[f"head.{part}.bias"] = (outs,)

    p = {}
    for key, shape in shapes.items():
        start = golden.uniform(zlib.crc32(f"{name}.{key}".encode()), *shape, low=-0.5, high=0.5)
        tensors[f"{name}.parameter.{key}"] = start
        p[key] = start.double().requires_grad_()
    u = golden.uniform(zlib.crc32(name.encode()), BATCH, colours, height, width, low=0.0, high=1.0)
    x = (u * levels).floor() / (levels - 1)
    tensors[f"{name}.x"] = x

    adam = torch.optim.Adam(p.values(), lr=1e-2)
    losses = []
    for step in range(STEPS):
        value = loss(kind, p, x.double(), levels, hidden, layers)
        adam.zero_grad()
        value.backward()
        if step == 0:
            for key, parameter in p.items():
                tensors[f"{name}.gradient.{key}"] = parameter.grad.clone()
        adam.step()
        losses.append(value.item())
    tensors[f"{name}.losses"] = torch.tensor(losses)
    print(name, losses)


for model in ("row", "diagonal"):
    case(model, colours=1, height=4, width=6, levels=2, hidden=2, layers=2, head=4)
    case(model, colours=3, height=3, width=4, levels=3, hidden=3, layers=1, head=6)

golden.publish(__file__, tensors)
