"""The first ten losses of both players, their first gradients, the running statistics and the singular vectors at the
end, of six small adversarial networks that are told a class or find one.

    /usr/bin/python3 tests/golden/conditional_gans.py

  cgan     Mirza and Osindero 2014: rectifiers and maxout, no dropout, images in [0, 1], Adam 1e-2 with beta1 = 0.5
  acgan    Odena et al. 2016 on dcgan's networks, the classes counting half, Adam 2e-3 with beta1 = 0.5
  infogan  Chen et al. 2016 on dcgan's networks, three categories and two numbers, lambda 1 and 0.1, Adam 2e-3 with
           beta1 = 0.5, the discriminator's rate half of it
  sngan    Miyato et al. 2018, Miyato and Koyama 2018: hinge loss, two steps of the discriminator to one, descent 0.003
  sagan    Zhang et al. 2018: attention at 8x8, hinge loss, descent 0.0003 and 0.0012
  biggan   Brock et al. 2018: orthogonal regularisation 0.01, two steps to one, descent 0.0003 and 0.0012

Nothing that comes in is stored. Parameter i in the order of the names is uniform(100 + i), scaled as fill says; u of the
i-th spectral norm is normal(700 + i), brought to length 1. The data are sixteen pictures 1x16x16 of bytes
hash32(200, i) >> 24 with the classes CLASSES, in two batches of eight, in turn. Noise is normal(300 + step); InfoGAN's
category is the floor of uniform(500 + step) in [0, 3), its numbers are uniform(600 + step); step counts the steps of the
discriminator. A generator that plays does so in the discriminator's step, on the same noise. Keys: MODEL.losses.PLAYER;
MODEL.grad.PATH, every seventh number of the gradient in its player's first step; MODEL.norm.PATH;
MODEL.end.PATH.
"""

import math

import torch
from torch import nn
from torch.nn.utils import spectral_norm
import torch.nn.functional as F

import golden

BATCH, LATENT, PLAYS, K = 8, 5, 10, 3
CLASSES = torch.tensor([0, 1, 2, 1, 0, 2, 2, 1, 1, 1, 0, 2, 0, 0, 2, 1])
PICTURES = torch.tensor([golden.hash32(200, i) >> 24 for i in range(16 * 256)]).float().reshape(16, 1, 16, 16) / 255
tensors = {}


class Maxout(nn.Module):
    """Unit u is the largest of the rows pieces * u to pieces * u + pieces - 1 of one linear map."""

    def __init__(self, inputs, outputs, pieces):
        super().__init__()
        self.linear, self.pieces = nn.Linear(inputs, outputs * pieces), pieces

    def forward(self, x):
        return F.max_pool1d(self.linear(x).unsqueeze(1), self.pieces).squeeze(1)


# Each model: Generator(z, y, c) and Discriminator(x, y) to (score, further answers).


class CganGenerator(nn.Module):
    def __init__(self):
        super().__init__()
        self.of_noise, self.of_label = nn.Linear(LATENT, 6), nn.Linear(K, 7)
        self.of_both, self.to_pixels = nn.Linear(13, 9), nn.Linear(9, 256)

    def forward(self, z, y, c):
        h = torch.cat([F.relu(self.of_noise(z)), F.relu(self.of_label(F.one_hot(y, K).float()))], 1)
        return torch.sigmoid(self.to_pixels(F.relu(self.of_both(h)))).reshape(-1, 1, 16, 16)


class CganDiscriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.of_image, self.of_label = Maxout(256, 6, 5), Maxout(K, 4, 5)
        self.of_both, self.score = Maxout(10, 6, 4), nn.Linear(6, 1)

    def forward(self, x, y):
        h = torch.cat([self.of_image(x.flatten(1)), self.of_label(F.one_hot(y, K).float())], 1)
        return self.score(self.of_both(h))[:, 0], None


