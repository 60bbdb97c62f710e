"""Networks of diffusers (UNet2DModel) and of PyTorch as golden values and as a peer. It needs requirements.txt.

    peer.py golden         writes the folders beside this file: random weights, inputs, outputs, every gradient
    peer.py write FOLDER   writes larger ones, one folder each
    peer.py read FOLDER    loads each network in FOLDER strictly, evaluates it on its in.safetensors, writes out.safetensors
                           and prints its name and the number of its parameters

io.safetensors and in.safetensors: x [B,C,...], t [B], y [B] if there are classes; out; w, dx and grad.NAME of mean(out w);
edm6, which six Euler steps of EDM (Karras et al. 2022) at edm_sigmas and times edm_timesteps make of z, with data of deviation .5.
"""

import pathlib
import sys

import torch
import torch.nn.functional as F
from diffusers import EDMEulerScheduler, UNet2DModel
from safetensors.torch import load_file, save_file


def config(channels, attention=(), **other):
    n = len(channels)
    return dict(
        block_out_channels=channels, attention_head_dim=None, layers_per_block=1, in_channels=1, out_channels=1, norm_num_groups=2,
        down_block_types=["AttnDownBlock2D" if i in attention else "DownBlock2D" for i in range(n)],
        up_block_types=["AttnUpBlock2D" if i in attention else "UpBlock2D" for i in reversed(range(n))]) | other


LITE = dict(resnet_time_scale_shift="scale_shift", flip_sin_to_cos=False, freq_shift=1)
GOLDEN = {
    "attention": config([4, 8], [1], sample_size=[8, 12], in_channels=3, out_channels=3, attention_head_dim=4, attn_norm_num_groups=2,
                        num_class_embeds=4, time_embedding_dim=8, **LITE),
    # As in Ho et al. 2020; flip_sin_to_cos and freq_shift are the library's defaults.
    "ddpm": config([4, 4], [0], sample_size=6, out_channels=2, layers_per_block=2, add_attention=False, downsample_padding=0, norm_eps=1e-6,
                   time_embedding_dim=8, freq_shift=0, flip_sin_to_cos=True),
}
LARGER = {
    "xs": config([16, 32, 32], sample_size=32, norm_num_groups=4, add_attention=False, num_class_embeds=13, **LITE),
    "s": config([32, 64, 64], sample_size=16, norm_num_groups=8, attn_norm_num_groups=8, num_class_embeds=13, **LITE),
    "deep": config([8, 16, 16, 24], [1, 3], sample_size=[24, 16], in_channels=3, out_channels=3, layers_per_block=2, attention_head_dim=8,
                   attn_norm_num_groups=2, num_class_embeds=5, dropout=.1, **LITE),
    "ddpm": config([16, 32, 32], [1], sample_size=16, in_channels=3, out_channels=3, layers_per_block=2, downsample_padding=0, norm_eps=1e-6,
                   norm_num_groups=8, flip_sin_to_cos=False, freq_shift=1),
}


def save(tensors, path):
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, path)
    path.chmod(0o644)


