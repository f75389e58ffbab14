"""The first ten losses and first gradients of the VAE 784-400-20 (Bernoulli decoder, Adam 1e-3, batch 128).

    /usr/bin/python3 tests/golden/vae.py

Weights, pixels and noise come from golden.uniform and golden.normal by seed, so none is stored: a pixel is 1 where
uniform(50 + step, 128, 784) exceeds its column's threshold uniform(49, 784); noise is normal(80 + step, 128, 20). The
loss is the negative ELBO per example, in nats. Of the first step's gradients every 97th number and the norm are kept.
"""

import math

import torch
from torch import nn
import torch.nn.functional as F

import golden

BATCH, PIXELS, HIDDEN, LATENT, STEPS = 128, 784, 400, 20, 10
tensors = {}


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder_hidden = nn.Linear(PIXELS, HIDDEN)
        self.encoder_mean = nn.Linear(HIDDEN, LATENT)
        self.encoder_log_var = nn.Linear(HIDDEN, LATENT)
        self.decoder_hidden = nn.Linear(LATENT, HIDDEN)
        self.decoder_logits = nn.Linear(HIDDEN, PIXELS)

    def loss(self, x, noise):
        h = torch.tanh(self.encoder_hidden(x))
        mean, log_var = self.encoder_mean(h), self.encoder_log_var(h)
        z = mean + (log_var / 2).exp() * noise
        logits = self.decoder_logits(torch.tanh(self.decoder_hidden(z)))
        reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / BATCH
        divergence = -0.5 * (1 + log_var - mean ** 2 - log_var.exp()).sum() / BATCH
        return reconstruction, divergence


torch.set_num_threads(1)
model = Vae()
for index, (name, parameter) in enumerate(model.named_parameters()):
    fan_in = parameter.shape[1] if parameter.dim() == 2 else 64
    bound = 2.0 ** -math.ceil(math.log2(math.sqrt(fan_in)))
    parameter.data.copy_(golden.uniform(10 + index, *parameter.shape, low=-bound, high=bound))

optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
threshold = golden.uniform(49, PIXELS)
losses, reconstructions, divergences = [], [], []
for step in range(STEPS):
    x = (golden.uniform(50 + step, BATCH, PIXELS) > threshold).float()
    noise = golden.normal(80 + step, BATCH, LATENT)
    reconstruction, divergence = model.loss(x, noise)
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
print(losses)

golden.publish(__file__, tensors)
