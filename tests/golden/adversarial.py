"""The first ten losses of both players, their first gradients and the running statistics at the end, of five small
adversarial networks.

    /usr/bin/python3 tests/golden/adversarial.py

  gan      Goodfellow et al. 2014: 5-24-16-36 with rectifiers and a sigmoid against maxout 36-12-8-1 of three pieces,
           no dropout, the minimax loss, Adam 1e-2 with beta1 = 0.5, the discriminator's rate half of it
  dcgan    Radford et al. 2015 on 16x16: batch normalisation in both, the non-saturating loss, Adam 2e-3, beta1 = 0.5
  wgan     Arjovsky et al. 2017 on 16x16: weights clipped to 0.1, RMSprop 2e-3, five steps of the critic to one of the
           generator
  wgan_gp  Gulrajani et al. 2017 on 3x16x8: no normalisation in the critic, penalty 10, Adam 1e-3 with beta1 = 0 and
           beta2 = 0.9, two steps of the critic to one of the generator
  lab      points of a plane: 5-16-12-2 with rectifiers against 2-16-12-1 with leaky ones, least squares, R1 of gamma 2
           in every third step and three times as strong (Mescheder et al. 2018), Adam 5e-3 with beta1 = 0.5

Nothing that comes in is stored: parameter i of a model (the generator's first, in the order of the layers) is
uniform(100 + i), images are (uniform(200 + step) + 1) / 2, noise is normal(300 + step), the places of the penalty are
uniform(400 + step) in [0, 1), where step counts the steps of the discriminator. A generator that plays does so in the
discriminator's step, on the same noise. Keys: MODEL.losses.PLAYER; MODEL.grad.PATH, every seventh number of the
gradient in its player's first step; MODEL.norm.PATH; MODEL.end.PATH, running mean and variance after the last step.
"""

import math

import torch
from torch import nn
import torch.nn.functional as F

import golden

BATCH, LATENT, PLAYS = 8, 5, 10
tensors = {}


class Maxout(nn.Module):
    """Unit u is the largest of the rows pieces * u to pieces * u + pieces - 1 of one linear map."""

    def __init__(self, inputs, outputs, pieces):
        super().__init__()
        self.linear, self.pieces = nn.Linear(inputs, outputs * pieces), pieces

    def forward(self, x):
        return F.max_pool1d(self.linear(x).unsqueeze(1), self.pieces).squeeze(1)


class Players(nn.Module):
    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator


def dense():
    generator = nn.Sequential(nn.Linear(LATENT, 24), nn.ReLU(), nn.Linear(24, 16), nn.ReLU(), nn.Linear(16, 36),
                              nn.Sigmoid(), nn.Unflatten(1, (1, 6, 6)))
    discriminator = nn.Sequential(nn.Flatten(), nn.Identity(), Maxout(36, 12, 3), nn.Identity(), Maxout(12, 8, 3),
                                  nn.Identity(), nn.Linear(8, 1))
    return Players(generator, discriminator)


