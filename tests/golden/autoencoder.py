"""The first ten losses and first gradients of three autoencoders (Adam 1e-3, batch 32).

    /usr/bin/python3 tests/golden/autoencoder.py

  dense   784-64-12, sigmoid units, cross-entropy between grey pixels and a sigmoid output
  linear  784-12 without hidden layers, squared error, asked for the whole image of one of which every fourth pixel is 0
  conv    28x28, convolutions of stride 2 with 8 and 16 channels, 32 units, a code of 12, ReLU, squared error

Written from the formulas with torch.nn.functional. Weights and pixels come from golden.uniform by seed: pixels are
uniform(450 + step, 32, 784) on [0, 1). Of the first step's gradients every 29th number and the norm are kept.
"""

import math

import torch
from torch import nn
import torch.nn.functional as F

import golden

BATCH, PIXELS, HIDDEN, LATENT, STEPS = 32, 784, 64, 12, 10
tensors = {}


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.f_hidden = nn.Linear(PIXELS, HIDDEN)
        self.f_code = nn.Linear(HIDDEN, LATENT)
        self.g_hidden = nn.Linear(LATENT, HIDDEN)
        self.g_out = nn.Linear(HIDDEN, PIXELS)

    def loss(self, x):
        z = self.f_code(torch.sigmoid(self.f_hidden(x)))
        y = torch.sigmoid(self.g_out(torch.sigmoid(self.g_hidden(z))))
        return F.binary_cross_entropy(y, x, reduction="sum") / BATCH


class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Linear(PIXELS, LATENT)
        self.g = nn.Linear(LATENT, PIXELS)

    def loss(self, x):
        damaged = x.clone()
        damaged[:, ::4] = 0
        return F.mse_loss(self.g(self.f(damaged)), x, reduction="sum") / BATCH


class Conv(nn.Module):
    def __init__(self):
        super().__init__()
        self.f_1 = nn.Conv2d(1, 8, 4, 2, 1)
        self.f_2 = nn.Conv2d(8, 16, 4, 2, 1)
        self.f_3 = nn.Linear(16 * 7 * 7, 32)
        self.f_4 = nn.Linear(32, LATENT)
        self.g_1 = nn.Linear(LATENT, 32)
        self.g_2 = nn.Linear(32, 16 * 7 * 7)
        self.g_3 = nn.ConvTranspose2d(16, 8, 4, 2, 1)
        self.g_4 = nn.ConvTranspose2d(8, 1, 4, 2, 1)

    def loss(self, x):
        image = x.view(BATCH, 1, 28, 28)
        h = F.relu(self.f_2(F.relu(self.f_1(image)))).flatten(1)
        z = self.f_4(F.relu(self.f_3(h)))
        h = F.relu(self.g_2(F.relu(self.g_1(z)))).view(BATCH, 16, 7, 7)
        y = self.g_4(F.relu(self.g_3(h)))
        return F.mse_loss(y, image, reduction="sum") / BATCH


torch.set_num_threads(1)
for label, first, model in (("dense", 410, Dense()), ("linear", 420, Linear()), ("conv", 430, Conv())):
    for index, (name, parameter) in enumerate(model.named_parameters()):
        fan = parameter[0].numel() if parameter.dim() > 1 else 64
        bound = 2.0 ** -math.ceil(math.log2(math.sqrt(fan)))
        parameter.data.copy_(golden.uniform(first + index, *parameter.shape, low=-bound, high=bound))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for step in range(STEPS):
        loss = model.loss(golden.uniform(450 + step, BATCH, PIXELS, low=0.0, high=1.0))
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            for index, parameter in enumerate(model.parameters()):
                tensors[f"{label}.grad.{index}"] = parameter.grad.flatten()[::29].clone()
                tensors[f"{label}.norm.{index}"] = parameter.grad.double().norm()
        optimizer.step()
        losses.append(loss.item())
    tensors[f"{label}.losses"] = torch.tensor(losses, dtype=torch.float64)
    print(label, losses)

golden.publish(__file__, tensors)
