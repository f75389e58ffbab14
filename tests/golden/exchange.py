"""Exchange of safetensors files with PyTorch, for tests of Figment.Nn.

    exchange.py check FILE   loads FILE strictly into the PyTorch twin of the test's model and prints its output
    exchange.py write FILE   writes the twin's state dict to FILE and prints its output

The output is that of the model in evaluation mode on golden.uniform(1, 2, 3, 8, 8), as JSON numbers.
"""

import json
import sys

import torch
from torch import nn

import golden


class Twin(nn.Module):
    """Has one parameter or buffer of every kind: weights, biases, running statistics, a counter, nested and listed."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
        self.blocks = nn.ModuleList([nn.Conv2d(4, 4, 1, bias=False), nn.ConvTranspose2d(4, 4, 2, stride=2)])
        self.token_embedding = nn.Embedding(5, 4)
        self.rnn = nn.LSTM(4, 6, num_layers=2, bidirectional=True)
        self.head = nn.Linear(12, 5)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        sequence = x.mean(3).permute(2, 0, 1) + self.token_embedding(torch.tensor(3))
        return self.head(self.rnn(sequence)[0][-1])


action, path = sys.argv[1:]
torch.manual_seed(3)
twin = Twin().eval()
if action == "check":
    tensors, _ = golden.load(path)
    twin.load_state_dict(tensors, strict=True)
else:
    twin.stem[1].running_mean.normal_()
    golden.save(path, twin.state_dict())
with torch.no_grad():
    print(json.dumps(twin(golden.uniform(1, 2, 3, 8, 8)).flatten().tolist()))
