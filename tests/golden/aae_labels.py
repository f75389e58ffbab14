"""The first ten losses of every player and first gradients of the adversarial autoencoders with labels (Makhzani et al.
2015, sections 4 and 5): 144-48-32-3 with four classes, Gaussian prior of standard deviation 2, Adam of each player with
beta1 = 0.5, 2e-3 for the reconstruction and the classification and 1e-3 for discriminators and generators, batch 32.

    /usr/bin/python3 tests/golden/aae_labels.py

Keys begin with supervised or semi. Weights, pixels, draws of the priors and labels come from golden.uniform and
golden.normal by seed, so none is stored: pixels are (uniform(50 + step) + 1) / 2, draws of the style 2 normal(80 + step,
32, 3), labels of the batch hash32(110 + step, i) % 4 (one-hot, they are the draws of the class for the semi-supervised
one). Its labelled images are (uniform(140 + step, 8, 144) + 1) / 2 with labels hash32(170 + step, i) % 4. Of the first
step's gradients of each player, each after the updates before it, every seventh number and the norm are kept.

Here reconstruction errors are taken pixel by pixel, the label enters the decoder as a second input of its first layer,
and q(y|x) is held against one-hot vectors, written out without any of the shared parts of the other side.
"""

import math

import torch
from torch import nn
import torch.nn.functional as F

import golden

BATCH, LABELLED, PIXELS, HIDDEN, LATENT, CLASSES, STEPS = 32, 8, 144, (48, 32), 3, 4, 10
tensors = {}
torch.set_num_threads(1)


class Network(nn.Module):
    def __init__(self, inputs, first, second, outputs):
        super().__init__()
        self.one, self.two, self.three = nn.Linear(inputs, first), nn.Linear(first, second), nn.Linear(second, outputs)

    def forward(self, *parts):
        # The first layer's weight falls into a block for each part.
        widths = [part.shape[1] for part in parts]
        blocks = self.one.weight.split(widths, dim=1)
        h = self.one.bias + sum(part @ block.t() for part, block in zip(parts, blocks))
        return self.three(torch.relu(self.two(torch.relu(h))))


def fill(networks):
    seed = 10
    for network in networks:
        for parameter in network.parameters():
            fan_in = parameter.shape[1] if parameter.dim() == 2 else 64
            bound = 2.0 ** -math.ceil(math.log2(math.sqrt(fan_in)))
            parameter.data.copy_(golden.uniform(seed, *parameter.shape, low=-bound, high=bound))
            seed += 1


def labels_of(seed, count):
    return torch.tensor([golden.hash32(seed, i) % CLASSES for i in range(count)])


def hard(labels):
    return torch.eye(CLASSES)[labels]


def wrong(logit, target):
    return -(F.logsigmoid(logit) if target else F.logsigmoid(-logit)).sum() / len(logit)


class Game:
    """Plays the players of one model: each has its own Adam over its networks' parameters."""

    def __init__(self, title, networks, players):
        self.title, self.networks = title, networks
        fill(networks.values())
        self.players = {name: (parts, torch.optim.Adam([p for part in parts for p in networks[part].parameters()],
                                                       lr=rate, betas=(0.5, 0.999)))
                        for name, (parts, rate) in players.items()}
        self.losses = {name: [] for name in players}

    def play(self, name, loss, first):
        parts, optimizer = self.players[name]
        for network in self.networks.values():
            network.zero_grad()
        loss.backward()
        if first:
            for part in parts:
                for path, parameter in self.networks[part].named_parameters():
                    key = f"{name}.{part}.{path}"
                    tensors[f"{self.title}.grad.{key}"] = parameter.grad.flatten()[::7].clone()
                    tensors[f"{self.title}.norm.{key}"] = parameter.grad.double().norm()
        optimizer.step()
        self.losses[name].append(loss.item())

    def keep(self):
        for name, values in self.losses.items():
            tensors[f"{self.title}.losses.{name}"] = torch.tensor(values, dtype=torch.float64)
            print(self.title, name, values)


def half_squared_error(x, logits):
    return (x - torch.sigmoid(logits)).pow(2).sum() / (2 * len(x))


encoder, decoder = Network(PIXELS, *HIDDEN, LATENT), Network(LATENT + CLASSES, *reversed(HIDDEN), PIXELS)
judge = Network(LATENT, *HIDDEN, 1)
game = Game("supervised", {"encoder": encoder, "decoder": decoder, "discriminator": judge}, {
    "reconstruction": (("encoder", "decoder"), 2e-3),
    "discriminator": (("discriminator",), 1e-3),
    "generator": (("encoder",), 1e-3),
})
for step in range(STEPS):
    x = (golden.uniform(50 + step, BATCH, PIXELS) + 1) / 2
    z = 2 * golden.normal(80 + step, BATCH, LATENT)
    y = hard(labels_of(110 + step, BATCH))
    game.play("reconstruction", half_squared_error(x, decoder(encoder(x), y)), step == 0)
    game.play("discriminator", wrong(judge(z), True) + wrong(judge(encoder(x).detach()), False), step == 0)
    game.play("generator", wrong(judge(encoder(x)), True), step == 0)
game.keep()

encoder, decoder = Network(PIXELS, *HIDDEN, LATENT + CLASSES), Network(LATENT + CLASSES, *reversed(HIDDEN), PIXELS)
of_style, of_class = Network(LATENT, *HIDDEN, 1), Network(CLASSES, *HIDDEN, 1)
game = Game("semi", {"encoder": encoder, "decoder": decoder, "style_discriminator": of_style,
                     "class_discriminator": of_class}, {
    "reconstruction": (("encoder", "decoder"), 2e-3),
    "style-discriminator": (("style_discriminator",), 1e-3),
    "class-discriminator": (("class_discriminator",), 1e-3),
    "style-generator": (("encoder",), 1e-3),
    "class-generator": (("encoder",), 1e-3),
    "classification": (("encoder",), 2e-3),
})


def codes(x):
    h = encoder(x)
    return h[:, :LATENT], h[:, LATENT:]


def chosen(a):
    e = torch.exp(a - a.max(1, keepdim=True).values)
    return e / e.sum(1, keepdim=True)


for step in range(STEPS):
    x = (golden.uniform(50 + step, BATCH, PIXELS) + 1) / 2
    z = 2 * golden.normal(80 + step, BATCH, LATENT)
    y = hard(labels_of(110 + step, BATCH))
    few = (golden.uniform(140 + step, LABELLED, PIXELS) + 1) / 2
    names = labels_of(170 + step, LABELLED)
    zx, ax = codes(x)
    game.play("reconstruction", half_squared_error(x, decoder(zx, chosen(ax))), step == 0)
    zx, ax = (part.detach() for part in codes(x))
    game.play("style-discriminator", wrong(of_style(z), True) + wrong(of_style(zx), False), step == 0)
    game.play("class-discriminator", wrong(of_class(y), True) + wrong(of_class(chosen(ax)), False), step == 0)
    game.play("style-generator", wrong(of_style(codes(x)[0]), True), step == 0)
    game.play("class-generator", wrong(of_class(chosen(codes(x)[1])), True), step == 0)
    a = codes(few)[1]
    game.play("classification", (torch.logsumexp(a, 1) - a[torch.arange(LABELLED), names]).mean(), step == 0)
game.keep()

golden.publish(__file__, tensors)
