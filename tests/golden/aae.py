"""The first ten losses of the three players and first gradients of an adversarial autoencoder 144-48-32-3 (Makhzani et
al. 2015): Gaussian prior of standard deviation 2, Adam of each player with beta1 = 0.5, 2e-3 for the reconstruction and
1e-3 for discriminator and generator, batch 32.

    /usr/bin/python3 tests/golden/aae.py

Weights, pixels and draws of the prior come from golden.uniform and golden.normal by seed, so none is stored: pixels are
(uniform(50 + step) + 1) / 2, draws are 2 normal(80 + step, 32, 3). Of the first step's gradients of each player (those
of the reconstruction, then of the discriminator, then of the encoder as the generator, each after the updates before
it) every seventh number and the norm are kept.
"""

import math

import torch
from torch import nn
import torch.nn.functional as F

import golden

BATCH, PIXELS, HIDDEN, LATENT, STEPS = 32, 144, (48, 32), 3, 10
tensors = {}


class Network(nn.Module):
    def __init__(self, inputs, first, second, outputs):
        super().__init__()
        self.one, self.two, self.three = nn.Linear(inputs, first), nn.Linear(first, second), nn.Linear(second, outputs)

    def forward(self, x):
        return self.three(torch.relu(self.two(torch.relu(self.one(x)))))


torch.set_num_threads(1)
encoder = Network(PIXELS, *HIDDEN, LATENT)
decoder = Network(LATENT, *reversed(HIDDEN), PIXELS)
discriminator = Network(LATENT, *HIDDEN, 1)
names = {"encoder": encoder, "decoder": decoder, "discriminator": discriminator}
seed = 10
for network in names.values():
    for parameter in network.parameters():
        fan_in = parameter.shape[1] if parameter.dim() == 2 else 64
        bound = 2.0 ** -math.ceil(math.log2(math.sqrt(fan_in)))
        parameter.data.copy_(golden.uniform(seed, *parameter.shape, low=-bound, high=bound))
        seed += 1


def adam(parameters, rate):
    return torch.optim.Adam(parameters, lr=rate, betas=(0.5, 0.999))


players = {
    "reconstruction": (adam([*encoder.parameters(), *decoder.parameters()], 2e-3), ("encoder", "decoder")),
    "discriminator": (adam(discriminator.parameters(), 1e-3), ("discriminator",)),
    "generator": (adam(encoder.parameters(), 1e-3), ("encoder",)),
}
losses = {name: [] for name in players}


def play(player, loss, first):
    optimizer, parts = players[player]
    for network in names.values():
        network.zero_grad()
    loss.backward()
    if first:
        for part in parts:
            for name, parameter in names[part].named_parameters():
                tensors[f"grad.{player}.{part}.{name}"] = parameter.grad.flatten()[::7].clone()
                tensors[f"norm.{player}.{part}.{name}"] = parameter.grad.double().norm()
    optimizer.step()
    losses[player].append(loss.item())


for step in range(STEPS):
    x = (golden.uniform(50 + step, BATCH, PIXELS) + 1) / 2
    z = 2 * golden.normal(80 + step, BATCH, LATENT)
    play("reconstruction", F.mse_loss(torch.sigmoid(decoder(encoder(x))), x, reduction="sum") / (2 * BATCH), step == 0)
    real, fake = discriminator(z), discriminator(encoder(x).detach())
    play("discriminator", F.binary_cross_entropy_with_logits(real, torch.ones_like(real))
         + F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake)), step == 0)
    fake = discriminator(encoder(x))
    play("generator", F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake)), step == 0)
for name, values in losses.items():
    tensors[f"losses.{name}"] = torch.tensor(values, dtype=torch.float64)
    print(name, values)

golden.publish(__file__, tensors)
