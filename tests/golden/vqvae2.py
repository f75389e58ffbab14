"""First ten losses, first gradients and the last codebooks of small VQ-VAE-2s: autoencoder, top prior and bottom prior.

    /usr/bin/python3 tests/golden/vqvae2.py

Two cases. `odd`: 12x12 images, halved twice to 3x3 and once more to 2x2 by kernels of 3; `even`: 8x8 images, halved once to
4x4 and once more to 2x2 by kernels of 4. Each has 16 codes of 4 numbers a level, 8 channels, one residual block, priors of
two gated layers of 4 channels. Parameters bear Figment's paths; in the order of the sorted paths their seeds are 3100 and on
(golden.uniform), vectors within 1/8 and the others wide enough that several codes are used. Codebooks are
uniform(3000, 16, 4, -1, 1) and (3001, ...), images uniform(3050 + step, 8, 1, side, side).

A step: the autoencoder's loss (the mean of nats a pixel of N(map, 0.1^2) plus 0.25 times the mean squared distances of both
levels' codes to their vectors) by Adam 1e-2; the moving averages, which begin with counts 1 and the vectors as their sums and
keep 0.9; then nats a code of the top prior and of the bottom prior given the vectors of before, each by an Adam 1e-2 of its
own. Of each gradient every 7th number and the norm are kept.
"""

import math

import torch
import torch.nn.functional as F

import golden

BATCH, STEPS, CODES, SIZE, H, P, KEEP, SIGMA, GAIN = 8, 10, 16, 4, 8, 4, 0.9, 0.1, 4
tensors = {}


