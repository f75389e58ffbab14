"""The variational autoencoder of Kingma and Welling, 784-400-20, as one writes it in plain PyTorch."""
import torch
from torch import nn
from torch.nn import functional as F

from common import fill, measure, noise, pixels


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 40))
        self.decoder = nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784))


def negative_bound(model, x, noise):
    mu, log_var = model.encoder(x).chunk(2, dim=1)
    logits = model.decoder(mu + torch.exp(0.5 * log_var) * noise)
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kl = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    return (reconstruction + kl) / x.shape[0]


def build(bench, model, shape, latent):
    fill(model)
    optimizer = bench.adam(model.parameters(), lr=1e-3)
    batches = [pixels(shape, k) for k in range(8)]

    def train(x, noise):
        bench.zero_grad(optimizer)
        loss = negative_bound(model, x, noise)
        loss.backward()
        optimizer.step()
        return loss

    return (lambda k: train(batches[k % 8], noise((shape[0], latent), k, 1.7)).item(),
            lambda k: train(batches[k % 8], torch.randn(shape[0], latent)))


if __name__ == "__main__":
    measure(lambda bench: build(bench, VAE(), (128, 784), 20))
