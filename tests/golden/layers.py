"""Golden values of every layer and loss of Figment.Nn: parameters, inputs, outputs and gradients.

    /usr/bin/python3 tests/golden/layers.py

A case is a group of tensors: case/state.KEY before the call, case/in.I, case/out.I, case/cot.I (the cotangents whose
product with the outputs is differentiated), case/grad.KEY, case/gin.I and, where the call changes them, case/after.KEY.
"""

import torch
from torch import nn
import torch.nn.functional as F

import golden

tensors = {}
seed = [100]


def fresh(*shape, low=-1.0, high=1.0):
    seed[0] += 1
    return golden.uniform(seed[0], *shape, low=low, high=high)


def fill(module):
    for name, parameter in module.named_parameters():
        parameter.data.copy_(fresh(*parameter.shape, low=-0.5, high=0.5))
    for name, buffer in module.named_buffers():
        if buffer.dtype == torch.float32:
            buffer.data.copy_(fresh(*buffer.shape, low=0.25, high=1.0))


def flatten(value):
    if isinstance(value, torch.Tensor):
        return [value]
    return [tensor for part in value for tensor in flatten(part)]


def case(name, module, *inputs, eval_mode=False, call=None):
    if isinstance(module, nn.Module):
        fill(module)
        module.train(not eval_mode)
        state = {key: value.clone() for key, value in module.state_dict().items()}
        for key, value in state.items():
            tensors[f"{name}/state.{key}"] = value
    inputs = [x.requires_grad_() if x.is_floating_point() else x for x in inputs]
    outputs = flatten((call or module)(*inputs))
    loss = 0
    for index, output in enumerate(outputs):
        cotangent = fresh(*output.shape)
        tensors[f"{name}/out.{index}"] = output.detach()
        tensors[f"{name}/cot.{index}"] = cotangent
        loss = loss + (output * cotangent).sum()
    loss.backward()
    for index, x in enumerate(inputs):
        tensors[f"{name}/in.{index}"] = x.detach()
        if x.is_floating_point():
            tensors[f"{name}/gin.{index}"] = x.grad if x.grad is not None else torch.zeros_like(x)
    if isinstance(module, nn.Module):
        for key, parameter in module.named_parameters():
            tensors[f"{name}/grad.{key}"] = parameter.grad
        for key, buffer in module.named_buffers():
            if not torch.equal(buffer, state[key]):
                tensors[f"{name}/after.{key}"] = buffer.detach().clone()


# linear
case("linear", nn.Linear(5, 3), fresh(4, 5))
case("linear-nobias", nn.Linear(5, 3, bias=False), fresh(2, 3, 5))

