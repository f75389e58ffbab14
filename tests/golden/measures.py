"""Measures of samples, computed another way than Figment does, in numpy and plain loops.

    /usr/bin/python3 tests/golden/measures.py

x = normal(900, 160, 5) and y = 0.8 normal(901, 140, 5) + 0.3 + 0.2 normal(902, 140, 1) are two sets of features; logits are
3 normal(903, 100, 4). Everything is in float64.

  frechet     |m - n|^2 + tr A + tr B - 2 sum of the roots of the eigenvalues of A B (which is not symmetric)
  kernel      the unbiased estimate over all pairs, by loops, with k = (x.y / 5 + 1)^3; all, and the mean over blocks of 35
  inception   exp of the mean KL, by loops
  precision, recall, density, coverage   by loops over balls, for k = 3 and k = 5
  nearest     distances of y to the nearest of x
"""

import numpy as np
import torch

import golden

x = golden.normal(900, 160, 5).double().numpy()
y = (0.8 * golden.normal(901, 140, 5) + 0.3 + 0.2 * golden.normal(902, 140, 1)).double().numpy()
logits = (3 * golden.normal(903, 100, 4)).double().numpy()
tensors = {}


def put(name, value):
    tensors[name] = torch.tensor(value, dtype=torch.float64)
    print(name, value if np.ndim(value) == 0 else np.asarray(value)[:4])


def kernel(u, v):
    return (float(np.dot(u, v)) / 5 + 1) ** 3


def mmd(a, b):
    n, m = len(a), len(b)
    own = sum(kernel(a[i], a[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    other = sum(kernel(b[i], b[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    cross = sum(kernel(u, v) for u in a for v in b) / (n * m)
    return own + other - 2 * cross


def radii(a, k):
    return [sorted(float(np.linalg.norm(a[i] - a[j])) for j in range(len(a)) if j != i)[k - 1] for i in range(len(a))]


A, B = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
roots = np.sqrt(np.linalg.eigvals(A @ B).astype(complex)).real
put("frechet", float(((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(A) + np.trace(B) - 2 * roots.sum()))
put("mean", list(x.mean(0)))
put("covariance", A.tolist())
put("kernel", mmd(x, y))
put("kernel-blocks", [mmd(x[i:i + 35], y[i:i + 35]) for i in range(0, 140, 35)])

p = np.exp(logits)
p /= p.sum(1, keepdims=True)
marginal = p.mean(0)
put("inception", float(np.exp(np.mean([sum(q * np.log(q / r) for q, r in zip(row, marginal)) for row in p]))))

for k in (3, 5):
    rx, ry = radii(x, k), radii(y, k)
    d = [[float(np.linalg.norm(u - v)) for v in y] for u in x]
    put(f"precision-{k}", np.mean([any(d[i][j] <= rx[i] for i in range(160)) for j in range(140)]))
    put(f"recall-{k}", np.mean([any(d[i][j] <= ry[j] for j in range(140)) for i in range(160)]))
    put(f"density-{k}", sum(d[i][j] <= rx[i] for i in range(160) for j in range(140)) / (k * 140))
    put(f"coverage-{k}", np.mean([any(d[i][j] <= rx[i] for j in range(140)) for i in range(160)]))

put("nearest", [min(float(np.linalg.norm(v - u)) for u in x) for v in y])
golden.publish(__file__, tensors)