def square(normalized):
    """16x16 grey, by 8 and 4."""
    generator = nn.Sequential(
        nn.Unflatten(1, (LATENT, 1, 1)),
        nn.ConvTranspose2d(LATENT, 8, 4, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Tanh())
    discriminator = nn.Sequential(
        nn.Conv2d(1, 4, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(4, 8, 4, 2, 1, bias=not normalized), *([nn.BatchNorm2d(8)] if normalized else []), nn.LeakyReLU(0.2),
        nn.Conv2d(8, 1, 4), nn.Flatten())
    return Players(generator, discriminator)


def oblong():
    """3x16x8, by 8x4: a side of 4 is not halved."""
    generator = nn.Sequential(
        nn.Unflatten(1, (LATENT, 1, 1)),
        nn.ConvTranspose2d(LATENT, 6, (8, 4), bias=False), nn.BatchNorm2d(6), nn.ReLU(),
        nn.ConvTranspose2d(6, 3, 4, 2, 1), nn.Tanh())
    discriminator = nn.Sequential(nn.Conv2d(3, 6, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(6, 1, (8, 4)), nn.Flatten())
    return Players(generator, discriminator)


def plane():
    generator = nn.Sequential(nn.Linear(LATENT, 16), nn.ReLU(), nn.Linear(16, 12), nn.ReLU(), nn.Linear(12, 2),
                              nn.Unflatten(1, (1, 1, 2)))
    discriminator = nn.Sequential(nn.Flatten(), nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 12),
                                  nn.LeakyReLU(0.2), nn.Linear(12, 1))
    return Players(generator, discriminator)


def fill(model):
    for i, (name, parameter) in enumerate(model.named_parameters()):
        if parameter.dim() == 1 and name.endswith("weight"):  # of batch normalisation
            low, high = 0.75, 1.25
        else:
            fan_in = parameter[0].numel() if parameter.dim() > 1 else 64
            high = 2.0 ** -math.ceil(math.log2(math.sqrt(fan_in)))
            low = -high
        parameter.data.copy_(golden.uniform(100 + i, *parameter.shape, low=low, high=high))


def penalty(discriminator, real, fake, step):
    epsilon = golden.uniform(400 + step, BATCH, 1, 1, 1, low=0.0, high=1.0)
    x = (epsilon * real + (1 - epsilon) * fake).requires_grad_()
    slope, = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    return 10 * ((slope.reshape(BATCH, -1).norm(dim=1) - 1) ** 2).mean()


def r1(discriminator, real, fake, step):
    if step % 3:
        return None
    x = real.clone().requires_grad_()
    slope, = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    return 3 * 2 / 2 * slope.pow(2).sum(dim=(1, 2, 3)).mean()


def bce(logit, target):
    return F.binary_cross_entropy_with_logits(logit, torch.full_like(logit, target))


def run(name, model, shape, optimizers, losses, steps=1, centred=True, restraint=None, clip=None):
    fill(model)
    d_loss, g_loss = losses
    d_optimizer, g_optimizer = optimizers(model.discriminator, 0.5 if name == "gan" else 1), optimizers(
        model.generator, 1)
    values = {"discriminator": [], "generator": []}

    def play(player, optimizer, loss):
        optimizer.zero_grad()
        loss.backward()
        if not values[player]:
            for path, parameter in getattr(model, player).named_parameters():
                tensors[f"{name}.grad.{player}.{path}"] = parameter.grad.flatten()[::7].clone()
                tensors[f"{name}.norm.{player}.{path}"] = parameter.grad.double().norm()
        optimizer.step()
        values[player].append(loss.item())

    for step in range(PLAYS * steps):
        x = (golden.uniform(200 + step, BATCH, *shape) + 1) / 2
        real = 2 * x - 1 if centred else x
        plays = (step + 1) % steps == 0
        with torch.set_grad_enabled(plays):
            fake = model.generator(golden.normal(300 + step, BATCH, LATENT))
        still = fake.detach()
        loss = d_loss(model.discriminator(real).squeeze(1), model.discriminator(still).squeeze(1))
        term = None if restraint is None else restraint(model.discriminator, real, still, step)
        if term is not None:
            loss = loss + term
        play("discriminator", d_optimizer, loss)
        if clip is not None:
            with torch.no_grad():
                for parameter in model.discriminator.parameters():
                    parameter.clamp_(-clip, clip)
        if plays:
            play("generator", g_optimizer, g_loss(model.discriminator(fake).squeeze(1)))
    for player, numbers in values.items():
        tensors[f"{name}.losses.{player}"] = torch.tensor(numbers[:PLAYS], dtype=torch.float64)
        print(name, player, numbers[:PLAYS])
    for path, buffer in model.named_buffers():
        if "running" in path:
            tensors[f"{name}.end.{path}"] = buffer.clone()


def adam(rate, beta1, beta2):
    return lambda module, factor: torch.optim.Adam(module.parameters(), lr=rate * factor, betas=(beta1, beta2))


def rmsprop(rate):
    return lambda module, factor: torch.optim.RMSprop(module.parameters(), lr=rate * factor)


torch.set_num_threads(1)
wasserstein = (lambda real, fake: fake.mean() - real.mean(), lambda fake: -fake.mean())
run("gan", dense(), (1, 6, 6), adam(1e-2, 0.5, 0.999), centred=False, losses=(
    lambda real, fake: bce(real, 1.0) + bce(fake, 0.0), lambda fake: -bce(fake, 0.0)))
run("dcgan", square(True), (1, 16, 16), adam(2e-3, 0.5, 0.999), losses=(
    lambda real, fake: bce(real, 1.0) + bce(fake, 0.0), lambda fake: bce(fake, 1.0)))
run("wgan", square(True), (1, 16, 16), rmsprop(2e-3), wasserstein, steps=5, clip=0.1)
run("wgan_gp", oblong(), (3, 16, 8), adam(1e-3, 0.0, 0.9), wasserstein, steps=2, restraint=penalty)
run("lab", plane(), (1, 1, 2), adam(5e-3, 0.5, 0.999), centred=False, restraint=r1, losses=(
    lambda real, fake: 0.5 * (F.mse_loss(real, torch.ones_like(real)) + F.mse_loss(fake, torch.zeros_like(fake))),
    lambda fake: 0.5 * F.mse_loss(fake, torch.ones_like(fake))))

golden.publish(__file__, tensors)
