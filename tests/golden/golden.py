"""Shared by the scripts that make the golden files: a safetensors writer and reader, and reproducible numbers.

Nothing but PyTorch is needed. Numbers come from an integer hash, so that C# makes the same ones bit for bit
(tests/Figment.Nn.Tests/Golden/GoldenNumbers.cs).
"""

import hashlib
import json
import os
import struct
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))

DTYPES = {
    torch.bool: "BOOL", torch.uint8: "U8", torch.int8: "I8", torch.int16: "I16", torch.int32: "I32",
    torch.int64: "I64", torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64",
}
TORCH_DTYPES = {name: dtype for dtype, name in DTYPES.items()}


def tensor_bytes(tensor):
    flat = torch.empty(tensor.numel(), dtype=tensor.dtype)  # a fresh one: a view's strides may forbid reading bytes
    flat.copy_(tensor.detach().reshape(-1))
    if flat.numel() == 0:
        return b""
    return bytes((flat.to(torch.uint8) if flat.dtype == torch.bool else flat.view(torch.uint8)).tolist())


def save(path, tensors, metadata=None):
    """Writes {name: tensor} as safetensors: 8 bytes of header length, JSON header, raw little-endian data."""
    header = {"__metadata__": metadata} if metadata else {}
    blobs, offset = [], 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0])):
        blob = tensor_bytes(tensor)
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for blob in blobs:
            file.write(blob)


def load(path):
    """Reads a safetensors file strictly: (tensors, metadata). Any hole, overlap or leftover byte is an error."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    assert length <= len(content) - 8, "header longer than the file"
    header = json.loads(content[8:8 + length].decode("utf-8"))
    metadata = header.pop("__metadata__", {})
    data, tensors, end = content[8 + length:], {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, stop = entry["data_offsets"]
        assert begin == end and stop >= begin, f"hole or overlap before {name}"
        dtype = TORCH_DTYPES[entry["dtype"]]
        if stop == begin:
            tensors[name] = torch.empty(entry["shape"], dtype=dtype)
        else:
            tensors[name] = torch.frombuffer(bytearray(data[begin:stop]), dtype=dtype).reshape(entry["shape"])
        end = stop
    assert end == len(data), "bytes after the last tensor"
    return tensors, metadata


def script_hash(script):
    """SHA-256 over this file and the script: a test compares it with what the golden file records."""
    digest = hashlib.sha256()
    for path in (os.path.join(HERE, "golden.py"), script):
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def publish(script, tensors, extra=None):
    """Saves NAME.safetensors beside NAME.py, stamped with the script's hash and PyTorch's version."""
    name = os.path.splitext(os.path.basename(script))[0]
    path = os.path.join(HERE, name + ".safetensors")
    metadata = {"script": name + ".py", "script_sha256": script_hash(os.path.abspath(script)),
                "pytorch": torch.__version__}
    metadata.update(extra or {})
    save(path, tensors, metadata)
    print(f"{name}.safetensors: {len(tensors)} tensors, {os.path.getsize(path)} bytes", file=sys.stderr)


def hash32(seed, index):
    """murmur3's finaliser over (seed, index): a 32-bit number."""
    h = (seed * 0x9E3779B1 + index * 0x85EBCA77 + 0x165667B1) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return h ^ (h >> 16)


def uniform(seed, *shape, low=-1.0, high=1.0):
    """float32 numbers in [low, high), exact in binary when low and high are."""
    count = 1
    for size in shape:
        count *= size
    values = [low + (high - low) * ((hash32(seed, i) >> 8) / 16777216.0) for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).to(torch.float32).reshape(shape)


def normal(seed, *shape):
    """About standard normal: the sum of twelve uniform numbers less six, so that no libm enters."""
    count = 1
    for size in shape:
        count *= size
    values = [sum((hash32(seed, 12 * i + k) >> 8) for k in range(12)) / 16777216.0 - 6.0 for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).to(torch.float32).reshape(shape)