class Case:
    def __init__(self, name, side, halvings):
        self.name, self.side, self.halvings = name, side, halvings
        self.bottom = side >> halvings
        self.top = (self.bottom + 1) // 2
        self.kernel = 3 if self.bottom % 2 else 4
        shapes = self.shapes()
        self.w = {}
        for index, path in enumerate(sorted(shapes)):
            shape = shapes[path]
            fan = math.prod(shape[1:]) if len(shape) > 1 else 64
            gain = GAIN if len(shape) > 1 else 1
            bound = gain * 2.0 ** -math.ceil(math.log2(math.sqrt(fan)))
            self.w[path] = golden.uniform(3100 + index, *shape, low=-bound, high=bound).requires_grad_()

    def shapes(self):
        k, s = self.kernel, {}

        def conv(path, out, inputs, size, bias=True):
            s[path + ".weight"] = (out, inputs, *((size, size) if isinstance(size, int) else size))
            if bias:
                s[path + ".bias"] = (out,)

        def turned(path, inputs, out, size):
            s[path + ".weight"], s[path + ".bias"] = (inputs, out, size, size), (out,)

        def block(path, h):
            conv(path + ".reduce", 4, h, 3, bias=False)
            conv(path + ".expand", h, 4, 1, bias=False)

        def prior(path, grid):
            s[path + ".embedding.weight"] = (CODES, P)
            for l in range(2):
                at = f"{path}.layers.{l}"
                conv(at + ".link", 2 * P, 2 * P, 1)
                conv(at + ".vertical", 2 * P, P, (2, 3) if l else (3, 7))
                conv(at + ".horizontal", 2 * P, P, (1, 2) if l else (1, 4))
                conv(at + ".out", P, P, 1)
            s[path + ".layers.0.position.weight"] = (1, 2 * P, grid, grid)
            conv(path + ".hidden", 2 * P, P, 1)
            conv(path + ".output", CODES, 2 * P, 1)

        a = "autoencoder."
        if self.halvings == 1:
            conv(a + "features.0", H, 1, 4)
            conv(a + "features.2", H, H, 3)
            block(a + "features.3", H)
        else:
            conv(a + "features.0", H // 2, 1, 4)
            conv(a + "features.2", H, H // 2, 4)
            conv(a + "features.4", H, H, 3)
            block(a + "features.5", H)
        conv(a + "top_encoder.0", H, H, k)
        conv(a + "top_encoder.2", H, H, 3)
        block(a + "top_encoder.3", H)
        conv(a + "top_encoder.5", SIZE, H, 1)
        conv(a + "top_decoder.0", H, SIZE, 3)
        block(a + "top_decoder.1", H)
        turned(a + "top_decoder.3", H, H, k)
        conv(a + "join", SIZE, 2 * H, 1)
        turned(a + "upsample", SIZE, SIZE, k)
        conv(a + "decoder.0", H, 2 * SIZE, 3)
        block(a + "decoder.1", H)
        if self.halvings == 1:
            turned(a + "decoder.3", H, 1, 4)
        else:
            turned(a + "decoder.3", H, H // 2, 4)
            turned(a + "decoder.5", H // 2, 1, 4)
        prior("top_prior", self.top)
        conv("bottom_prior.condition.0", P, SIZE, 3)
        block("bottom_prior.condition.1", P)
        turned("bottom_prior.condition.3", P, P, k)
        prior("bottom_prior.codes", self.bottom)
        conv("bottom_prior.codes.condition", P, P, 3)
        return s

    def conv(self, path, x, stride=1, padding=0):
        return F.conv2d(x, self.w[path + ".weight"], self.w.get(path + ".bias"), stride, padding)

    def turned(self, path, x):
        return F.conv_transpose2d(x, self.w[path + ".weight"], self.w[path + ".bias"], 2, 1)

    def block(self, path, x):
        return x + self.conv(path + ".expand", F.relu(self.conv(path + ".reduce", F.relu(x), padding=1)))

    def blocks(self, path, first, x):
        x = self.conv(f"{path}.{first}", x, padding=1)
        return F.relu(self.block(f"{path}.{first + 1}", x))

    def forward(self, x):
        a, f = "autoencoder.", x
        for l in range(self.halvings):
            f = F.relu(self.conv(f"{a}features.{2 * l}", f, 2, 1))
        f = self.blocks(a + "features", 2 * self.halvings, f)
        t = F.relu(self.conv(a + "top_encoder.0", f, 2, 1))
        h_top = self.conv(a + "top_encoder.5", self.blocks(a + "top_encoder", 2, t))
        k_top, e_top = self.nearest(h_top, self.vectors[0])
        q_top = h_top + (e_top - h_top).detach()
        seen = self.turned(a + "top_decoder.3", self.blocks(a + "top_decoder", 0, q_top))
        h_bottom = self.conv(a + "join", torch.cat([seen, f], 1))
        k_bottom, e_bottom = self.nearest(h_bottom, self.vectors[1])
        q_bottom = h_bottom + (e_bottom - h_bottom).detach()
        y = self.blocks(a + "decoder", 0, torch.cat([self.turned(a + "upsample", q_top), q_bottom], 1))
        if self.halvings == 2:
            y = F.relu(self.turned(a + "decoder.3", y))
        maps = self.turned(f"{a}decoder.{2 * self.halvings + 1}", y)
        return maps, (h_top, k_top, e_top), (h_bottom, k_bottom, e_bottom)

    @staticmethod
    def nearest(h, vectors):
        flat = h.detach().permute(0, 2, 3, 1)
        k = torch.cdist(flat.reshape(-1, SIZE), vectors).argmin(1).view(flat.shape[:3])
        return k, vectors[k].permute(0, 3, 1, 2)

    def prior(self, path, k, condition=None):
        """Nats a code."""
        def gate(x):
            left, right = x.chunk(2, 1)
            return torch.tanh(left) * torch.sigmoid(right)

        features = None if condition is None else self.conv(path + ".condition", condition, padding=1)
        v = h = self.w[path + ".embedding.weight"][k].permute(0, 3, 1, 2)
        for l in range(2):
            at = f"{path}.layers.{l}"
            # Rows above only, then also the present one, which by then knows of rows above alone.
            above = F.pad(v, (1, 1, 1, 0)) if l else F.pad(v, (3, 3, 3, 0))[:, :, :-1]
            rows = self.conv(at + ".vertical", above)
            weight = self.w[at + ".horizontal.weight"]
            if l == 0:
                rows = rows + self.w[at + ".position.weight"]
                weight = torch.cat([weight[..., :3], torch.zeros_like(weight[..., 3:])], 3)  # not the present code
            left = F.conv2d(F.pad(h, (weight.shape[3] - 1, 0)), weight, self.w[at + ".horizontal.bias"])
            out = self.conv(at + ".out", gate(left + self.conv(at + ".link", rows)))
            v, h = gate(rows), out if l == 0 else out + h
            if l == 0 and features is not None:
                v, h = v + features, h + features
        logits = self.conv(path + ".output", F.relu(self.conv(path + ".hidden", F.relu(h))))
        return F.cross_entropy(logits, k)

    def bottom_prior(self, k_bottom, e_top):
        condition = self.turned("bottom_prior.condition.3", self.blocks("bottom_prior.condition", 0, e_top))
        return self.prior("bottom_prior.codes", k_bottom, condition)

    def run(self):
        self.vectors = [golden.uniform(3000 + level, CODES, SIZE, low=-1, high=1) for level in range(2)]
        counts, sums = [torch.ones(CODES) for _ in range(2)], [v.clone() for v in self.vectors]
        players = [torch.optim.Adam([w for path, w in self.w.items() if path.startswith(part)], lr=1e-2)
                   for part in ("autoencoder", "top_prior", "bottom_prior")]
        losses = []
        for step in range(STEPS):
            x = golden.uniform(3050 + step, BATCH, 1, self.side, self.side)
            maps, top, bottom = self.forward(x)
            commitment = sum(((h - e) ** 2).sum(1).mean() for h, _, e in (top, bottom))
            loss = 0.25 * commitment - torch.distributions.Normal(maps, SIGMA).log_prob(x).mean()
            three = [loss, self.prior("top_prior", top[1]), self.bottom_prior(bottom[1], top[2])]
            for player, value in zip(players, three):
                player.zero_grad()
                value.backward()
            if step == 0:
                for path, w in self.w.items():
                    tensors[f"{self.name}.grad.{path}"] = w.grad.flatten()[::7].clone()
                    tensors[f"{self.name}.norm.{path}"] = w.grad.double().norm()
                tensors[self.name + ".top"], tensors[self.name + ".bottom"] = top[1].clone(), bottom[1].clone()
            for player in players:
                player.step()
            for level, (h, k, _) in enumerate((top, bottom)):
                flat = h.detach().permute(0, 2, 3, 1).reshape(-1, SIZE)
                for code in range(CODES):
                    mine = flat[k.flatten() == code]
                    counts[level][code] = KEEP * counts[level][code] + (1 - KEEP) * len(mine)
                    sums[level][code] = KEEP * sums[level][code] + (1 - KEEP) * mine.sum(0)
                self.vectors[level] = sums[level] / counts[level][:, None]
            losses.append([value.item() for value in three])
        tensors[self.name + ".losses"] = torch.tensor(losses, dtype=torch.float64)
        tensors[self.name + ".vectors"] = torch.stack(self.vectors)
        print(self.name, [len(tensors[f"{self.name}.{level}"].unique()) for level in ("top", "bottom")], *losses, sep="\n")


torch.set_num_threads(1)
Case("odd", 12, 2).run()
Case("even", 8, 1).run()

golden.publish(__file__, tensors)
