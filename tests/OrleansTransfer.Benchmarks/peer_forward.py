"""The peer of our forward pass: the same networks in PyTorch. Reads lines "build NAME BATCH SIZE THREADS" and "run"; answers each with one line."""
import sys
import time

import torch
import torchvision
from torch import nn


def unit(i, o, k, s=1, groups=1, act=True):
    return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, groups=groups, bias=False), nn.BatchNorm2d(o), *([nn.ReLU6(True)] if act else []))


def mobilenetv1(width):
    channels = lambda c: max(8, int(c * width + 4) // 8 * 8)
    layers, last = [unit(3, channels(32), 3, 2)], channels(32)
    for out, count, stride in [(64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2)]:
        for i in range(count):
            layers += [unit(last, last, 3, stride if i == 0 else 1, last), unit(last, channels(out), 1)]
            last = channels(out)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(last, 1000))


class Separable(nn.Sequential):
    def __init__(self, i, o):
        super().__init__(nn.Conv2d(i, i, 3, padding=1, groups=i, bias=False), nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o))


class Block(nn.Module):
    def __init__(self, widths, stride, leading=True):
        super().__init__()
        layers = []
        for n, (i, o) in enumerate(widths):
            layers += ([nn.ReLU(n > 0)] if n > 0 or leading else []) + [Separable(i, o)]
        self.rep = nn.Sequential(*layers, *([nn.MaxPool2d(3, stride, 1)] if stride > 1 else []))
        i, o = widths[0][0], widths[-1][1]
        self.skip = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)) if stride > 1 else nn.Identity()

    def forward(self, x):
        return self.rep(x) + self.skip(x)


def xception():
    stem = [nn.Conv2d(3, 32, 3, 2, bias=False), nn.BatchNorm2d(32), nn.ReLU(True), nn.Conv2d(32, 64, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True)]
    entry = [Block([(64, 128), (128, 128)], 2, False), Block([(128, 256), (256, 256)], 2), Block([(256, 728), (728, 728)], 2)]
    middle = [Block([(728, 728)] * 3, 1) for _ in range(8)] + [Block([(728, 728), (728, 1024)], 2)]
    leave = [Separable(1024, 1536), nn.ReLU(True), Separable(1536, 2048), nn.ReLU(True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000)]
    return nn.Sequential(*stem, *entry, *middle, *leave)


def build(name):
    if name.startswith("mobilenetv1_"):
        return mobilenetv1(int(name[-3:]) / 100)
    if name == "legacy_xception":
        return xception()
    return getattr(torchvision.models, name)(weights=None, **({"init_weights": False} if name == "inception_v3" else {}))


net = x = None
for line in sys.stdin:
    command = line.split()
    if command[0] == "build":
        torch.set_num_threads(int(command[4]))
        net, x = build(command[1]).eval(), torch.randn(int(command[2]), 3, int(command[3]), int(command[3]))
        print(f"torch {torch.__version__} torchvision {torchvision.__version__}", flush=True)
    else:
        with torch.inference_mode():
            start = time.perf_counter()
            net(x)
            print(time.perf_counter() - start, flush=True)