# convolutions
case("conv1d", nn.Conv1d(2, 4, 3, stride=2, padding=1), fresh(2, 2, 9))
case("conv1d-dilated", nn.Conv1d(2, 4, 3, dilation=2, padding=2, bias=False), fresh(2, 2, 9))
case("conv2d", nn.Conv2d(2, 4, 3, padding=1), fresh(2, 2, 6, 5))
case("conv2d-stride-groups", nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), fresh(2, 4, 7, 6))
case("conv2d-rectangle", nn.Conv2d(2, 3, (3, 5), stride=(1, 2), padding=(1, 2), dilation=(2, 1)), fresh(2, 2, 8, 9))
case("conv2d-reflect", nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"), fresh(2, 2, 5, 6))
case("conv2d-replicate", nn.Conv2d(2, 3, 3, padding=1, padding_mode="replicate"), fresh(2, 2, 5, 6))
case("conv2d-circular", nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular"), fresh(2, 2, 5, 6))
case("conv2d-reflect-rectangle", nn.Conv2d(2, 3, (3, 5), padding=(1, 2), padding_mode="reflect"), fresh(2, 2, 5, 6))
case("conv1d-replicate", nn.Conv1d(2, 3, 5, padding=2, padding_mode="replicate"), fresh(2, 2, 7))
case("conv3d", nn.Conv3d(2, 3, 3, stride=2, padding=1), fresh(1, 2, 5, 5, 4))
case("convtranspose1d", nn.ConvTranspose1d(3, 2, 4, stride=2, padding=1), fresh(2, 3, 5))
case("convtranspose2d", nn.ConvTranspose2d(3, 2, 4, stride=2, padding=1), fresh(2, 3, 4, 5))
case("convtranspose2d-output-padding",
     nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1, groups=2, dilation=2), fresh(2, 4, 4, 3))
case("convtranspose2d-wide",
     nn.ConvTranspose2d(3, 16, (3, 4), stride=(2, 3), padding=1, output_padding=(1, 0), dilation=(1, 2)),
     fresh(2, 3, 4, 3))
case("convtranspose2d-wide-nobias", nn.ConvTranspose2d(5, 17, 4, stride=2, padding=1, bias=False), fresh(2, 5, 3, 3))
case("convtranspose3d", nn.ConvTranspose3d(2, 2, 3, stride=2, padding=1, output_padding=1), fresh(1, 2, 3, 3, 2))

# norms
case("batchnorm1d", nn.BatchNorm1d(3), fresh(5, 3))
case("batchnorm1d-sequence", nn.BatchNorm1d(3), fresh(4, 3, 5))
case("batchnorm2d", nn.BatchNorm2d(3), fresh(3, 3, 4, 4))
case("batchnorm2d-eval", nn.BatchNorm2d(3), fresh(3, 3, 4, 4), eval_mode=True)
case("batchnorm2d-plain", nn.BatchNorm2d(3, affine=False, momentum=0.3, eps=1e-3), fresh(3, 3, 4, 4))
case("batchnorm2d-nostats", nn.BatchNorm2d(3, track_running_stats=False), fresh(3, 3, 4, 4), eval_mode=True)
case("batchnorm2d-cumulative", nn.BatchNorm2d(3, momentum=None), fresh(3, 3, 4, 4))
case("batchnorm3d", nn.BatchNorm3d(2), fresh(2, 2, 3, 3, 3))
case("layernorm", nn.LayerNorm(6), fresh(3, 4, 6))
case("layernorm-2d", nn.LayerNorm((4, 6), eps=1e-3), fresh(3, 4, 6))
case("layernorm-plain", nn.LayerNorm(6, elementwise_affine=False), fresh(3, 6))
case("groupnorm", nn.GroupNorm(2, 6), fresh(2, 6, 4, 3))
case("instancenorm1d", nn.InstanceNorm1d(3), fresh(2, 3, 7))
case("instancenorm2d", nn.InstanceNorm2d(3), fresh(2, 3, 4, 5))
case("instancenorm2d-affine", nn.InstanceNorm2d(3, affine=True), fresh(2, 3, 4, 5))
case("instancenorm2d-stats", nn.InstanceNorm2d(3, affine=True, track_running_stats=True), fresh(2, 3, 4, 5))
case("instancenorm2d-stats-eval", nn.InstanceNorm2d(3, affine=True, track_running_stats=True), fresh(2, 3, 4, 5),
     eval_mode=True)
case("instancenorm3d", nn.InstanceNorm3d(2, affine=True), fresh(2, 2, 3, 3, 2))

# embedding
case("embedding", nn.Embedding(7, 4), torch.tensor([[1, 2, 6], [0, 2, 2]]))
case("embedding-padding", nn.Embedding(7, 4, padding_idx=2), torch.tensor([[1, 2, 6], [0, 2, 2]]))

# recurrent cells: (h) or (h, c) given and not
case("rnncell", nn.RNNCell(4, 3), fresh(2, 4), fresh(2, 3))
case("rnncell-relu", nn.RNNCell(4, 3, nonlinearity="relu"), fresh(2, 4), fresh(2, 3))
case("grucell", nn.GRUCell(4, 3), fresh(2, 4), fresh(2, 3))
cell = nn.LSTMCell(4, 3)
case("lstmcell", cell, fresh(2, 4), fresh(2, 3), fresh(2, 3), call=lambda x, h, c: cell(x, (h, c)))
case("lstmcell-zero", nn.LSTMCell(4, 3, bias=False), fresh(2, 4))

# recurrent layers: (T, B, C), or (B, T, C) when batch first
case("rnn", nn.RNN(4, 3), fresh(5, 2, 4))
case("rnn-relu-2", nn.RNN(4, 3, num_layers=2, nonlinearity="relu", bias=False), fresh(5, 2, 4), fresh(2, 2, 3))
case("lstm", nn.LSTM(4, 3), fresh(5, 2, 4))
lstm = nn.LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True)
case("lstm-2-bidirectional", lstm, fresh(2, 5, 4), fresh(4, 2, 3), fresh(4, 2, 3),
     call=lambda x, h, c: lstm(x, (h, c)))
case("lstm-projected", nn.LSTM(4, 5, proj_size=3, num_layers=2), fresh(5, 2, 4))
case("gru", nn.GRU(4, 3), fresh(5, 2, 4), fresh(1, 2, 3))
case("gru-2-bidirectional", nn.GRU(4, 3, num_layers=2, bidirectional=True), fresh(5, 2, 4))

