"""Three layers under torch.nn.utils.spectral_norm over three steps of gradient descent, from a given u, and then in
evaluation.

    /usr/bin/python3 tests/golden/spectral.py

  conv       3x3, 4 to 6 channels, stride 2, padding 1, on (3, 4, 5, 6)
  linear     5 to 3, on (4, 5)
  embedding  4 rows of 7 numbers, the rows 2, 0, 2

Case i (0, 1, 2) draws its parameters from uniform(1000 i + 1 + number) in [-1/2, 1/2), u from uniform(1000 i + 10),
brought to length 1, the input of step s from uniform(1000 i + 20 + s), the cotangent from uniform(1000 i + 30 + s); the
step's rate is 0.1. Keys: CASE.out.S, CASE.grad.PATH.S (before the step), CASE.gin.S, CASE.u.S (after the call), and
CASE.eval: what evaluation gives for the input of step 3, with sigma = |W^T u|: there v follows from u and the weight as
they are.
"""

import torch
from torch import nn
from torch.nn.utils import spectral_norm
import torch.nn.functional as F

import golden

tensors = {}
CASES = {
    "conv": (nn.Conv2d(4, 6, 3, stride=2, padding=1), (3, 4, 5, 6)),
    "linear": (nn.Linear(5, 3), (4, 5)),
    "embedding": (nn.Embedding(4, 7), None),
}

torch.set_num_threads(1)
for i, (name, (layer, shape)) in enumerate(CASES.items()):
    base = 1000 * i
    for number, parameter in enumerate(layer.parameters()):
        parameter.data.copy_(golden.uniform(base + 1 + number, *parameter.shape, low=-0.5, high=0.5))
    layer = spectral_norm(layer)
    layer.weight_u.copy_(F.normalize(golden.uniform(base + 10, *layer.weight_u.shape), dim=0))
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)

    def given(step):
        return golden.uniform(base + 20 + step, *shape) if shape else torch.tensor([2, 0, 2])

    for step in range(3):
        x = given(step)
        if shape:
            x.requires_grad_()
        optimizer.zero_grad()
        out = layer(x)
        (out * golden.uniform(base + 30 + step, *out.shape)).sum().backward()
        tensors[f"{name}.out.{step}"] = out.detach()
        tensors[f"{name}.u.{step}"] = layer.weight_u.clone()
        if shape:
            tensors[f"{name}.gin.{step}"] = x.grad
        for path, parameter in layer.named_parameters():
            tensors[f"{name}.grad.{path.replace('_orig', '')}.{step}"] = parameter.grad.clone()
        optimizer.step()

    with torch.no_grad():
        rows = layer.weight_orig.flatten(1)
        weight = layer.weight_orig / (rows.t() @ layer.weight_u).norm()
        x = given(3)
        tensors[f"{name}.eval"] = F.conv2d(x, weight, layer.bias, stride=2, padding=1) if name == "conv" \
            else F.linear(x, weight, layer.bias) if name == "linear" else F.embedding(x, weight)

golden.publish(__file__, tensors)
