"""Features and class probabilities of the networks of photographs that judge samples.

    npm pack nsfwjs@4.4.0
    /usr/bin/python3 tests/golden/recognition.py nsfwjs-4.4.0.tgz

The two networks of the package are not written out here: their own topology is followed, layer by layer, with the
arithmetic of torch.nn.functional. So the golden values do not share the reading of a paper with the code they check. The
weights themselves are not kept. The third, the Inception of December 2015, whose weights are in no package, is written
out by the names of its file, with weights from golden.uniform in the order of those names (seed 700 and up): of a
convolution on +-sqrt(6 / fan), of a normalisation 0.9 to 1.1 (weight, running_var) and +-0.1 (bias, running_mean), of
the last layer on +-sqrt(1 / fan).

Pictures: level (c, y, x) is (7 x + 13 y + 29 c + (x y (c + 3)) // 16) mod 256. "small" is 3x40x52, "grey" its first
channel alone, "large" 3x300x260. Preparation: of the package bilinear with aligned corners to 224 or 299, after means of
areas where a side is longer, then p / 255; of 2015 bilinear from i n / 299 without a shift, then (p - 128) / 128.
"""

import base64
import json
import math
import re
import sys
import tarfile

import numpy as np
import torch
import torch.nn.functional as F

import golden

torch.set_num_threads(1)
torch.set_grad_enabled(False)


