"""One step of the discriminator and one of the generator of a DCGAN for 32x32 colour pictures, in plain PyTorch."""
import torch
from torch import nn
from torch.nn import functional as F

from common import fill, measure, noise

BATCH, LATENT = 128, 100


def generator():
    return nn.Sequential(
        nn.ConvTranspose2d(LATENT, 256, 4, bias=False), nn.BatchNorm2d(256), nn.ReLU(inplace=True),
        nn.ConvTranspose2d(256, 128, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(128), nn.ReLU(inplace=True),
        nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True),
        nn.ConvTranspose2d(64, 3, 4, stride=2, padding=1), nn.Tanh())


def discriminator():
    return nn.Sequential(
        nn.Conv2d(3, 64, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(64, 128, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(128), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(128, 256, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(256), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(256, 1, 4))


def loss(logits, real):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


def build(bench):
    net_g, net_d = generator(), discriminator()
    fill(net_g)
    fill(net_d)
    net_g, net_d = bench.layout(net_g), bench.layout(net_d)
    adam_g = bench.adam(net_g.parameters(), lr=2e-4, betas=(0.5, 0.999))
    adam_d = bench.adam(net_d.parameters(), lr=2e-4, betas=(0.5, 0.999))
    batches = [bench.layout(noise((BATCH, 3, 32, 32), k)) for k in range(4)]

    def train(real, noise):
        bench.zero_grad(adam_d)
        fake = net_g(noise)
        loss_d = loss(net_d(real), True) + loss(net_d(fake.detach()), False)
        loss_d.backward()
        adam_d.step()
        bench.zero_grad(adam_g)
        loss_g = loss(net_d(fake), True)
        loss_g.backward()
        adam_g.step()
        return loss_d, loss_g

    def check(k):
        loss_d, loss_g = train(batches[k % 4], noise((BATCH, LATENT, 1, 1), k, 1.7))
        return loss_d.item() + loss_g.item()

    return check, lambda k: train(batches[k % 4], torch.randn(BATCH, LATENT, 1, 1))


if __name__ == "__main__":
    measure(build)
