"""The time of one elementwise operator on a tensor of one element."""
import json
import time

import torch

x = torch.full((1,), 1.5)
best = float("inf")
for _ in range(20):
    start = time.perf_counter()
    for _ in range(20_000):
        x.neg()
    best = min(best, (time.perf_counter() - start) / 20_000)
print(json.dumps({"microseconds": best * 1e6, "version": f"PyTorch {torch.__version__}"}))
