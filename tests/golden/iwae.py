"""The first ten losses and first gradients of an importance weighted autoencoder, 784-64-48-12, tanh, k = 5 (Adam 1e-3).

    /usr/bin/python3 tests/golden/iwae.py

Written from Burda et al. 2016 with torch.distributions. The loss is equation 8, but the gradient is made by equations
13 and 14: the weights w~ are computed first and taken as constants. Weights, pixels and noise come from golden.uniform
and golden.normal by seed: a pixel is 1 where uniform(350 + step, 32, 784) exceeds its column's threshold
uniform(349, 784); noise is normal(380 + step, 5, 32, 12). Of the first step's gradients every 29th number and the norm
are kept.
"""

import math

import torch
from torch import nn
from torch.distributions import Bernoulli, Normal

import golden

BATCH, PIXELS, HIDDEN, LATENT, SAMPLES, STEPS = 32, 784, (64, 48), 12, 5, 10
tensors = {}


class Iwae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder_1 = nn.Linear(PIXELS, HIDDEN[0])
        self.encoder_2 = nn.Linear(HIDDEN[0], HIDDEN[1])
        self.encoder_out = nn.Linear(HIDDEN[1], 2 * LATENT)
        self.decoder_1 = nn.Linear(LATENT, HIDDEN[1])
        self.decoder_2 = nn.Linear(HIDDEN[1], HIDDEN[0])
        self.decoder_out = nn.Linear(HIDDEN[0], PIXELS)

    def log_weights(self, x, noise):
        h = torch.tanh(self.encoder_2(torch.tanh(self.encoder_1(x))))
        out = self.encoder_out(h)
        mean, sigma = out[:, :LATENT], torch.exp(out[:, LATENT:] / 2)
        z = mean + sigma * noise
        logits = self.decoder_out(torch.tanh(self.decoder_2(torch.tanh(self.decoder_1(z)))))
        log_likelihood = Bernoulli(logits=logits).log_prob(x.expand_as(logits)).sum(-1)
        return log_likelihood + Normal(0.0, 1.0).log_prob(z).sum(-1) - Normal(mean, sigma).log_prob(z).sum(-1)


torch.set_num_threads(1)
model = Iwae()
for index, (name, parameter) in enumerate(model.named_parameters()):
    fan_in = parameter.shape[1] if parameter.dim() == 2 else 64
    bound = 2.0 ** -math.ceil(math.log2(math.sqrt(fan_in)))
    parameter.data.copy_(golden.uniform(310 + index, *parameter.shape, low=-bound, high=bound))

optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
threshold = golden.uniform(349, PIXELS)
losses, singles = [], []
for step in range(STEPS):
    x = (golden.uniform(350 + step, BATCH, PIXELS) > threshold).float()
    noise = golden.normal(380 + step, SAMPLES, BATCH, LATENT)
    log_w = model.log_weights(x, noise)
    shares = torch.softmax(log_w, dim=0).detach()
    optimizer.zero_grad()
    (-(shares * log_w).sum(0).mean()).backward()
    if step == 0:
        for name, parameter in model.named_parameters():
            tensors[f"grad.{name}"] = parameter.grad.flatten()[::29].clone()
            tensors[f"norm.{name}"] = parameter.grad.double().norm()
    optimizer.step()
    losses.append(-log_w.detach().double().exp().mean(0).log().mean().item())
    singles.append(-log_w.mean().item())
tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
tensors["singles"] = torch.tensor(singles, dtype=torch.float64)
print(losses)

golden.publish(__file__, tensors)
