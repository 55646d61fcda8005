#!/usr/bin/env python3
"""Reference tables of published networks, layer by layer.

    python3 -m venv venv
    venv/bin/pip install torch torchvision      # 3 minutes, 6 GB; the CPU suffices
    venv/bin/python make_tables.py OUTPUT_FOLDER

Part 1 builds torchvision's own models on the `meta` device (shapes only: no weights are
initialised, nothing is computed), runs one 1x3x224x224 input in eval mode under no_grad() and
writes what was observed to run: leaf modules by forward hooks; functional relu, additions and
concatenations outside leaf modules by a TorchFunctionMode. Any other function seen outside a leaf
module stops the script, so nothing is silently left out. Nothing is stubbed.

Part 2 writes the nets "as published", which torchvision does not hold, from the data in this file.
alexnet_paper, zfnet and googlenet_bvlc are built from torch.nn and traced by the same code;
googlenet_paper and lenet5 are tables of numbers, checked by arithmetic. The sources are in each
table's comment lines.

Format of the layer tables (tab-separated, lines that start with # are comments, the last comment
line before the rows names the columns):
  row      1-based; the order in which it ran (a module called twice has two rows)
  name     dotted module name; functional calls and Add/Concat are named <module>.<function>
  kind     Conv2d BatchNorm2d ReLU MaxPool2d AdaptiveAvgPool2d AvgPool2d Linear Dropout
           LocalResponseNorm ContrastNorm Add Concat
  kernel stride padding groups   one integer (all are square), or - where there is none.
           AdaptiveAvgPool2d has the kernel and stride of the equal plain average pooling.
  output   WxHxC, 1x1xK for Linear
  weights  number of weights of Conv2d / Linear
  other    number of other trained parameters: bias, or BatchNorm weight+bias (not the running
           mean and variance, which torch keeps as buffers and does not count as parameters)
  inputs   rows whose outputs it reads, comma-separated; 0 is the image. In-place operations count
           as producing a new value. Flattening has no row.
  note     - or key=value words
"""
import os
import sys

import torch
import torch.nn as nn
import torchvision
from torch.overrides import TorchFunctionMode
from torchvision import models

COLUMNS = "row name kind kernel stride padding groups output weights other inputs note".split()


def one(v):
    """An integer for a square (a, a); the tables hold no other."""
    if isinstance(v, (tuple, list)):
        assert len(set(v)) == 1, v
        return v[0]
    return v


def whc(t):
    if t.dim() == 2:
        return f"1x1x{t.shape[1]}"
    return f"{t.shape[3]}x{t.shape[2]}x{t.shape[1]}"


