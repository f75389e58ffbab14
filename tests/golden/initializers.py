"""What each initialiser must show: bounds and deviations from PyTorch's definitions, and quantiles of its draws.

    /usr/bin/python3 tests/golden/initializers.py

CASE/bound or CASE/std is the exact number; CASE/shape the weight's shape; CASE/quantiles the sample quantiles
(1 %, 10 %, 25 %, 50 %, 75 %, 90 %, 99 %) of many draws. Figment draws other bits from the same distribution.
"""

import math

import torch
from torch import nn

import golden

tensors = {}
torch.manual_seed(1)
LEVELS = torch.tensor([0.01, 0.10, 0.25, 0.50, 0.75, 0.90, 0.99], dtype=torch.float64)


def case(name, fill, bound=None, std=None, shape=(200, 300)):
    weight = fill(torch.empty(*shape))
    tensors[f"{name}/shape"] = torch.tensor(shape)
    if bound is not None:
        assert weight.abs().max() <= bound * (1 + 1e-6), name
        tensors[f"{name}/bound"] = torch.tensor(bound, dtype=torch.float64)
    if std is not None:
        assert abs(weight.std() - std) < 0.02 * std, (name, weight.std(), std)
        tensors[f"{name}/std"] = torch.tensor(std, dtype=torch.float64)
    tensors[f"{name}/quantiles"] = torch.quantile(weight.flatten().double(), LEVELS)


I = nn.init
fan_in, fan_out = 300, 200
case("xavier-uniform", I.xavier_uniform_, bound=math.sqrt(6 / (fan_in + fan_out)))
case("xavier-uniform-gain", lambda w: I.xavier_uniform_(w, gain=2.5), bound=2.5 * math.sqrt(6 / (fan_in + fan_out)))
case("xavier-normal", I.xavier_normal_, std=math.sqrt(2 / (fan_in + fan_out)))
case("kaiming-uniform", I.kaiming_uniform_, bound=math.sqrt(2) * math.sqrt(3 / fan_in))
case("kaiming-uniform-leaky", lambda w: I.kaiming_uniform_(w, a=0.2, nonlinearity="leaky_relu"),
     bound=math.sqrt(2 / (1 + 0.2 ** 2)) * math.sqrt(3 / fan_in))
case("kaiming-normal", I.kaiming_normal_, std=math.sqrt(2 / fan_in))
case("kaiming-normal-fan-out", lambda w: I.kaiming_normal_(w, mode="fan_out", nonlinearity="relu"),
     std=math.sqrt(2 / fan_out))
case("kaiming-normal-tanh", lambda w: I.kaiming_normal_(w, nonlinearity="tanh"), std=5 / 3 / math.sqrt(fan_in))
conv = (64, 32, 5, 5)
case("conv-xavier-uniform", I.xavier_uniform_, bound=math.sqrt(6 / (32 * 25 + 64 * 25)), shape=conv)
case("conv-kaiming-normal", I.kaiming_normal_, std=math.sqrt(2 / (32 * 25)), shape=conv)
case("truncated-normal", lambda w: I.trunc_normal_(w, std=0.02, a=-0.04, b=0.04), bound=0.04)
case("truncated-normal-shifted", lambda w: I.trunc_normal_(w, mean=0.5, std=1.0, a=-1.0, b=1.0), bound=1.0)
case("uniform", lambda w: I.uniform_(w, -0.3, 0.3), bound=0.3)
case("normal", lambda w: I.normal_(w, 0.0, 0.02), std=0.02)

# PyTorch's defaults: name/KEY is the bound of a uniform distribution, or the standard deviation of a normal one
DEFAULTS = {
    "linear": nn.Linear(300, 200), "conv1d": nn.Conv1d(30, 40, 7), "conv2d": nn.Conv2d(16, 32, 5, groups=4),
    "conv3d": nn.Conv3d(8, 16, 3), "convtranspose2d": nn.ConvTranspose2d(32, 16, 5),
    "rnn": nn.RNN(50, 60), "lstm": nn.LSTM(50, 60), "gru": nn.GRU(50, 60), "lstmcell": nn.LSTMCell(50, 60),
}
for name, module in DEFAULTS.items():
    for key, weight in module.named_parameters():
        if name in ("rnn", "lstm", "gru", "lstmcell"):
            bound = 1 / math.sqrt(60)
        else:
            fan = module.weight.size(1) * module.weight[0][0].numel()
            bound = 1 / math.sqrt(fan)
        assert 0.8 * bound < weight.abs().max() <= bound * (1 + 1e-6), (name, key)
        tensors[f"default-{name}/{key}"] = torch.tensor(bound, dtype=torch.float64)
assert abs(nn.Embedding(300, 200).weight.std() - 1) < 0.02
tensors["default-embedding/weight"] = torch.tensor(1.0, dtype=torch.float64)

golden.publish(__file__, tensors)
