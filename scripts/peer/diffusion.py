"""UNet-lite as the UNet2DModel of diffusers: an update of its training, and sampling."""

import torch
import torch.nn.functional as F

from step import adam, can_compile, compiled, eager, graphed

LAYOUTS = {"channels last": torch.channels_last, "channels first": torch.contiguous_format}
SUFFIXES = {"w": "weight", "b": "bias", "gamma": "weight", "beta": "bias", "table": "weight"}


def torch_name(name):
    """The name of a parameter in diffusers; None for an array that is none."""
    layer, _, last = name.rpartition(".")
    return f"{layer}.{SUFFIXES[last]}" if layer and last in SUFFIXES else None


def to_torch(name, t):
    """A weight [inputs, outputs] or [ky, kx, inputs, outputs] with its outputs first, as PyTorch keeps it."""
    if not name.endswith(".w"):
        return t
    return t.permute(3, 2, 0, 1) if t.dim() == 4 else t.t()


def to_ours(name, t):
    """The inverse of to_torch."""
    if not name.endswith(".w"):
        return t
    return t.permute(2, 3, 1, 0) if t.dim() == 4 else t.t()


def network(sizes, arrays, dropout=0.0):
    """The network of the sizes with the parameters among the arrays."""
    try:
        from diffusers import UNet2DModel
    except ImportError as e:
        raise ImportError(f"{e}; works on UNet-lite need the packages of scripts/peer/requirements-unet.txt") from e
    levels = sizes["levels"]
    net = UNet2DModel(
        sample_size=sizes["side"], in_channels=sizes["channels"], out_channels=sizes["channels"], dropout=dropout,
        block_out_channels=[sizes[f"width{i}"] for i in range(levels)], layers_per_block=sizes["blocks"],
        down_block_types=["DownBlock2D"] * levels, up_block_types=["UpBlock2D"] * levels, downsample_padding=1,
        norm_num_groups=sizes["groups"], attn_norm_num_groups=sizes["groups"], attention_head_dim=None, add_attention=bool(sizes["middle"]),
        resnet_time_scale_shift="scale_shift", num_class_embeds=sizes["classes"], flip_sin_to_cos=False, freq_shift=1,
    )  # fmt: skip
    net.load_state_dict({torch_name(n): to_torch(n, t) for n, t in arrays.items() if torch_name(n)})  # strict: all, and no others
    return net.to(torch.get_default_device())


def images(t, layout):
    """[B, Y, X, C] as a contiguous [B, C, Y, X] of the layout."""
    return t.permute(0, 3, 1, 2).contiguous(memory_format=layout)


class Training:
    """An update: images with noise of random levels, forward, backward, clipping, Adam, average of the parameters."""

    def __init__(self, sizes, arrays, layout, wrap, kind):
        self.sizes, self.arrays, self.layout = sizes, arrays, layout
        self.lr, self.beta2, self.max_norm, self.decay, self.unlabelled, self.mean, self.std, dropout = arrays["settings"].tolist()
        self.net = network(sizes, arrays, dropout).to(memory_format=layout)
        self.named = dict(self.net.named_parameters())
        self.params = list(self.named.values())
        self.average = [p.detach().clone() for p in self.params]
        self.adam = adam(self.named, kind, self.lr, (0.9, self.beta2))
        self.images, self.classes = images(arrays["images"], layout), arrays["classes"].long()
        self.wrapped = wrap(self.loss)

    def example(self):
        """What the network reads, and what it should put out."""
        n, s = self.sizes["batch"], 0.5
        rows = torch.randint(len(self.images), (n,))
        none = torch.rand(n) < self.unlabelled
        label = self.classes[rows].masked_fill(none, self.sizes["classes"] - 1)
        log_sigma = torch.randn(n) * self.std + self.mean
        sigma = log_sigma.exp().view(n, 1, 1, 1)
        clean = self.images[rows]
        noise = torch.randn_like(clean)
        c = (sigma.square() + s * s).rsqrt()
        return (clean + sigma * noise) * c, log_sigma / 4, label, (clean * (sigma / s) - s * noise) * c

    def loss(self, x, time, label, target):
        return F.mse_loss(self.net(x, time, label, return_dict=False)[0], target)

    def descend(self, example):
        """Backward and clipping: the loss, and the norm before clipping."""
        self.adam.zero_grad(set_to_none=True)
        loss = self.wrapped(*example)
        loss.backward()
        return loss

    def step(self):
        self.net.train()
        self.descend(self.example())
        torch.nn.utils.clip_grad_norm_(self.params, self.max_norm, foreach=True)
        self.adam.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.params, 1 - self.decay)

    def check(self):
        self.net.eval()  # no dropout
        a = self.arrays
        loss = self.descend((images(a["x"], self.layout), a["time"], a["class"].long(), images(a["target"], self.layout)))
        norm = torch.nn.utils.get_total_norm([p.grad for p in self.params])
        grads = {f"grad/{n}": to_ours(n, self.named[torch_name(n)].grad) for n in a if torch_name(n)}
        return {"loss": loss, "norm": norm, **grads}