class Tracer(TorchFunctionMode):
    def __init__(self, model):
        super().__init__()
        self.model, self.rows, self.stack, self.keep, self.made_by = model, [], [], [], {}
        self.leaf = 0
        for name, m in model.named_modules():
            m.register_forward_pre_hook(lambda m, a, n=name: self.enter(m, n))
            m.register_forward_hook(lambda m, a, o, n=name: self.leave(m, n, a, o))

    # which row made a tensor: by object identity, all tensors are kept alive
    def produced(self, t, row):
        self.keep.append(t)
        self.made_by[id(t)] = row

    def enter(self, m, name):
        self.stack.append(name)
        if not list(m.children()):
            self.leaf += 1

    def leave(self, m, name, args, out):
        assert self.stack.pop() == name
        if not list(m.children()):
            self.leaf -= 1
            self.add(name, type(m).__name__, m, args, out)

    def add(self, name, kind, m, ins, out):
        k = s = p = g = "-"
        note = []
        if isinstance(m, nn.Conv2d):
            k, s, p, g = one(m.kernel_size), one(m.stride), one(m.padding), m.groups
            assert one(m.dilation) == 1
        elif isinstance(m, nn.MaxPool2d):
            k, s, p = one(m.kernel_size), one(m.stride), one(m.padding)
            assert one(m.dilation) == 1
            if m.ceil_mode:
                note.append("ceil_mode=1")
        elif isinstance(m, nn.AvgPool2d):
            k, s, p = one(m.kernel_size), one(m.stride), one(m.padding)
        elif isinstance(m, nn.AdaptiveAvgPool2d):
            i, o = ins[0].shape[-1], out.shape[-1]
            assert i % o == 0 and ins[0].shape[-2:] == torch.Size((i, i))
            k, s, p = i // o, i // o, 0
            note.append(f"output_size={o}" + (" identity=1" if i == o else ""))
        elif isinstance(m, nn.Dropout):
            note.append(f"p={m.p}")
        elif isinstance(m, nn.LocalResponseNorm):
            note.append(f"size={m.size} alpha={m.alpha} beta={m.beta} k={m.k}")
        elif isinstance(m, nn.BatchNorm2d):
            note.append(f"eps={m.eps}")
        elif m is not None:
            assert isinstance(m, (nn.ReLU, nn.Linear, ContrastNorm)), type(m)
        weights = other = 0
        for pn, par in (m.named_parameters(recurse=False) if m is not None else ()):
            if pn == "weight" and isinstance(m, (nn.Conv2d, nn.Linear)):
                weights += par.numel()
            else:
                other += par.numel()
        src = ",".join(str(self.made_by[id(t)]) for t in ins)
        row = len(self.rows) + 1
        self.rows.append([row, name, kind, k, s, p, g, whc(out), weights, other, src,
                          " ".join(note) or "-"])
        self.produced(out, row)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if self.leaf or not isinstance(out, torch.Tensor):
            return out
        name = getattr(func, "__name__", str(func))
        here = (self.stack[-1] + "." if self.stack[-1] else "") + name.strip("_")
        if name in ("relu", "relu_"):
            self.add(here, "ReLU", None, args[:1], out)
        elif name in ("__iadd__", "__add__", "add", "add_"):
            self.add(here, "Add", None, args[:2], out)
        elif name in ("cat", "concat"):
            assert args[1] == 1, args[1:]
            self.add(here, "Concat", None, args[0], out)
        elif name == "flatten":
            self.produced(out, self.made_by[id(args[0])])
        else:
            raise RuntimeError(f"unexpected function {name} in {self.stack}")
        return out


class ContrastNorm(nn.Module):
    """Stands for ZFNet's contrast normalisation: it keeps the shape and has no parameters."""

    def forward(self, x):
        return x.clone()


def trace(model, size=224):
    model.eval()
    x = torch.zeros(1, 3, size, size, device="meta")
    tr = Tracer(model)
    tr.produced(x, 0)
    with torch.no_grad(), tr:
        model(x)
    total = sum(p.numel() for p in model.parameters())
    assert total == sum(r[8] + r[9] for r in tr.rows), "parameters of modules that did not run once"
    return tr.rows, total


def write(out, name, comments, columns, rows):
    with open(os.path.join(out, name + ".tsv"), "w") as f:
        for c in comments:
            f.write("# " + c + "\n")
        f.write("# " + "\t".join(columns) + "\n")
        for r in rows:
            f.write("\t".join(map(str, r)) + "\n")


VERSIONS = f"torchvision {torchvision.__version__}, torch {torch.__version__}"

NOTES = {
    "googlenet": ["aux_logits=False, transform_input=False. NOT the 2014 paper's net: batch"
                  " normalisation (eps 0.001) and no conv bias, no LRN, and the paper's 5x5 branch has 3x3"
                  " kernels with padding 1 (torchvision's known deviation, kept for its weights);"
                  " pools are ceil_mode, maxpool4 is 2x2 stride 2, not 3x3."
                  " For the paper's net see googlenet_bvlc.tsv and googlenet_paper.tsv."],
    "alexnet": ["NOT the 2012 paper's net: the one-tower net of 'One weird trick' (Krizhevsky 2014,"
                " arXiv:1404.5997), 64/192/384/256/256 channels, no groups, no LRN."
                " For the 2012 net see alexnet_paper.tsv."],
}
for d in (50, 101, 152):
    NOTES[f"resnet{d}"] = ["'ResNet v1.5': the stride 2 of a down-sampling bottleneck is on its 3x3 conv"
                           " (conv2); the 2015 paper and Caffe have it on the first 1x1 conv. Parameter"
                           " counts are the same; the output size of conv1/bn1 in layer2.0, layer3.0 and"
                           " layer4.0 differs."]