def upward(inputs):
    return nn.Sequential(
        nn.Unflatten(1, (inputs, 1, 1)),
        nn.ConvTranspose2d(inputs, 8, 4, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Tanh())


def downward():
    return [nn.Conv2d(1, 4, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(4, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.LeakyReLU(0.2)]


class AcganGenerator(nn.Sequential):
    def __init__(self):
        super().__init__(*upward(LATENT + K))

    def forward(self, z, y, c):
        return super().forward(torch.cat([z, F.one_hot(y, K).float()], 1))


class AcganDiscriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk, self.source, self.category = nn.Sequential(*downward()), nn.Linear(128, 1), nn.Linear(128, K)

    def forward(self, x, y):
        h = self.trunk(x).flatten(1)
        return self.source(h)[:, 0], self.category(h)


class InfoGanGenerator(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(LATENT + K + 2, 6, bias=False), nn.BatchNorm1d(6), nn.ReLU(), *upward(6))

    def forward(self, z, y, c):
        return super().forward(torch.cat([z, F.one_hot(c[0], K).float(), c[1]], 1))


class InfoGanDiscriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(*downward(), nn.Flatten(), nn.Linear(128, 6, bias=False), nn.BatchNorm1d(6),
                                   nn.LeakyReLU(0.1))
        self.source = nn.Linear(6, 1)
        self.recognition = nn.Sequential(nn.Linear(6, 4, bias=False), nn.BatchNorm1d(4), nn.LeakyReLU(0.1),
                                         nn.Linear(4, K + 2))

    def forward(self, x, y):
        h = self.trunk(x)
        return self.source(h)[:, 0], self.recognition(h)


def conv(inputs, outputs, kernel, bias=True):
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=bias)


def sn_conv(inputs, outputs, kernel, bias=True):
    return spectral_norm(conv(inputs, outputs, kernel, bias))


class ConditionalBatchNorm(nn.Module):
    def __init__(self, channels, make):
        super().__init__()
        self.norm, self.gamma, self.beta = nn.BatchNorm2d(channels, affine=False), make(channels), make(channels)

    def forward(self, x, c):
        return self.norm(x) * (1 + self.gamma(c))[:, :, None, None] + self.beta(c)[:, :, None, None]


class GeneratorBlock(nn.Module):
    def __init__(self, inputs, outputs, conv, make):
        super().__init__()
        self.norm1, self.norm2 = ConditionalBatchNorm(inputs, make), ConditionalBatchNorm(outputs, make)
        self.conv1, self.conv2 = conv(inputs, outputs, 3), conv(outputs, outputs, 3)
        self.shortcut = conv(inputs, outputs, 1)

    def forward(self, x, c):
        double = nn.Upsample(scale_factor=2)
        h = self.conv1(double(F.relu(self.norm1(x, c))))
        return self.conv2(F.relu(self.norm2(h, c))) + self.shortcut(double(x))


class DiscriminatorBlock(nn.Module):
    def __init__(self, inputs, outputs, first=False, halves=True):
        super().__init__()
        self.conv1, self.conv2 = sn_conv(inputs, outputs, 3), sn_conv(outputs, outputs, 3)
        self.shortcut = sn_conv(inputs, outputs, 1) if halves or inputs != outputs else None
        self.first, self.halves = first, halves

    def forward(self, x):
        h = self.conv2(F.relu(self.conv1(x if self.first else F.relu(x))))
        s = x if self.shortcut is None else self.shortcut(x)
        return F.avg_pool2d(h + s, 2) if self.halves else h + s


class SelfAttention(nn.Module):
    """Equations 1 to 3, place by place."""

    def __init__(self, channels):
        super().__init__()
        self.query = sn_conv(channels, channels // 8, 1, False)
        self.key = sn_conv(channels, channels // 8, 1, False)
        self.value = sn_conv(channels, channels // 2, 1, False)
        self.output = sn_conv(channels // 2, channels, 1, False)
        self.gamma = nn.Parameter(torch.zeros([]))

    def forward(self, x):
        f, g, h = self.query(x).flatten(2), self.key(x).flatten(2), self.value(x).flatten(2)  # (B, C', N)
        beta = torch.softmax(torch.einsum("bci,bcj->bij", f, g), 2)
        o = torch.einsum("bij,bcj->bci", beta, h)
        return self.gamma * self.output(o.reshape(*o.shape[:2], *x.shape[2:])) + x


class ProjectionHead(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.score, self.of_class = spectral_norm(nn.Linear(features, 1)), spectral_norm(nn.Embedding(K, features))

    def forward(self, h, y):
        phi = F.relu(h).sum((2, 3))
        return self.score(phi)[:, 0] + (self.of_class(y) * phi).sum(1)


class ResidualDiscriminator(nn.Module):
    def __init__(self, width, attention):
        super().__init__()
        parts = [DiscriminatorBlock(1, width, first=True), *([SelfAttention(width)] if attention else []),
                 DiscriminatorBlock(width, width), DiscriminatorBlock(width, width, halves=False),
                 DiscriminatorBlock(width, width, halves=False)]
        setattr(self, "layers" if attention else "blocks", nn.Sequential(*parts))
        self.parts, self.head = [parts], ProjectionHead(width)

    def forward(self, x, y):
        for part in self.parts[0]:
            x = part(x)
        return self.head(x, y), None


class ResidualGenerator(nn.Module):
    """16x16 from 4x4; attention at 8x8."""

    def __init__(self, width, dense, conv, make, attention):
        super().__init__()
        self.dense, self.width = dense, width
        self.blocks = nn.ModuleList([GeneratorBlock(width, width, conv, make) for _ in range(2)])
        self.attention = SelfAttention(width) if attention else None
        self.norm, self.to_pixels = nn.BatchNorm2d(width), conv(width, 1, 3)

    def forward(self, z, y, c):
        first, *conditions = self.parts(z, y)
        h = self.blocks[0](self.dense(first).reshape(-1, self.width, 4, 4), conditions[0])
        h = self.blocks[1](h if self.attention is None else self.attention(h), conditions[1])
        return torch.tanh(self.to_pixels(F.relu(self.norm(h))))

    def parts(self, z, y):
        return z, F.one_hot(y, K).float(), F.one_hot(y, K).float()


class BigGanGenerator(ResidualGenerator):
    """z is three parts of 3, the embedding 4 numbers."""

    def __init__(self):
        super().__init__(8, spectral_norm(nn.Linear(3, 8 * 16)), sn_conv,
                         lambda channels: spectral_norm(nn.Linear(4 + 3, channels, bias=False)), True)
        self.shared = nn.Embedding(K, 4)

    def parts(self, z, y):
        e = self.shared(y)
        return z[:, :3], torch.cat([e, z[:, 3:6]], 1), torch.cat([e, z[:, 6:]], 1)


class Players(nn.Module):
    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator


def table(channels):
    return nn.Linear(K, channels, bias=False)


def path_of(name):
    return name.replace("_orig", "").replace("weight_u", "norm.u")


def fill(model):
    for i, (path, parameter) in enumerate(sorted((path_of(n), p) for n, p in model.named_parameters())):
        if parameter.dim() == 0:  # of attention
            low, high = 0.25, 0.75
        elif parameter.dim() == 1 and path.endswith("weight"):  # of batch normalisation
            low, high = 0.75, 1.25
        else:
            fan_in = parameter[0].numel() if parameter.dim() > 1 else 64
            high = 2.0 ** -math.ceil(math.log2(math.sqrt(fan_in)))
            low = -high
        parameter.data.copy_(golden.uniform(100 + i, *parameter.shape, low=low, high=high))
    us = sorted((path_of(n), b) for n, b in model.named_buffers() if n.endswith("weight_u"))
    for i, (_, u) in enumerate(us):
        drawn = golden.normal(700 + i, *u.shape)
        u.copy_(drawn / drawn.norm())


def bce(logit, target):
    return F.binary_cross_entropy_with_logits(logit, torch.full_like(logit, target))


def logistic():
    return lambda real, fake: bce(real, 1.0) + bce(fake, 0.0), lambda fake: bce(fake, 1.0)


def hinge():
    return lambda real, fake: F.relu(1 - real).mean() + F.relu(1 + fake).mean(), lambda fake: -fake.mean()


def of_classes(real, fake, y, c):
    """What the players of acgan and infogan minimise besides: the discriminator's, the generator's."""
    ours = 0.5 * F.cross_entropy(fake, y)
    return (0.5 * F.cross_entropy(real, y) if real is not None else 0) + ours


def of_codes(real, fake, y, c):
    numbers = (0.5 * (fake[:, K:] - c[1]) ** 2).sum(1).mean()
    return F.cross_entropy(fake[:, :K], c[0]) + 0.1 * numbers


def not_orthogonal(generator):
    total = 0
    for name, parameter in generator.named_parameters():
        if parameter.dim() > 1 and name != "shared.weight":
            w = parameter.flatten(1)
            total = total + ((w @ w.t()) * (1 - torch.eye(len(w)))).square().sum()
    return 0.01 * total


def run(name, model, optimizers, losses, steps=1, latent=LATENT, centred=True, further=None, penalty=None):
    fill(model)
    d_loss, g_loss = losses
    optimizer = dict(zip(("discriminator", "generator"), optimizers(model.discriminator, model.generator)))
    values = {"discriminator": [], "generator": []}

    def play(player, loss):
        optimizer[player].zero_grad()
        loss.backward()
        if not values[player]:
            for path, parameter in getattr(model, player).named_parameters():
                path = f"{player}.{path_of(path)}"
                tensors[f"{name}.grad.{path}"] = parameter.grad.flatten()[::7].clone()
                tensors[f"{name}.norm.{path}"] = parameter.grad.double().norm()
        optimizer[player].step()
        values[player].append(loss.item())

    for step in range(PLAYS * steps):
        rows = slice(8, 16) if step % 2 else slice(0, 8)
        real, y = PICTURES[rows] * 2 - 1 if centred else PICTURES[rows], CLASSES[rows]
        c = golden.uniform(500 + step, BATCH, low=0.0, high=float(K)).long(), golden.uniform(600 + step, BATCH, 2)
        plays = (step + 1) % steps == 0
        with torch.set_grad_enabled(plays):
            fake = model.generator(golden.normal(300 + step, BATCH, latent), y, c)
        of_real, of_fake = model.discriminator(real, y), model.discriminator(fake.detach(), y)
        loss = d_loss(of_real[0], of_fake[0])
        if further is not None:
            loss = loss + further(of_real[1], of_fake[1], y, c)
        play("discriminator", loss)
        if plays:
            score, answer = model.discriminator(fake, y)
            loss = g_loss(score)
            if further is not None:
                loss = loss + further(None, answer, y, c)
            if penalty is not None:
                loss = loss + penalty(model.generator)
            play("generator", loss)
    for player, numbers in values.items():
        tensors[f"{name}.losses.{player}"] = torch.tensor(numbers[:PLAYS], dtype=torch.float64)
        print(name, player, [round(n, 4) for n in numbers[:PLAYS]])
    for path, buffer in model.named_buffers():
        if "running" in path or path.endswith("weight_u"):
            tensors[f"{name}.end.{path_of(path)}"] = buffer.clone()


def adam(rate, factor=1.0):
    return lambda d, g: (torch.optim.Adam(d.parameters(), lr=rate * factor, betas=(0.5, 0.999)),
                         torch.optim.Adam(g.parameters(), lr=rate, betas=(0.5, 0.999)))


def descent(rate, factor=1.0):
    return lambda d, g: (torch.optim.SGD(d.parameters(), lr=rate * factor), torch.optim.SGD(g.parameters(), lr=rate))


torch.set_num_threads(1)
run("cgan", Players(CganGenerator(), CganDiscriminator()), adam(1e-2), logistic(), centred=False)
run("acgan", Players(AcganGenerator(), AcganDiscriminator()), adam(2e-3), logistic(), further=of_classes)
run("infogan", Players(InfoGanGenerator(), InfoGanDiscriminator()), adam(2e-3, 0.5), logistic(), further=of_codes)
run("sngan", Players(ResidualGenerator(6, nn.Linear(LATENT, 6 * 16), conv, table, False),
                     ResidualDiscriminator(4, False)), descent(0.003), hinge(), steps=2)
run("sagan", Players(ResidualGenerator(8, spectral_norm(nn.Linear(LATENT, 8 * 16)), sn_conv, table, True),
                     ResidualDiscriminator(8, True)), descent(0.0003, 4), hinge())
run("biggan", Players(BigGanGenerator(), ResidualDiscriminator(8, True)), descent(0.0003, 4), hinge(), steps=2, latent=9,
    penalty=not_orthogonal)

golden.publish(__file__, tensors)