# pooling, resampling, rearranging
case("maxpool1d", nn.MaxPool1d(3, stride=2, padding=1), fresh(2, 2, 9))
case("maxpool2d", nn.MaxPool2d(2), fresh(2, 2, 6, 5))
case("maxpool2d-dilated", nn.MaxPool2d(3, stride=2, padding=1, dilation=2, ceil_mode=True), fresh(1, 2, 8, 9))
case("maxpool3d", nn.MaxPool3d(2, stride=3, padding=1, dilation=2, ceil_mode=True), fresh(1, 2, 6, 6, 7))
case("avgpool1d", nn.AvgPool1d(4, stride=3, padding=1, ceil_mode=True, count_include_pad=False), fresh(2, 2, 9))
case("avgpool2d", nn.AvgPool2d(3, stride=2, padding=1), fresh(2, 2, 7, 6))
case("avgpool2d-exclude", nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False, ceil_mode=True),
     fresh(2, 2, 7, 6))
case("avgpool3d", nn.AvgPool3d(2, stride=3, padding=1, ceil_mode=True, count_include_pad=False), fresh(1, 2, 4, 4, 5))
case("adaptiveavgpool1d", nn.AdaptiveAvgPool1d(3), fresh(2, 2, 8))
case("adaptiveavgpool2d", nn.AdaptiveAvgPool2d((3, 2)), fresh(2, 2, 7, 5))
case("adaptivemaxpool1d", nn.AdaptiveMaxPool1d(3), fresh(2, 2, 8))
case("adaptivemaxpool2d", nn.AdaptiveMaxPool2d((3, 2)), fresh(2, 2, 7, 5))
case("upsample-nearest1d", nn.Upsample(scale_factor=2), fresh(1, 2, 4))
case("upsample-nearest", nn.Upsample(scale_factor=2), fresh(1, 2, 3, 4))
case("upsample-nearest3d", nn.Upsample(scale_factor=2), fresh(1, 2, 2, 3, 2))
case("upsample-linear", nn.Upsample(scale_factor=2, mode="linear"), fresh(1, 2, 4))
case("upsample-bilinear", nn.Upsample(scale_factor=2, mode="bilinear"), fresh(1, 2, 3, 4))
case("upsample-bilinear-corners", nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), fresh(1, 2, 3, 4))
case("upsample-bilinear-fraction", nn.Upsample(scale_factor=1.7, mode="bilinear"), fresh(1, 2, 3, 4))
case("upsample-nearest-fraction", nn.Upsample(scale_factor=1.7), fresh(1, 2, 5, 4))
case("upsample-linear-corners", nn.Upsample(scale_factor=2, mode="linear", align_corners=True), fresh(1, 2, 4))
case("upsample-bicubic-corners", nn.Upsample(scale_factor=2, mode="bicubic", align_corners=True), fresh(1, 2, 3, 4))
case("upsample-bicubic", nn.Upsample(scale_factor=2, mode="bicubic"), fresh(1, 2, 3, 4))
case("upsample-trilinear", nn.Upsample(scale_factor=2, mode="trilinear"), fresh(1, 2, 2, 3, 2))
case("upsample-size", nn.Upsample(size=(7, 5)), fresh(1, 2, 3, 4))
case("pixelshuffle", nn.PixelShuffle(2), fresh(1, 8, 3, 2))
case("pixelunshuffle", nn.PixelUnshuffle(2), fresh(1, 2, 4, 6))
case("flatten", nn.Flatten(), fresh(2, 3, 4))
case("unflatten", nn.Unflatten(1, (3, 4)), fresh(2, 12))
case("reflectionpad2d", nn.ReflectionPad2d((1, 2, 2, 1)), fresh(1, 2, 4, 5))
case("replicationpad2d", nn.ReplicationPad2d(2), fresh(1, 2, 4, 5))
case("zeropad2d", nn.ZeroPad2d((1, 0, 2, 1)), fresh(1, 2, 4, 5))

# activations
WIDE = {"low": -4.0, "high": 4.0}
for name, module in {
    "relu": nn.ReLU(), "leakyrelu": nn.LeakyReLU(0.2), "prelu": nn.PReLU(3), "elu": nn.ELU(0.7), "selu": nn.SELU(),
    "celu": nn.CELU(1.3), "gelu": nn.GELU(), "gelu-tanh": nn.GELU(approximate="tanh"), "silu": nn.SiLU(),
    "mish": nn.Mish(), "softplus": nn.Softplus(beta=2.0, threshold=5.0), "softsign": nn.Softsign(),
    "sigmoid": nn.Sigmoid(), "logsigmoid": nn.LogSigmoid(), "hardsigmoid": nn.Hardsigmoid(),
    "hardswish": nn.Hardswish(), "hardtanh": nn.Hardtanh(-2.0, 1.0), "relu6": nn.ReLU6(), "tanh": nn.Tanh(),
    "softmax": nn.Softmax(dim=1), "logsoftmax": nn.LogSoftmax(dim=-1), "glu": nn.GLU(dim=0),
}.items():
    case("act-" + name, module, fresh(4, 3, **WIDE))

