"""The first ten losses and first gradients of a convolutional classifier (Adam 1e-3, batch 32).

    /usr/bin/python3 tests/golden/lenet.py

  1x28x28, convolutions of 5x5 with 8 and 16 maps, each followed by ReLU and the maximum over 2x2, 24 features behind
  ReLU, ten classes, softmax cross-entropy; neither dropout nor shifts.

Written from the formulas with torch.nn.functional. Weights, pixels and classes come from golden.uniform by seed: pixels are
uniform(550 + step, 32, 784) on [0, 1), classes the whole part of uniform(570 + step, 32) on [0, 10). Of the first step's
gradients every 29th number and the norm are kept; and the features and logits of the first batch before it.
"""

import math

import torch
from torch import nn
import torch.nn.functional as F

import golden

BATCH, STEPS = 32, 10
tensors = {}


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 8, 5, padding=2)
        self.c2 = nn.Conv2d(8, 16, 5, padding=2)
        self.hidden = nn.Linear(16 * 7 * 7, 24)
        self.output = nn.Linear(24, 10)

    def features(self, x):
        h = F.max_pool2d(F.relu(self.c1(x)), 2)
        h = F.max_pool2d(F.relu(self.c2(h)), 2)
        return F.relu(self.hidden(h.flatten(1)))


torch.set_num_threads(1)
model = LeNet()
for index, (name, parameter) in enumerate(model.named_parameters()):
    fan = parameter[0].numel() if parameter.dim() > 1 else 64
    bound = 2.0 ** -math.ceil(math.log2(math.sqrt(fan)))
    parameter.data.copy_(golden.uniform(530 + index, *parameter.shape, low=-bound, high=bound))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
losses = []
for step in range(STEPS):
    x = golden.uniform(550 + step, BATCH, 784, low=0.0, high=1.0).view(BATCH, 1, 28, 28)
    y = golden.uniform(570 + step, BATCH, low=0.0, high=10.0).floor().long()
    features = model.features(x)
    logits = model.output(features)
    loss = -logits.log_softmax(1)[torch.arange(BATCH), y].mean()
    optimizer.zero_grad()
    loss.backward()
    if step == 0:
        tensors["features"], tensors["logits"] = features.detach().clone(), logits.detach().clone()
        for index, parameter in enumerate(model.parameters()):
            tensors[f"grad.{index}"] = parameter.grad.flatten()[::29].clone()
            tensors[f"norm.{index}"] = parameter.grad.double().norm()
    optimizer.step()
    losses.append(loss.item())
tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
print(losses)

golden.publish(__file__, tensors)
