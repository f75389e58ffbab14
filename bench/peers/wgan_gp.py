"""One step of the critic of a Wasserstein GAN with gradient penalty on 32x32 colour pictures, in plain PyTorch."""
import torch
from torch import nn

from common import fill, measure, noise

BATCH = 64


def penalty(critic, real, fake, mix):
    between = (fake + mix * (real - fake)).requires_grad_(True)
    gradient, = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    norm = (gradient.square().sum(dim=(1, 2, 3)) + 1e-12).sqrt()
    return (norm - 1).square().mean()


def build(bench):
    critic = nn.Sequential(
        nn.Conv2d(3, 64, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Conv2d(128, 256, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Conv2d(256, 1, 4))
    fill(critic)
    critic = bench.layout(critic)
    optimizer = bench.adam(critic.parameters(), lr=1e-4, betas=(0.0, 0.9))
    reals = [bench.layout(noise((BATCH, 3, 32, 32), k)) for k in range(4)]
    fakes = [bench.layout(noise((BATCH, 3, 32, 32), 1.5 + k)) for k in range(4)]

    def train(k, mix):
        bench.zero_grad(optimizer)
        real, fake = reals[k % 4], fakes[k % 4]
        loss = critic(fake).mean() - critic(real).mean() + 10 * penalty(critic, real, fake, mix)
        loss.backward()
        optimizer.step()
        return loss

    return (lambda k: train(k, noise((BATCH, 1, 1, 1), k, 0.5) + 0.5).item(),
            lambda k: train(k, torch.rand(BATCH, 1, 1, 1)))


if __name__ == "__main__":
    measure(build)