def differentiate(forward, parameters, x, classes, generator):
    """Inputs, output and every gradient of mean(out w)."""
    t, y = torch.tensor([-1.2, .1, 1.05]), torch.tensor([0, classes // 2, classes - 1])
    out = forward(x.requires_grad_(), t, y)
    w = torch.randn(out.shape, generator=generator)
    (out * w).mean().backward()
    io = dict(x=x.detach(), t=t, w=w, out=out.detach(), dx=x.grad) | {"grad." + k: p.grad for k, p in parameters.items()}
    return io | (dict(y=y.float()) if classes else {})


def sample(m, shape, y, generator):
    s = EDMEulerScheduler(sigma_min=.002, sigma_max=80., sigma_data=.5, rho=7., prediction_type="epsilon")
    s.set_timesteps(6)
    x = z = torch.randn(shape, generator=generator) * s.init_noise_sigma
    with torch.no_grad():
        for t in s.timesteps:
            x = s.step(m(s.scale_model_input(x, t), t.reshape(1).float(), class_labels=y).sample, t, x).prev_sample
    return dict(z=z, edm6=x, edm_timesteps=s.timesteps.float(), edm_sigmas=s.sigmas.float())


def write(folder, settings):
    torch.manual_seed(7)
    m = UNet2DModel(**settings).eval()
    with torch.no_grad():
        for k, p in m.named_parameters():
            if "norm" in k:
                p.add_(.1 * torch.randn_like(p))
    m.save_pretrained(folder, safe_serialization=True)
    g, size = torch.Generator().manual_seed(3), settings["sample_size"]
    x = torch.randn(3, settings["in_channels"], *([size, size] if isinstance(size, int) else size), generator=g)
    classes = settings.get("num_class_embeds") or 0
    forward = lambda x, t, y: m(x, t, class_labels=y if classes else None).sample
    io = differentiate(forward, dict(m.named_parameters()), x, classes, g)
    if classes:
        io |= sample(m, x.shape, io["y"].long(), g)
    save(io, folder / "io.safetensors")
    (folder / "diffusion_pytorch_model.safetensors").chmod(0o644)
    print(folder, sum(p.numel() for p in m.parameters()))


class Sequence:
    """The network for sequences, which diffusers does not have, in PyTorch: one residual block a level, attention in the middle."""

    def __init__(self, channels, classes, width, groups):
        self.channels, self.classes, self.width, self.groups, self.p = channels, classes, width, groups, {}

    def parameter(self, name, *shape, scale=1., shift=0.):
        if name not in self.p:
            self.p[name] = (shift + scale * torch.randn(*shape)).requires_grad_()
        return self.p[name]

    def conv(self, name, x, out, taps=5, stride=1):
        c = x.shape[1]
        return F.conv1d(x, self.parameter(name + ".weight", out, c, taps, scale=(c * taps)**-.5), self.parameter(name + ".bias", out, scale=.1),
                        stride=stride, padding=taps // 2)

    def linear(self, name, x, out):
        c = x.shape[-1]
        return F.linear(x, self.parameter(name + ".weight", out, c, scale=c**-.5), self.parameter(name + ".bias", out, scale=.1))

    def norm(self, name, x):
        c = x.shape[1]
        return F.group_norm(x, self.groups, self.parameter(name + ".weight", c, scale=.1, shift=1.), self.parameter(name + ".bias", c, scale=.1), 1e-5)

    def residual(self, name, x, e, out):
        h = self.conv(name + ".conv1", F.silu(self.norm(name + ".norm1", x)), out)
        scale, shift = self.linear(name + ".time_emb_proj", e, 2 * out)[:, :, None].chunk(2, 1)
        h = self.conv(name + ".conv2", F.silu(self.norm(name + ".norm2", h) * (1 + scale) + shift), out)
        return h + (x if x.shape[1] == out else self.conv(name + ".conv_shortcut", x, out, 1))

    def attention(self, name, x):
        h = self.norm(name + ".group_norm", x).transpose(1, 2)
        q, k, v = (self.linear(name + n, h, h.shape[2]) for n in (".to_q", ".to_k", ".to_v"))
        weights = torch.softmax(q @ k.transpose(1, 2) / h.shape[2]**.5, 2)
        return x + self.linear(name + ".to_out.0", weights @ v, h.shape[2]).transpose(1, 2)

    def __call__(self, x, t, y):
        first, inputs = self.channels[0], x.shape[1]
        half = first // 2
        a = t[:, None] * 10000.**(-torch.arange(half) / (half - 1))
        e = self.linear("time_embedding.linear_1", torch.cat([a.sin(), a.cos()], 1), self.width)
        e = self.linear("time_embedding.linear_2", F.silu(e), self.width)
        e = F.silu(e + self.parameter("class_embedding.weight", self.classes, self.width)[y])
        h = self.conv("conv_in", x, first)
        kept, last = [h], len(self.channels) - 1
        for i, c in enumerate(self.channels):
            h = self.residual(f"down_blocks.{i}.resnets.0", h, e, c)
            kept.append(h)
            if i < last:
                h = self.conv(f"down_blocks.{i}.downsamplers.0.conv", h, c, stride=2)
                kept.append(h)
        h = self.residual("mid_block.resnets.0", h, e, c)
        h = self.residual("mid_block.resnets.1", self.attention("mid_block.attentions.0", h), e, c)
        for i, c in enumerate(reversed(self.channels)):
            for j in range(2):
                h = self.residual(f"up_blocks.{i}.resnets.{j}", torch.cat([h, kept.pop()], 1), e, c)
            if i < last:
                h = self.conv(f"up_blocks.{i}.upsamplers.0.conv", h.repeat_interleave(2, 2), c)
        return self.conv("conv_out", F.silu(self.norm("conv_norm_out", h)), inputs)


def write_sequence(path):
    torch.manual_seed(7)
    net, g = Sequence([4, 8], 4, 8, 2), torch.Generator().manual_seed(3)
    x = torch.randn(3, 2, 12, generator=g)
    net(x, torch.zeros(3), torch.zeros(3, dtype=int))  # makes the parameters
    io = differentiate(net, net.p, x, net.classes, g) | net.p
    save(io, path)


def read(folder):
    m, info = UNet2DModel.from_pretrained(folder, output_loading_info=True, use_safetensors=True)
    faults = {k: v for k, v in info.items() if v}
    if faults:
        sys.exit(f"{folder}: {faults}")
    io = load_file(folder / "in.safetensors")
    with torch.no_grad():
        out = m.eval()(io["x"], io["t"], class_labels=io["y"].long() if "y" in io else None).sample
    save(dict(out=out), folder / "out.safetensors")
    print(folder.name, sum(p.numel() for p in m.parameters()))


if __name__ == "__main__":
    here = pathlib.Path(__file__).parent
    torch.set_num_threads(1)
    match sys.argv[1:]:
        case ["golden"]:
            for name, settings in GOLDEN.items():
                write(here / name, settings)
            write_sequence(here / "sequence.safetensors")
        case ["write", folder]:
            for name, settings in LARGER.items():
                write(pathlib.Path(folder) / name, settings)
        case ["read", folder]:
            for network in sorted(pathlib.Path(folder).iterdir()):
                read(network)
        case _:
            sys.exit(__doc__)
