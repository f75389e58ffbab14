"""First ten losses, first gradients and the last codebook of a small VQ-VAE (Gaussian pixels, moving-average codebook).

    /usr/bin/python3 tests/golden/vqvae.py

16x16 images; 16 codes of 4 numbers; 8 channels; one residual block. Weights come from golden.uniform by seed (310 and on,
in the order of the parameters), the codebook is uniform(300, 16, 4, -1, 1), images are uniform(350 + step, 8, 1, 16, 16).
The moving averages begin with counts 1 and the vectors as their sums, and keep 0.9 a step. The loss is the mean of nats a pixel
of N(map, 0.1^2) plus 0.25 times the mean squared distance of a code to its vector.
"""

import math

import torch
from torch import nn

import golden

BATCH, STEPS, CODES, SIZE, KEEP, SIGMA = 8, 10, 16, 4, 0.9, 0.1
tensors = {}


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.inside = nn.Conv2d(8, 4, 3, padding=1, bias=False)
        self.outside = nn.Conv2d(4, 8, 1, bias=False)

    def forward(self, x):
        return x + self.outside(torch.relu(self.inside(torch.relu(x))))


torch.set_num_threads(1)
down = nn.Sequential(nn.Conv2d(1, 4, 4, 2, 1), nn.ReLU(), nn.Conv2d(4, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1),
                     Block(), nn.ReLU(), nn.Conv2d(8, SIZE, 1))
up = nn.Sequential(nn.Conv2d(SIZE, 8, 3, padding=1), Block(), nn.ReLU(), nn.ConvTranspose2d(8, 4, 4, 2, 1), nn.ReLU(),
                   nn.ConvTranspose2d(4, 1, 4, 2, 1))
parameters = list(down.parameters()) + list(up.parameters())
for index, parameter in enumerate(parameters):
    fan_in = parameter[0].numel() if parameter.dim() > 1 else 64
    bound = 2.0 ** -math.ceil(math.log2(math.sqrt(fan_in)))
    parameter.data.copy_(golden.uniform(310 + index, *parameter.shape, low=-bound, high=bound))
vectors = golden.uniform(300, CODES, SIZE, low=-1, high=1)
counts, sums = torch.ones(CODES), vectors.clone()
optimizer = torch.optim.Adam(parameters, lr=1e-2)
losses, commitments = [], []
for step in range(STEPS):
    x = golden.uniform(350 + step, BATCH, 1, 16, 16)
    z = down(x)
    flat = z.detach().permute(0, 2, 3, 1).reshape(-1, SIZE)
    nearest = torch.cdist(flat, vectors).argmin(1)
    rounded = vectors[nearest].view(BATCH, 4, 4, SIZE).permute(0, 3, 1, 2)
    through = z + (rounded - z).detach()
    reconstruction = -torch.distributions.Normal(up(through), SIGMA).log_prob(x).mean()
    commitment = ((z - rounded) ** 2).sum(1).mean()
    loss = reconstruction + 0.25 * commitment
    optimizer.zero_grad()
    loss.backward()
    if step == 0:
        for index, parameter in enumerate(parameters):
            tensors[f"grad.{index}"] = parameter.grad.flatten()[::7].clone()
            tensors[f"norm.{index}"] = parameter.grad.double().norm()
        tensors["nearest"] = nearest.clone()
    optimizer.step()
    for code in range(CODES):
        mine = flat[nearest == code]
        counts[code] = KEEP * counts[code] + (1 - KEEP) * len(mine)
        sums[code] = KEEP * sums[code] + (1 - KEEP) * mine.sum(0)
    vectors = sums / counts[:, None]
    losses.append(loss.item())
    commitments.append(commitment.item())
tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
tensors["commitments"] = torch.tensor(commitments, dtype=torch.float64)
tensors["vectors"] = vectors
print(losses)

golden.publish(__file__, tensors)
