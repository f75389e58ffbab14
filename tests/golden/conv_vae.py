"""The first ten losses and first gradients of the convolutional VAE for 28x28 images (Adam 1e-3, batch 32).

    /usr/bin/python3 tests/golden/conv_vae.py

Its network is that of Figment.Models.Latent.ConvVae with default options and Bernoulli pixels. Weights, pixels and
noise come from golden.uniform and golden.normal by seed, as in vae.py: parameter i from seed 210 + i, a pixel is 1
where uniform(250 + step, 32, 784) exceeds uniform(249, 784), noise is normal(280 + step, 32, 32). Of the first step's
gradients every 97th number and the norm are kept.
"""

import math

import torch
from torch import nn
import torch.nn.functional as F

import golden

BATCH, LATENT, STEPS = 32, 32, 10
tensors = {}


class ConvVae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 32, 4, stride=2, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 4, stride=2, padding=1), nn.ReLU(),
            nn.Flatten(), nn.Linear(3136, 256), nn.ReLU(), nn.Linear(256, 2 * LATENT))
        self.decoder = nn.Sequential(
            nn.Linear(LATENT, 256), nn.ReLU(), nn.Linear(256, 3136), nn.Unflatten(1, (64, 7, 7)), nn.ReLU(),
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1), nn.ReLU(),
            nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1))

    def loss(self, x, noise):
        mean, log_var = self.encoder(x).chunk(2, 1)
        logits = self.decoder(mean + (log_var / 2).exp() * noise)
        reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / BATCH
        divergence = -0.5 * (1 + log_var - mean ** 2 - log_var.exp()).sum() / BATCH
        return reconstruction, divergence


torch.set_num_threads(1)
model = ConvVae()
for index, parameter in enumerate(model.parameters()):
    fan = parameter[0].numel() if parameter.dim() > 1 else 64
    bound = 2.0 ** -math.ceil(math.log2(math.sqrt(fan)))
    parameter.data.copy_(golden.uniform(210 + index, *parameter.shape, low=-bound, high=bound))

optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
threshold = golden.uniform(249, 784)
losses, reconstructions, divergences = [], [], []
for step in range(STEPS):
    x = (golden.uniform(250 + step, BATCH, 784) > threshold).float().reshape(BATCH, 1, 28, 28)
    reconstruction, divergence = model.loss(x, golden.normal(280 + step, BATCH, LATENT))
    loss = reconstruction + divergence
    optimizer.zero_grad()
    loss.backward()
    if step == 0:
        for name, parameter in model.named_parameters():
            tensors[f"grad.{name}"] = parameter.grad.flatten()[::97].clone()
            tensors[f"norm.{name}"] = parameter.grad.double().norm()
    optimizer.step()
    losses.append(loss.item())
    reconstructions.append(reconstruction.item())
    divergences.append(divergence.item())
tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
tensors["reconstructions"] = torch.tensor(reconstructions, dtype=torch.float64)
tensors["divergences"] = torch.tensor(divergences, dtype=torch.float64)
print(losses, divergences)

golden.publish(__file__, tensors)
