"""Golden values of optimisers over 20 steps, schedules, gradient clipping and the moving average.

    /usr/bin/python3 tests/golden/optimizers.py

Each optimiser minimises sum((p - target)^2 * scale) / 2 + sum(p0 * noise_t) over two parameters, so that its gradients
differ from step to step; the parameters after every step and the state after the last one are kept.
"""

import math

import torch

import golden

STEPS = 20
tensors = {}


def problem():
    parameters = [golden.uniform(1, 3, 4).requires_grad_(), golden.uniform(2, 5).requires_grad_()]
    targets = [golden.uniform(3, 3, 4), golden.uniform(4, 5)]
    scales = [golden.uniform(5, 3, 4, low=0.5, high=2.0), golden.uniform(6, 5, low=0.5, high=2.0)]
    return parameters, targets, scales


def gradients(parameters, targets, scales, step):
    loss = 0
    for index, (p, target, scale) in enumerate(zip(parameters, targets, scales)):
        noise = golden.uniform(1000 + 10 * step + index, *p.shape)
        loss = loss + ((p - target) ** 2 * scale).sum() / 2 + (p * noise).sum()
    for p in parameters:
        p.grad = None
    loss.backward()


def run(name, make, schedule=None):
    parameters, targets, scales = problem()
    optimizer = make(parameters)
    scheduler = schedule(optimizer) if schedule else None
    for step in range(STEPS):
        gradients(parameters, targets, scales, step)
        optimizer.step()
        if scheduler:
            scheduler.step()
        for index, p in enumerate(parameters):
            tensors[f"{name}/step{step:02}.{index}"] = p.detach().clone()
    for index, p in enumerate(parameters):
        for slot, value in optimizer.state[p].items():
            if isinstance(value, torch.Tensor) and value.numel() > 0:
                tensors[f"{name}/slot.{index}.{slot}"] = value.to(torch.float32).clone()


O = torch.optim
run("sgd", lambda p: O.SGD(p, lr=0.1))
run("sgd-decay", lambda p: O.SGD(p, lr=0.1, weight_decay=0.05))
run("sgd-momentum", lambda p: O.SGD(p, lr=0.05, momentum=0.9))
run("sgd-dampening", lambda p: O.SGD(p, lr=0.05, momentum=0.9, dampening=0.3, weight_decay=0.01))
run("sgd-nesterov", lambda p: O.SGD(p, lr=0.05, momentum=0.8, nesterov=True, weight_decay=0.01))
run("sgd-maximize", lambda p: O.SGD(p, lr=0.01, momentum=0.5, maximize=True))
run("adam", lambda p: O.Adam(p, lr=0.05))
run("adam-decay", lambda p: O.Adam(p, lr=0.05, betas=(0.5, 0.9), eps=1e-6, weight_decay=0.1))
run("adam-amsgrad", lambda p: O.Adam(p, lr=0.05, betas=(0.6, 0.8), amsgrad=True))
run("adam-maximize", lambda p: O.Adam(p, lr=0.05, maximize=True))
run("adamw", lambda p: O.AdamW(p, lr=0.05))
run("adamw-decay", lambda p: O.AdamW(p, lr=0.05, betas=(0.8, 0.95), weight_decay=0.2))
run("adamw-amsgrad", lambda p: O.AdamW(p, lr=0.05, betas=(0.6, 0.8), amsgrad=True))
run("rmsprop", lambda p: O.RMSprop(p, lr=0.02))
run("rmsprop-centered", lambda p: O.RMSprop(p, lr=0.02, alpha=0.9, centered=True))
run("rmsprop-momentum", lambda p: O.RMSprop(p, lr=0.02, alpha=0.95, momentum=0.7, weight_decay=0.05, eps=1e-6))
run("rmsprop-all", lambda p: O.RMSprop(p, lr=0.02, alpha=0.9, momentum=0.5, centered=True, weight_decay=0.01))
run("adagrad", lambda p: O.Adagrad(p, lr=0.2))
run("adagrad-all", lambda p: O.Adagrad(p, lr=0.2, lr_decay=0.05, weight_decay=0.02, initial_accumulator_value=0.1))

run("adam-cosine", lambda p: O.Adam(p, lr=0.05),
    lambda optimizer: O.lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS, eta_min=0.005))


def factors(name, make, steps=30):
    """The learning rate's factor at steps 0..steps-1, from PyTorch's own schedulers."""
    optimizer = O.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, values = make(optimizer), []
    for _ in range(steps):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    tensors[f"schedule-{name}"] = torch.tensor(values, dtype=torch.float64)


S = O.lr_scheduler
factors("constant", lambda o: S.ConstantLR(o, factor=1.0, total_iters=0))
factors("step", lambda o: S.StepLR(o, step_size=7, gamma=0.3))
factors("cosine", lambda o: S.LambdaLR(
    o, lambda t: 0.1 + 0.9 * (1 + math.cos(math.pi * min(t, 20) / 20)) / 2))
factors("linear-warmup", lambda o: S.LambdaLR(o, lambda t: min(1.0, (t + 1) / 8)))
factors("inverse-sqrt", lambda o: S.LambdaLR(o, lambda t: min((t + 1) / 6, math.sqrt(6 / (t + 1)))))
factors("warmup-cosine", lambda o: S.LambdaLR(
    o, lambda t: (t + 1) / 5 if t < 5 else (1 + math.cos(math.pi * min(t - 5, 20) / 20)) / 2))


def clip(name, action):
    parameters, targets, scales = problem()
    gradients(parameters, targets, scales, 0)
    norm = action(parameters)
    for index, p in enumerate(parameters):
        tensors[f"clip-{name}/grad.{index}"] = p.grad.clone()
    if norm is not None:
        tensors[f"clip-{name}/norm"] = norm.reshape(())


clip("norm", lambda p: torch.nn.utils.clip_grad_norm_(p, 1.5))
clip("norm-loose", lambda p: torch.nn.utils.clip_grad_norm_(p, 1e3))
clip("norm-inf", lambda p: torch.nn.utils.clip_grad_norm_(p, 0.4, norm_type=float("inf")))
clip("norm-1", lambda p: torch.nn.utils.clip_grad_norm_(p, 2.0, norm_type=1.0))
clip("value", lambda p: torch.nn.utils.clip_grad_value_(p, 0.3))

# moving average of the parameters: average <- decay * average + (1 - decay) * parameter, after every step
parameters, targets, scales = problem()
optimizer = O.SGD(parameters, lr=0.1)
averages = [p.detach().clone() for p in parameters]
warm = [p.detach().clone() for p in parameters]
for step in range(STEPS):
    gradients(parameters, targets, scales, step)
    optimizer.step()
    warmth = min(0.9, (1 + step + 1) / (10 + step + 1))
    for average, warmed, p in zip(averages, warm, parameters):
        average.mul_(0.9).add_(p.detach(), alpha=0.1)
        warmed.mul_(warmth).add_(p.detach(), alpha=1 - warmth)
for index in range(2):
    tensors[f"ema/average.{index}"] = averages[index]
    tensors[f"ema/warm.{index}"] = warm[index]

golden.publish(__file__, tensors)