def train_ways(sizes, arrays):
    make = {}
    if can_compile():
        make["compiled, channels last, Adam fused"] = lambda: Training(sizes, arrays, torch.channels_last, compiled, "fused")
    for name, layout in LAYOUTS.items():
        for kind in ("fused", "foreach"):
            make[f"eager, {name}, Adam {kind}"] = lambda layout=layout, kind=kind: Training(sizes, arrays, layout, eager, kind)
    if can_compile():  # last, since it takes minutes
        make["compiled, channels first, Adam fused"] = lambda: Training(sizes, arrays, torch.contiguous_format, compiled, "fused")
    return graphed(make)


class Evaluation(torch.nn.Module):
    """The network, and the step of a linear multistep sampler after it; a row of the plan has the coefficients."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x, row, label, newest, middle, oldest):
        y = self.net(x * row[0], row[1], label, return_dict=False)[0]
        slope = row[4] * x + row[5] * (row[2] * x + row[3] * y)
        return row[6] * x + row[7] * slope + row[8] * newest + row[9] * middle + row[10] * oldest, slope


class Sampling:
    """Plays a plan, an evaluation in each step, and begins anew after its end."""

    def __init__(self, sizes, arrays, layout, wrap, mode=torch.no_grad):
        evaluation = Evaluation(network(sizes, arrays)).eval().to(memory_format=layout)
        self.rows, self.label, self.start = list(arrays["plan"]), arrays["class"].long(), images(arrays["start"], layout)
        self.evaluate, self.mode = wrap(evaluation), mode
        self.restart()

    def restart(self):
        self.at, self.x = 0, self.start.clone()
        self.slopes = [torch.zeros_like(self.x) for _ in range(3)]

    def step(self):
        if self.at == len(self.rows):
            self.restart()
        with self.mode():
            self.x, slope = self.evaluate(self.x, self.rows[self.at], self.label, *self.slopes)
        self.slopes = [slope, *self.slopes[:2]]
        self.at += 1

    def check(self):
        self.restart()
        for _ in self.rows:
            self.step()
        return {"images": self.x.permute(0, 2, 3, 1)}


def inference(options):
    """Compiled for constant weights, which the compiler then reorders for oneDNN once."""
    return lambda f: torch.compile(eager(f), dynamic=False, fullgraph=True, options={"freezing": True, **options})


def sample_ways(sizes, arrays):
    """The most promising way comes first, since a search may end before all are tried; then the eager ones, which take no compiler."""
    kinds = {"compiled, constant weights, C++ wrapper": {"cpp_wrapper": True}, "compiled, constant weights": {}}
    make = {}
    for name, layout in LAYOUTS.items():
        make[f"eager, {name}"] = lambda layout=layout: Sampling(sizes, arrays, layout, eager, torch.inference_mode)
    for kind, options in kinds.items() if can_compile() else ():
        for name, layout in LAYOUTS.items():
            make[f"{kind}, {name}"] = lambda layout=layout, options=options: Sampling(sizes, arrays, layout, inference(options))
    first = f"{next(iter(kinds))}, {next(iter(LAYOUTS))}"
    return graphed({n: make[n] for n in sorted(make, key=lambda n: n != first)})