def part1(out):
    names = ("vgg11 vgg13 vgg16 vgg19 resnet18 resnet34 resnet50 resnet101 resnet152 "
             "googlenet alexnet").split()
    for name in names:
        with torch.device("meta"):
            kw = dict(aux_logits=False, init_weights=False) if name == "googlenet" else {}
            model = getattr(models, name)(weights=None, **kw)
        rows, total = trace(model)
        meta = models.get_model_weights(name).DEFAULT.meta     # of torchvision's published weights
        assert total == meta["num_params"]
        head = f"{name}, {VERSIONS}, parameters {total}, input 224x224x3, eval mode on the meta device"
        write(out, name, [head] + NOTES.get(name, []), COLUMNS, rows)
        print(f"{name:14} {total:>11,} {len(rows):4} rows")


# ---- part 2: as published -------------------------------------------------------------------

# Szegedy et al. 2014 (arXiv:1409.4842), Table 1; the channel counts are those of the BVLC
# definition as well: in, out size, #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj, and the
# paper's "params" and "ops" columns as printed.
INCEPTION = [
    ("3a", 192, 28, 64, 96, 128, 16, 32, 32, "159K", "128M"),
    ("3b", 256, 28, 128, 128, 192, 32, 96, 64, "380K", "304M"),
    ("4a", 480, 14, 192, 96, 208, 16, 48, 64, "364K", "73M"),
    ("4b", 512, 14, 160, 112, 224, 24, 64, 64, "437K", "88M"),
    ("4c", 512, 14, 128, 128, 256, 24, 64, 64, "463K", "100M"),
    ("4d", 512, 14, 112, 144, 288, 32, 64, 64, "580K", "119M"),
    ("4e", 528, 14, 256, 160, 320, 32, 128, 128, "840K", "170M"),
    ("5a", 832, 7, 256, 160, 320, 32, 128, 128, "1072K", "54M"),
    ("5b", 832, 7, 384, 192, 384, 48, 128, 128, "1388K", "71M"),
]


