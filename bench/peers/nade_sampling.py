"""128 images from the NADE of nade.py, pixel by pixel."""
import torch
from torch.nn import functional as F

from common import measure
from nade import BATCH, NADE
from scattered import fill


def build(bench):
    model = NADE()
    fill(model)
    generator = torch.Generator().manual_seed(1)

    @torch.no_grad()
    def check(k):
        x = model.sample(BATCH, torch.Generator().manual_seed(100 + k))
        return F.binary_cross_entropy_with_logits(model(x), x).item()

    return check, lambda k: model.sample(BATCH, generator)


if __name__ == "__main__":
    measure(build, checks=5)
