"""Opens a data set and gives out each of its pictures once, shuffled, as batches of float32, in plain PyTorch with Pillow.

The files are made by Figment's side: build/bench/{png,jpeg,idx}.
"""
import os
import sys

import numpy
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

from common import measure

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "bench")


class Pictures(Dataset):
    def __init__(self, folder):
        self.paths = sorted(entry.path for entry in os.scandir(folder))

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        pixels = numpy.array(Image.open(self.paths[index]).convert("RGB"))
        return torch.from_numpy(pixels).permute(2, 0, 1).float().div(255)


def digits(folder):
    with open(os.path.join(folder, "train-images-idx3-ubyte"), "rb") as file:
        pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 1, 28, 28)
    with open(os.path.join(folder, "train-labels-idx1-ubyte"), "rb") as file:
        labels = numpy.frombuffer(file.read(), numpy.uint8, offset=8)
    return TensorDataset(torch.from_numpy(pixels.astype(numpy.float32) / 255), torch.from_numpy(labels.astype(numpy.int64)))


def build(bench):
    folder = os.path.join(ROOT, bench.what)
    workers = len(os.sched_getaffinity(0)) if bench.tuned and bench.what != "idx" else 0

    def mean(_):
        pictures = digits(folder) if bench.what == "idx" else Pictures(folder)
        total, count = 0.0, 0
        for batch in DataLoader(pictures, 128 if bench.what == "idx" else 64, shuffle=True, num_workers=workers):
            images = batch[0] if bench.what == "idx" else batch
            total += images.sum().item()
            count += images.numel()
        return total / count

    return mean, mean


if __name__ == "__main__":
    if sys.argv[1] != "idx":
        try:
            from PIL import Image
        except ImportError:
            sys.exit("no Pillow: ./figment bench --install-peers installs python3-pil")
    measure(build, checks=2)