def picture(height, width):
    c, y, x = np.meshgrid(range(3), range(height), range(width), indexing="ij")
    return torch.tensor((7 * x + 13 * y + 29 * c + x * y * (c + 3) // 16) % 256, dtype=torch.float32)[None]


def lengthen(line, size, aligned):
    """The last dimension to a size, by the two neighbours of each place."""
    n = line.shape[-1]
    at = torch.arange(size, dtype=torch.float64) * ((n - 1) / (size - 1) if aligned else n / size)
    low = at.floor().long().clamp(max=n - 1)
    share = (at - low).float()
    return line[..., low] * (1 - share) + line[..., (low + 1).clamp(max=n - 1)] * share


def areas(line, size):
    n = line.shape[-1]
    return torch.stack([line[..., i * n // size:-(-(i + 1) * n // size)].mean(-1) for i in range(size)], -1)


def resize(image, size, aligned):
    for _ in range(2):  # the one side, then the other
        if aligned and image.shape[-1] > size:
            image = areas(image, size)
        image = lengthen(image, size, aligned).transpose(2, 3)
    return image


PICTURES = {"small": picture(40, 52), "grey": picture(40, 52)[:, :1].expand(1, 3, 40, 52), "large": picture(300, 260)}


# The package: a script with the topology, scripts with the bytes.

def literal(script, name):
    """A JavaScript literal behind its name, as JSON."""
    start = script.index(name + ":") + len(name) + 1
    depth = end = 0
    for end in range(start, len(script)):
        depth += (script[end] in "[{") - (script[end] in "]}")
        if depth == 0:
            break
    text = re.sub(r'([{,])([A-Za-z_]\w*):', r'\1"\2":', script[start:end + 1])
    text = re.sub(r'([\[:,]-?)\.(\d)', r'\g<1>0.\2', text).replace(":!0", ":true").replace(":!1", ":false")
    return json.loads(text)


def read(archive, folder):
    files = {member.name.split("/")[-1]: archive.extractfile(member).read().decode()
             for member in archive.getmembers() if f"/dist/models/{folder}/" in member.name}
    script = files.pop("model.min.js")
    data = b"".join(base64.b64decode(re.search(r'exports="([^"]+)"', files[name])[1]) for name in sorted(files))
    weights, at = {}, 0
    for entry in literal(script, "weightsManifest")[0]["weights"]:
        count, scale = math.prod(entry["shape"]), entry["quantization"]
        q = np.frombuffer(data, np.uint8, count, at).astype(np.float64)
        weights[entry["name"]] = torch.tensor((q * scale["scale"] + scale["min"]).astype(np.float32).reshape(entry["shape"]))
        at += count
    assert at == len(data)
    return literal(script, "modelTopology")["model_config"]["config"]["layers"], weights


def same(x, kernel, stride, value=0.0):
    """TensorFlow's padding: what is missing, the odd one below and to the right."""
    pads = []
    for size, k, s in zip(reversed(x.shape[2:]), reversed(kernel), reversed(stride)):
        missing = max((math.ceil(size / s) - 1) * s + k - size, 0)
        pads += [missing // 2, missing - missing // 2]
    return F.pad(x, pads, value=value)


def follow(layers, w, x):
    """Every layer's output by its name."""
    out = {}
    for layer in layers:
        kind, name, c = layer["class_name"], layer["name"], layer["config"]
        if kind == "InputLayer":
            out[name] = x
            continue
        inputs = [out[node[0]] for node in layer["inbound_nodes"][0]]
        y = inputs[0]
        if kind in ("Conv2D", "DepthwiseConv2D"):
            if c["padding"] == "same":
                y = same(y, c["kernel_size"], c["strides"])
            if kind == "Conv2D":
                y = F.conv2d(y, w[name + "/kernel"].permute(3, 2, 0, 1), stride=c["strides"])
            else:
                y = F.conv2d(y, w[name + "/depthwise_kernel"].permute(2, 3, 0, 1), stride=c["strides"], groups=y.shape[1])
            assert not c["use_bias"]
        elif kind == "BatchNormalization":
            y = F.batch_norm(y, w[name + "/moving_mean"], w[name + "/moving_variance"], w.get(name + "/gamma"),
                             w[name + "/beta"], eps=c["epsilon"])
        elif kind == "ReLU":
            y = y.clamp(0, c["max_value"])
        elif kind == "Activation":
            assert c["activation"] == "relu"
            y = y.clamp(min=0)
        elif kind == "ZeroPadding2D":
            (top, below), (left, right) = c["padding"]
            y = F.pad(y, [left, right, top, below])
        elif kind == "Add":
            y = inputs[0] + inputs[1]
        elif kind == "Concatenate":
            y = torch.cat(inputs, 1)
        elif kind == "MaxPooling2D":
            assert c["padding"] == "valid"
            y = F.max_pool2d(y, c["pool_size"], c["strides"])
        elif kind == "AveragePooling2D":
            if c["padding"] == "same":  # of the places that there are
                ones = same(torch.ones_like(y[:, :1]), c["pool_size"], c["strides"])
                y = F.avg_pool2d(same(y, c["pool_size"], c["strides"]), c["pool_size"], c["strides"]) \
                    / F.avg_pool2d(ones, c["pool_size"], c["strides"])
            else:
                y = F.avg_pool2d(y, c["pool_size"], c["strides"])
        elif kind == "Flatten":
            y = y.permute(0, 2, 3, 1).flatten(1)
        elif kind == "Dense":
            y = y @ w[name + "/kernel"] + w[name + "/bias"]
            y = y.softmax(1) if c["activation"] == "softmax" else y.clamp(min=0)
        else:
            assert kind == "Dropout", kind
        out[name] = y
    return out


# The network of December 2015, after the names in its file.

def conv(x, w, name, stride=1, padding=0):
    y = F.conv2d(x, w[name + ".conv.weight"], stride=stride, padding=padding)
    return F.batch_norm(y, w[name + ".bn.running_mean"], w[name + ".bn.running_var"], w[name + ".bn.weight"],
                        w[name + ".bn.bias"], eps=0.001).clamp(min=0)


def mean3(x):
    return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


def inception2015(w, x):
    x = conv(x, w, "Conv2d_1a_3x3", 2)
    x = conv(x, w, "Conv2d_2a_3x3")
    x = F.max_pool2d(conv(x, w, "Conv2d_2b_3x3", 1, 1), 3, 2)
    x = conv(x, w, "Conv2d_3b_1x1")
    x = F.max_pool2d(conv(x, w, "Conv2d_4a_3x3"), 3, 2)
    for m in ("Mixed_5b.", "Mixed_5c.", "Mixed_5d."):
        x = torch.cat([
            conv(x, w, m + "branch1x1"),
            conv(conv(x, w, m + "branch5x5_1"), w, m + "branch5x5_2", 1, 2),
            conv(conv(conv(x, w, m + "branch3x3dbl_1"), w, m + "branch3x3dbl_2", 1, 1), w, m + "branch3x3dbl_3", 1, 1),
            conv(mean3(x), w, m + "branch_pool")], 1)
    m = "Mixed_6a."
    x = torch.cat([
        conv(x, w, m + "branch3x3", 2),
        conv(conv(conv(x, w, m + "branch3x3dbl_1"), w, m + "branch3x3dbl_2", 1, 1), w, m + "branch3x3dbl_3", 2),
        F.max_pool2d(x, 3, 2)], 1)
    for m in ("Mixed_6b.", "Mixed_6c.", "Mixed_6d.", "Mixed_6e."):
        a = conv(x, w, m + "branch7x7_1")
        a = conv(conv(a, w, m + "branch7x7_2", 1, (0, 3)), w, m + "branch7x7_3", 1, (3, 0))
        b = conv(x, w, m + "branch7x7dbl_1")
        for n, padding in (("2", (3, 0)), ("3", (0, 3)), ("4", (3, 0)), ("5", (0, 3))):
            b = conv(b, w, m + "branch7x7dbl_" + n, 1, padding)
        x = torch.cat([conv(x, w, m + "branch1x1"), a, b, conv(mean3(x), w, m + "branch_pool")], 1)
    m = "Mixed_7a."
    a = conv(conv(x, w, m + "branch7x7x3_1"), w, m + "branch7x7x3_2", 1, (0, 3))
    a = conv(conv(a, w, m + "branch7x7x3_3", 1, (3, 0)), w, m + "branch7x7x3_4", 2)
    x = torch.cat([conv(conv(x, w, m + "branch3x3_1"), w, m + "branch3x3_2", 2), a, F.max_pool2d(x, 3, 2)], 1)
    for m, around in (("Mixed_7b.", mean3), ("Mixed_7c.", lambda x: F.max_pool2d(x, 3, 1, 1))):
        a = conv(x, w, m + "branch3x3_1")
        b = conv(conv(x, w, m + "branch3x3dbl_1"), w, m + "branch3x3dbl_2", 1, 1)
        x = torch.cat([
            conv(x, w, m + "branch1x1"),
            conv(a, w, m + "branch3x3_2a", 1, (0, 1)), conv(a, w, m + "branch3x3_2b", 1, (1, 0)),
            conv(b, w, m + "branch3x3dbl_3a", 1, (0, 1)), conv(b, w, m + "branch3x3dbl_3b", 1, (1, 0)),
            conv(around(x), w, m + "branch_pool")], 1)
    f = x.mean((2, 3))
    return f, f @ w["fc.weight"].T + w["fc.bias"]


def kernels():
    """Name -> (out, in, height, width), of every convolution in the order of its file."""
    shapes = {"Conv2d_1a_3x3": (32, 3, 3, 3), "Conv2d_2a_3x3": (32, 32, 3, 3), "Conv2d_2b_3x3": (64, 32, 3, 3),
              "Conv2d_3b_1x1": (80, 64, 1, 1), "Conv2d_4a_3x3": (192, 80, 3, 3)}
    for m, n, pool in (("Mixed_5b", 192, 32), ("Mixed_5c", 256, 64), ("Mixed_5d", 288, 64)):
        for part, shape in (("branch1x1", (64, n, 1, 1)), ("branch5x5_1", (48, n, 1, 1)), ("branch5x5_2", (64, 48, 5, 5)),
                            ("branch3x3dbl_1", (64, n, 1, 1)), ("branch3x3dbl_2", (96, 64, 3, 3)),
                            ("branch3x3dbl_3", (96, 96, 3, 3)), ("branch_pool", (pool, n, 1, 1))):
            shapes[f"{m}.{part}"] = shape
    for part, shape in (("branch3x3", (384, 288, 3, 3)), ("branch3x3dbl_1", (64, 288, 1, 1)),
                        ("branch3x3dbl_2", (96, 64, 3, 3)), ("branch3x3dbl_3", (96, 96, 3, 3))):
        shapes[f"Mixed_6a.{part}"] = shape
    for m, n in (("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)):
        for part, shape in (("branch1x1", (192, 768, 1, 1)), ("branch7x7_1", (n, 768, 1, 1)),
                            ("branch7x7_2", (n, n, 1, 7)), ("branch7x7_3", (192, n, 7, 1)),
                            ("branch7x7dbl_1", (n, 768, 1, 1)), ("branch7x7dbl_2", (n, n, 7, 1)),
                            ("branch7x7dbl_3", (n, n, 1, 7)), ("branch7x7dbl_4", (n, n, 7, 1)),
                            ("branch7x7dbl_5", (192, n, 1, 7)), ("branch_pool", (192, 768, 1, 1))):
            shapes[f"{m}.{part}"] = shape
    for part, shape in (("branch3x3_1", (192, 768, 1, 1)), ("branch3x3_2", (320, 192, 3, 3)),
                        ("branch7x7x3_1", (192, 768, 1, 1)), ("branch7x7x3_2", (192, 192, 1, 7)),
                        ("branch7x7x3_3", (192, 192, 7, 1)), ("branch7x7x3_4", (192, 192, 3, 3))):
        shapes[f"Mixed_7a.{part}"] = shape
    for m, n in (("Mixed_7b", 1280), ("Mixed_7c", 2048)):
        for part, shape in (("branch1x1", (320, n, 1, 1)), ("branch3x3_1", (384, n, 1, 1)),
                            ("branch3x3_2a", (384, 384, 1, 3)), ("branch3x3_2b", (384, 384, 3, 1)),
                            ("branch3x3dbl_1", (448, n, 1, 1)), ("branch3x3dbl_2", (384, 448, 3, 3)),
                            ("branch3x3dbl_3a", (384, 384, 1, 3)), ("branch3x3dbl_3b", (384, 384, 3, 1)),
                            ("branch_pool", (192, n, 1, 1))):
            shapes[f"{m}.{part}"] = shape
    return shapes


def uniform(seed, shape, low, high):
    """golden.uniform for many numbers at once."""
    mask = np.uint64(0xFFFFFFFF)
    h = (np.arange(math.prod(shape), dtype=np.uint64) * np.uint64(0x85EBCA77)
         + np.uint64((seed * 0x9E3779B1 + 0x165667B1) & 0xFFFFFFFF)) & mask
    h = ((h ^ (h >> np.uint64(16))) * np.uint64(0x85EBCA6B)) & mask
    h = ((h ^ (h >> np.uint64(13))) * np.uint64(0xC2B2AE35)) & mask
    h ^= h >> np.uint64(16)
    values = low + (high - low) * ((h >> np.uint64(8)).astype(np.float64) / 16777216.0)
    return torch.tensor(values.astype(np.float32)).reshape(shape)


assert torch.equal(uniform(5, (3, 7), -0.3, 0.4), golden.uniform(5, 3, 7, low=-0.3, high=0.4))
tensors = {}
with tarfile.open(sys.argv[1]) as archive:
    for short, folder, size in (("mobilenet", "mobilenet_v2", 224), ("inception", "inception_v3", 299)):
        layers, weights = read(archive, folder)
        for name, levels in PICTURES.items():
            out = follow(layers, weights, resize(levels, size, True) / 255)
            tensors[f"{short}.{name}.features"] = out["flatten_1"][0].contiguous()
            tensors[f"{short}.{name}.probabilities"] = out["dense_3"][0].contiguous()
            print(short, name, out["dense_3"][0].tolist())

w, seed = {}, 700
for name, shape in kernels().items():
    bound = math.sqrt(6 / math.prod(shape[1:]))
    for part, low, high, size in ((".conv.weight", -bound, bound, shape), (".bn.weight", 0.9, 1.1, shape[:1]),
                                  (".bn.bias", -0.1, 0.1, shape[:1]), (".bn.running_mean", -0.1, 0.1, shape[:1]),
                                  (".bn.running_var", 0.9, 1.1, shape[:1])):
        w[name + part] = uniform(seed, size, low, high)
        seed += 1
bound = math.sqrt(1 / 2048)
w["fc.weight"], w["fc.bias"] = uniform(seed, (1008, 2048), -bound, bound), uniform(seed + 1, (1008,), -bound, bound)
for name, levels in PICTURES.items():
    features, logits = inception2015(w, (resize(levels, 299, False) - 128) / 128)
    tensors[f"published.{name}.features"] = features[0].contiguous()
    tensors[f"published.{name}.logits"] = logits[0].contiguous()
    print(name, features.mean().item(), features.std().item())

golden.publish(__file__, tensors, {"keys": json.dumps({name: list(tensor.shape) for name, tensor in w.items()})})