class PaperInception(nn.Module):
    def __init__(self, cin, n1, r3, n3, r5, n5, pp):
        super().__init__()
        def conv(i, o, k):
            return [nn.Conv2d(i, o, k, padding=k // 2), nn.ReLU()]
        self.b1 = nn.Sequential(*conv(cin, n1, 1))
        self.b3 = nn.Sequential(*conv(cin, r3, 1), *conv(r3, n3, 3))
        self.b5 = nn.Sequential(*conv(cin, r5, 1), *conv(r5, n5, 5))
        self.bp = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(cin, pp, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b3(x), self.b5(x), self.bp(x)], 1)


def googlenet_bvlc():
    def lrn():
        return nn.LocalResponseNorm(5, 1e-4, 0.75, 1.0)
    def pool():
        return nn.MaxPool2d(3, 2, ceil_mode=True)
    m = nn.Sequential()
    add = m.add_module
    add("conv1", nn.Conv2d(3, 64, 7, 2, 3)); add("relu1", nn.ReLU()); add("pool1", pool())
    add("norm1", lrn())
    add("conv2_reduce", nn.Conv2d(64, 64, 1)); add("relu2_reduce", nn.ReLU())
    add("conv2", nn.Conv2d(64, 192, 3, 1, 1)); add("relu2", nn.ReLU())
    add("norm2", lrn()); add("pool2", pool())
    for name, cin, _, *n in INCEPTION:
        add("inception_" + name, PaperInception(cin, *n[:6]))
        if name in ("3b", "4e"):
            add("pool" + name[0], pool())
    add("pool5", nn.AvgPool2d(7, 1)); add("drop", nn.Dropout(0.4)); add("flatten", Flatten())
    add("classifier", nn.Linear(1024, 1000))
    return m


class Flatten(nn.Module):
    """torch.flatten in a module that is no leaf, so that the tracer sees the function."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential()     # makes this a non-leaf; never called

    def forward(self, x):
        return torch.flatten(x, 1)


def alexnet_paper():
    def lrn():
        return nn.LocalResponseNorm(5, 1e-4, 0.75, 1.0)
    m = nn.Sequential()
    add = m.add_module
    add("conv1", nn.Conv2d(3, 96, 11, 4)); add("relu1", nn.ReLU()); add("norm1", lrn())
    add("pool1", nn.MaxPool2d(3, 2))
    add("conv2", nn.Conv2d(96, 256, 5, 1, 2, groups=2)); add("relu2", nn.ReLU()); add("norm2", lrn())
    add("pool2", nn.MaxPool2d(3, 2))
    add("conv3", nn.Conv2d(256, 384, 3, 1, 1)); add("relu3", nn.ReLU())
    add("conv4", nn.Conv2d(384, 384, 3, 1, 1, groups=2)); add("relu4", nn.ReLU())
    add("conv5", nn.Conv2d(384, 256, 3, 1, 1, groups=2)); add("relu5", nn.ReLU())
    add("pool5", nn.MaxPool2d(3, 2)); add("flatten", Flatten())
    add("fc6", nn.Linear(9216, 4096)); add("relu6", nn.ReLU()); add("drop6", nn.Dropout(0.5))
    add("fc7", nn.Linear(4096, 4096)); add("relu7", nn.ReLU()); add("drop7", nn.Dropout(0.5))
    add("fc8", nn.Linear(4096, 1000))
    return m


def zfnet(pad_reading):
    """pad_reading: 224 input with padding 1 on conv1, pool1, pool2 and floors; else 225 input,
    no such padding and ceil_mode pools."""
    p = 1 if pad_reading else 0
    def pool():
        return nn.MaxPool2d(3, 2, p, ceil_mode=not pad_reading)
    m = nn.Sequential()
    add = m.add_module
    add("conv1", nn.Conv2d(3, 96, 7, 2, p)); add("relu1", nn.ReLU()); add("pool1", pool())
    add("norm1", ContrastNorm())
    add("conv2", nn.Conv2d(96, 256, 5, 2)); add("relu2", nn.ReLU()); add("pool2", pool())
    add("norm2", ContrastNorm())
    add("conv3", nn.Conv2d(256, 384, 3, 1, 1)); add("relu3", nn.ReLU())
    add("conv4", nn.Conv2d(384, 384, 3, 1, 1)); add("relu4", nn.ReLU())
    add("conv5", nn.Conv2d(384, 256, 3, 1, 1)); add("relu5", nn.ReLU())
    add("pool5", nn.MaxPool2d(3, 2)); add("flatten", Flatten())
    add("fc6", nn.Linear(9216, 4096)); add("relu6", nn.ReLU()); add("drop6", nn.Dropout(0.5))
    add("fc7", nn.Linear(4096, 4096)); add("relu7", nn.ReLU()); add("drop7", nn.Dropout(0.5))
    add("fc8", nn.Linear(4096, 1000))
    return m


# LeCun et al. 1998, Table I: the S2 maps that each of C3's 16 maps reads.
C3 = [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5],
      [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5],
      [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5]]


def sizes(rows, names):
    return [r[7] for r in rows for n in names.split() if r[1] == n]


def part2(out):
    with torch.device("meta"):
        model = alexnet_paper()
    rows, total = trace(model, 227)
    assert total == 60_965_224
    assert sizes(rows, "conv1 pool1 conv2 pool2 conv3 conv4 conv5 pool5 fc6 fc7 fc8") == (
        "55x55x96 27x27x96 27x27x256 13x13x256 13x13x384 13x13x384 13x13x256 6x6x256 "
        "1x1x4096 1x1x4096 1x1x1000").split()
    write(out, "alexnet_paper", [
        f"alexnet as published (Krizhevsky, Sutskever, Hinton 2012), parameters {total}, input 227x227x3",
        "Source: BVLC/caffe models/bvlc_alexnet/deploy.prototxt (read at commit 310574f222e8), entered by"
        f" hand as torch.nn modules, traced by torch {torch.__version__}. The paper says 224x224; 227 with"
        " padding 0 is Caffe's and gives the paper's 55x55. Order conv, relu, norm, pool as in the paper;"
        " BVLC's CaffeNet has pool before norm. The paper's LRN has k=2, alpha=1e-4, beta=0.75, n=5;"
        " Caffe's k=1 and alpha/n. Both torch and Caffe divide alpha by n; the paper does not."],
        COLUMNS, rows)
    print(f"{'alexnet_paper':14} {total:>11,} {len(rows):4} rows")

    want = ("110x110x96 55x55x96 26x26x256 13x13x256 13x13x384 13x13x384 13x13x256 6x6x256 "
            "1x1x4096 1x1x4096 1x1x1000").split()
    for pad_reading, size in ((False, 225), (True, 224)):
        with torch.device("meta"):
            model = zfnet(pad_reading)
        rows, total = trace(model, size)
        assert sizes(rows, "conv1 pool1 conv2 pool2 conv3 conv4 conv5 pool5 fc6 fc7 fc8") == want
    write(out, "zfnet", [
        f"zfnet (Zeiler & Fergus 2013, arXiv:1311.2901, Figure 3), parameters {total}, input 224x224x3",
        "The paper gives kernels, strides and output sizes, but no padding. This table pads conv1, pool1"
        " and pool2 by 1 and rounds down; a 225x225 input without these paddings and with pools that round"
        " up gives the same sizes (the script asserts both). Weights and biases follow from the sizes; the"
        " paper prints no parameter count. No groups (the paper: dense connections in layers 3, 4, 5)."
        " ContrastNorm is the paper's contrast normalisation across feature maps: no parameters here."
        " A variant met elsewhere (CS231n) has 512, 1024, 512 maps in conv3-5: not this table.",
        f"Entered by hand from knowledge of the paper, traced by torch {torch.__version__}."],
        COLUMNS, rows)
    print(f"{'zfnet':14} {total:>11,} {len(rows):4} rows")

    with torch.device("meta"):
        model = googlenet_bvlc()
    rows, total = trace(model)
    assert total == 6_998_552
    write(out, "googlenet_bvlc", [
        f"googlenet as published (Szegedy et al. 2014), parameters {total}, input 224x224x3,"
        " without the two auxiliary classifiers",
        "Source: BVLC/caffe models/bvlc_googlenet/deploy.prototxt (stem and 3a read there, the channels of the rest"
        " as in googlenet_paper.tsv, pool5/dropout/classifier from knowledge), entered by hand as"
        f" torch.nn modules, traced by torch {torch.__version__}. b1, b3, b5, bp are the 1x1, 3x3, 5x5 and"
        " pool branches. Max pools round up (Caffe), as in ceil_mode."], COLUMNS, rows)
    print(f"{'googlenet_bvlc':14} {total:>11,} {len(rows):4} rows")

    table = []
    cin, side = 192, 28
    for name, i, s, n1, r3, n3, r5, n5, pp, params, ops in INCEPTION:
        w = i * n1 + i * r3 + 9 * r3 * n3 + i * r5 + 25 * r5 * n5 + i * pp
        b = n1 + r3 + n3 + r5 + n5 + pp
        if name in ("4a", "5a"):
            side //= 2
        assert i == cin and s == side
        cin = n1 + n3 + n5 + pp
        traced = [r for r in rows if r[1].startswith("inception_" + name + ".")]
        assert traced[-1][2] == "Concat" and traced[-1][7] == f"{s}x{s}x{cin}"
        assert (sum(r[8] for r in traced), sum(r[9] for r in traced)) == (w, b)
        table.append([name, n1, r3, n3, r5, n5, pp, f"{s}x{s}x{i}", f"{s}x{s}x{cin}", w, b, params, ops])
    assert cin == 1024
    write(out, "googlenet_paper", [
        f"googlenet as published (Szegedy et al. 2014, arXiv:1409.4842), Table 1: the nine inception modules;"
        f" whole net without auxiliary classifiers: parameters {total} (googlenet_bvlc.tsv)",
        "Channel counts from Table 1, compared by eye with BVLC's prototxt (3a, start of 3b), a blob list generated"
        " from it (krasin/MetalDetector, all nine) and public transcriptions of Table 1. weights and other (biases) are"
        " computed from them; paper_params and paper_ops are the table's own columns, as printed. The paper's"
        " params are not exact: 3a is weights/1024, the others are within 8% of it, 4c and 5a worst. Output is WxHxC after the concatenation 1x1, 3x3, 5x5, pool proj.",
        "The rest of Table 1: conv 7x7/2 112x112x64; max pool 3x3/2 56x56x64; conv 3x3/1 56x56x192 with 64"
        " 1x1 reduce; max pool 3x3/2 28x28x192; 3a 3b; max pool 3x3/2 14x14x480; 4a-4e; max pool 3x3/2"
        " 7x7x832; 5a 5b; avg pool 7x7/1 1x1x1024; dropout 40%; linear 1x1x1000; softmax."],
        "module n1x1 n3x3_reduce n3x3 n5x5_reduce n5x5 pool_proj input output weights other "
        "paper_params paper_ops".split(), table)
    print(f"{'googlenet_paper':14} {'':>10} {len(table):4} rows")

    c3 = sum(map(len, C3))
    assert c3 == 60
    le = [  # name kind kernel stride in-maps output weights other connections note
        ["C1", "Conv2d", 5, 1, 0, 1, "28x28x6", 150, 6, 26 * 6 * 784, "-"],
        ["S2", "Subsample", 2, 2, 0, 6, "14x14x6", 6, 6, 5 * 6 * 196,
         "sum of 4 inputs x one trained coefficient + one trained bias per map, then the squashing"],
        ["C3", "Conv2d", 5, 1, 0, "-", "10x10x16", 25 * c3, 16, (25 * c3 + 16) * 100,
         "connection table, 60 of 96 pairs; dense would be 2400 weights"],
        ["S4", "Subsample", 2, 2, 0, 16, "5x5x16", 16, 16, 5 * 16 * 25, "as S2"],
        ["C5", "Conv2d", 5, 1, 0, 1, "1x1x120", 48000, 120, 48120,
         "a convolution whose 5x5 kernel covers S4's 5x5: a full connection at 32x32"],
        ["F6", "Linear", "-", "-", "-", "-", "1x1x84", 10080, 84, 10164, "-"],
        ["OUTPUT", "RBF", "-", "-", "-", "-", "1x1x10", 0, 0, 840,
         "Euclidean RBF units with 840 fixed centres (+1/-1, 7x12 bitmaps), not trained at first"],
    ]
    assert [r[7] + r[8] for r in le] == [156, 12, 1516, 32, 48120, 10164, 0]
    assert sum(r[7] + r[8] for r in le) == 60_000 and sum(r[9] for r in le) == 340_908
    write(out, "lenet5", [
        "lenet5 (LeCun, Bottou, Bengio, Haffner 1998, section II.B), parameters 60000 trained, input 32x32x1,"
        " 340908 connections: both totals are the paper's",
        "Source: knowledge of the paper; the table's sums give the paper's totals exactly. Squashing is"
        " 1.7159 tanh(2/3 x) after C1, S2, C3, S4, C5, F6. Common 'LeNet-5's differ: dense C3, plain average"
        " or max pooling, linear output: 61,706 parameters (C1 156, C3 2416, C5 48120, F6 10164, out 850).",
        "C3 reads of S2: " + "; ".join(f"{i}:{','.join(map(str, c))}" for i, c in enumerate(C3))],
        "name kind kernel stride padding groups output weights other connections note".split(), le)
    assert 156 + 2416 + 48120 + 10164 + 850 == 61_706
    print(f"{'lenet5':14} {60000:>11,} {len(le):4} rows")


if __name__ == "__main__":
    out = sys.argv[1] if len(sys.argv) > 1 else "."
    print(VERSIONS)
    part1(out)
    part2(out)
