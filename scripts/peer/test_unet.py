"""That every way to train and to sample UNet-lite does the same, with the network of diffusers; needs the packages of
requirements-unet.txt and, for what is compiled, a C++ compiler:

python scripts/peer/test_unet.py
"""

import pathlib
import unittest

import torch
from safetensors.torch import load_file

import diffusion
import runtime

GOLDEN = pathlib.Path(__file__).parents[2] / "nn/unet/testdata/attention"  # by diffusers itself; nn/unet agrees with it in its tests


def sizes_of(widths, side=8, batch=2, groups=2, classes=4, middle=1):
    return {"batch": batch, "side": side, "channels": 1, "levels": len(widths), "blocks": 1, "groups": groups, "classes": classes,
            "middle": middle, **{f"width{i}": w for i, w in enumerate(widths)}}  # fmt: skip


def our_name(name, t):
    """The name that gmel gives a parameter of diffusers."""
    layer, _, last = name.rpartition(".")
    norm = "norm" in layer.rpartition(".")[2]
    return f"{layer}." + ("table" if layer == "class_embedding" else {"weight": "gamma" if norm else "w", "bias": "beta" if norm else "b"}[last])


def parameters(sizes):
    """Parameters of a network in our names and layouts, which load strictly."""
    from diffusers import UNet2DModel

    torch.manual_seed(1)
    found = {}
    original = UNet2DModel.load_state_dict
    try:
        UNet2DModel.load_state_dict = lambda self, state: found.update(self.state_dict())
        diffusion.network(sizes, {})
    finally:
        UNet2DModel.load_state_dict = original
    return {our_name(n, t): diffusion.to_ours(our_name(n, t), t).contiguous() for n, t in found.items()}


def arrays_of(sizes):
    torch.manual_seed(2)
    n, side = sizes["batch"], sizes["side"]
    rows = torch.rand(5, 11) * torch.tensor([1, 1, 0.5, 0.5, 0.5, 0.5, 0.9, 0.3, 0.2, 0.1, 0.1])
    return parameters(sizes) | {
        "images": torch.randn(6, side, side, 1), "classes": torch.tensor([0.0, 1, 2, 0, 1, 2]),
        "x": torch.randn(n, side, side, 1), "target": torch.randn(n, side, side, 1), "time": torch.randn(n), "class": torch.arange(n).float(),
        "settings": torch.tensor([1e-3, 0.99, 1.0, 0.99, 0.1, -1.2, 1.2, 0.1]), "plan": rows, "start": torch.randn(n, side, side, 1),
    }  # fmt: skip


def distance(a, b):
    return ((a - b).abs().max() / b.abs().max()).item()


class Network(unittest.TestCase):
    def test_parameters_are_those_of_the_presets(self):
        for widths, groups, middle, count in (((16, 32, 32), 4, 0, 283617), ((32, 64, 64), 8, 1, 1142593)):
            found = parameters(sizes_of(widths, 32, 1, groups, 13, middle))
            self.assertEqual(sum(t.numel() for t in found.values()), count)

    def test_a_parameter_too_few_is_refused(self):
        sizes = sizes_of([4, 8])
        arrays = parameters(sizes)
        del arrays["conv_in.b"]
        with self.assertRaisesRegex(RuntimeError, "conv_in.bias"):
            diffusion.network(sizes, arrays)

    def test_layouts_are_inverse(self):
        for name, shape in (("a.w", (3, 3, 4, 5)), ("a.w", (4, 5)), ("a.table", (4, 5)), ("a.gamma", (4,))):
            t = torch.randn(shape)
            self.assertTrue(torch.equal(diffusion.to_ours(name, diffusion.to_torch(name, t)), t))

    def test_golden_weights_keep_their_values(self):
        state = load_file(GOLDEN / "diffusion_pytorch_model.safetensors")
        for name, t in state.items():
            ours = our_name(name, t)
            self.assertEqual(diffusion.torch_name(ours), name)
            self.assertTrue(torch.equal(diffusion.to_torch(ours, diffusion.to_ours(ours, t)), t))


class Ways(unittest.TestCase):
    def setUp(self):
        self.sizes = sizes_of([4, 8])
        self.arrays = arrays_of(self.sizes)

    def agree(self, ways, most=1e-4):
        """Every way finds the same as the first, before and after it has run."""
        want = None
        for name, make in ways.items():
            with self.subTest(way=name):
                work = make()
                found = work.check()
                want = want or found
                self.assertEqual(set(found), set(want))
                for n, t in found.items():
                    if n.endswith(".to_k.b"):  # a sum that is zero but for rounding
                        continue
                    self.assertEqual(t.shape, want[n].shape, n)
                    self.assertLess(distance(t.detach(), want[n].detach()), most, n)
                for _ in range(7):  # more than the plan is long
                    work.step()
        return want

    def test_training(self):
        found = self.agree(diffusion.train_ways(self.sizes, self.arrays))
        for name, t in self.arrays.items():
            if diffusion.torch_name(name):
                self.assertEqual(found["grad/" + name].shape, t.shape)

    def test_training_moves_parameters_and_average(self):
        work = diffusion.train_ways(self.sizes, self.arrays)["eager, channels last, Adam fused"]()
        before = [p.detach().clone() for p in work.params]
        work.step()
        for p, average, old in zip(work.params, work.average, before):
            if not torch.equal(p, old):
                self.assertLess((average - (old + 0.01 * (p - old))).abs().max().item(), 1e-6)
        self.assertFalse(all(torch.equal(p, old) for p, old in zip(work.params, before)))

    def test_sampling_everywhere(self):
        ways = diffusion.sample_ways(self.sizes, self.arrays) | runtime.onnxruntime_ways(self.sizes, self.arrays)
        ways |= {n: make for n, make in runtime.openvino_ways(self.sizes, self.arrays).items() if "f32" in n}
        found = self.agree(ways)
        self.assertEqual(found["images"].shape, self.arrays["start"].shape)


if __name__ == "__main__":
    unittest.main()