# sequential
case("sequential", nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2)), fresh(3, 5))

# losses: inputs are (prediction, target, ...); every reduction
for reduction in ("mean", "sum", "none"):
    target = fresh(4, 3, low=0.0, high=1.0)
    case(f"loss-bce-{reduction}", None, fresh(4, 3, **WIDE),
         call=lambda x, t=target: F.binary_cross_entropy_with_logits(x, t, reduction=reduction))
    tensors[f"loss-bce-{reduction}/target"] = target
    target, weight, pos = fresh(4, 3, low=0.0, high=1.0), fresh(4, 3, low=0.5), fresh(3, low=0.5, high=2.0)
    case(f"loss-bce-weighted-{reduction}", None, fresh(4, 3, **WIDE),
         call=lambda x, t=target, w=weight, p=pos: F.binary_cross_entropy_with_logits(
             x, t, weight=w, pos_weight=p, reduction=reduction))
    tensors[f"loss-bce-weighted-{reduction}/target"] = target
    tensors[f"loss-bce-weighted-{reduction}/weight"] = weight
    tensors[f"loss-bce-weighted-{reduction}/pos_weight"] = pos
    case(f"loss-mse-{reduction}", None, fresh(4, 3), fresh(4, 3),
         call=lambda x, t: F.mse_loss(x, t, reduction=reduction))
    case(f"loss-l1-{reduction}", None, fresh(4, 3), fresh(4, 3),
         call=lambda x, t: F.l1_loss(x, t, reduction=reduction))
    case(f"loss-smoothl1-{reduction}", None, fresh(4, 3, **WIDE), fresh(4, 3),
         call=lambda x, t: F.smooth_l1_loss(x, t, beta=0.5, reduction=reduction))
    classes = torch.tensor([0, 4, 2, 3])
    case(f"loss-ce-{reduction}", None, fresh(4, 5, **WIDE), classes,
         call=lambda x, t: F.cross_entropy(x, t, reduction=reduction))
    case(f"loss-ce-smooth-{reduction}", None, fresh(4, 5, **WIDE), classes,
         call=lambda x, t: F.cross_entropy(x, t, ignore_index=2, label_smoothing=0.1, reduction=reduction))
    case(f"loss-ce-spatial-{reduction}", None, fresh(2, 3, 2, 2, **WIDE), torch.tensor([[[0, 1], [2, 1]]] * 2),
         call=lambda x, t: F.cross_entropy(x, t, reduction=reduction))
    case(f"loss-gnll-{reduction}", None, fresh(4, 3), fresh(4, 3), fresh(4, 3, low=0.1, high=2.0),
         call=lambda x, t, v: F.gaussian_nll_loss(x, t, v, reduction=reduction))
    case(f"loss-gnll-full-{reduction}", None, fresh(4, 3), fresh(4, 3), fresh(4, 3, low=0.1, high=2.0),
         call=lambda x, t, v: F.gaussian_nll_loss(x, t, v, full=True, reduction=reduction))


class Maxout(nn.Module):
    """Unit u is the largest of the rows pieces * u to pieces * u + pieces - 1 of one linear map."""

    def __init__(self, inputs, outputs, pieces):
        super().__init__()
        self.linear, self.pieces = nn.Linear(inputs, outputs * pieces), pieces

    def forward(self, x):
        return F.max_pool1d(self.linear(x).unsqueeze(1), self.pieces).squeeze(1)


class ConditionalBatchNorm2d(nn.Module):
    def __init__(self, channels, condition):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gamma, self.beta = nn.Linear(condition, channels, bias=False), nn.Linear(condition, channels)

    def forward(self, x, condition):
        gamma, beta = self.gamma(condition), self.beta(condition)
        return self.norm(x) * (1 + gamma)[:, :, None, None] + beta[:, :, None, None]


case("maxout", Maxout(5, 4, 3), fresh(6, 5))
case("conditional-batchnorm2d", ConditionalBatchNorm2d(3, 2), fresh(4, 3, 5, 2), fresh(4, 2))
case("conditional-batchnorm2d-eval", ConditionalBatchNorm2d(3, 2), fresh(4, 3, 5, 2), fresh(4, 2), eval_mode=True)

golden.publish(__file__, tensors)
