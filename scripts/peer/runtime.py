"""A peer of `gmel bench --peer`: sampling of UNet-lite by a runtime for inference, from the network of diffusers.

Usage: gmel bench unet-s-sample --peer "python scripts/peer/runtime.py openvino"
"""

import argparse
import io

import numpy as np
import torch

import diffusion
import peer


class Network(torch.nn.Module):
    """y of x, time and class."""

    def __init__(self, sizes, arrays):
        super().__init__()
        self.net = diffusion.network(sizes, arrays)

    def forward(self, x, time, label):
        return self.net(x, time, label, return_dict=False)[0]


def exported(sizes, arrays):
    """The network in ONNX."""
    network = Network(sizes, arrays).eval()
    n = sizes["batch"]
    example = (torch.randn(n, sizes["channels"], sizes["side"], sizes["side"]), torch.randn(n), torch.zeros(n, dtype=torch.long))
    onnx = io.BytesIO()
    with torch.no_grad():
        torch.onnx.export(network, example, dynamo=True, input_names=["x", "time", "label"], output_names=["y"], verbose=False).save(onnx)
    return onnx.getvalue()


class Sampling:
    """Plays a plan as diffusion.Sampling does, in arrays that the runtime reads and writes in place."""

    def __init__(self, arrays, open_runtime):
        self.rows = [[np.float32(v) for v in row] for row in arrays["plan"].tolist()]
        self.start = np.ascontiguousarray(arrays["start"].permute(0, 3, 1, 2).numpy())
        self.input, self.output = np.empty_like(self.start), np.empty_like(self.start)
        self.time, self.label = np.empty(len(self.start), np.float32), arrays["class"].long().numpy()
        self.run = open_runtime(self.input, self.time, self.label, self.output)
        self.restart()

    def restart(self):
        self.at, self.x = 0, self.start.copy()
        self.slopes = [np.zeros_like(self.x) for _ in range(3)]

    def step(self):
        if self.at == len(self.rows):
            self.restart()
        scale, time, skip, out, of_x, of_estimate, keep, *weights = self.rows[self.at]
        np.multiply(self.x, scale, out=self.input)
        self.time.fill(time)
        self.run()
        slope = of_x * self.x + of_estimate * (skip * self.x + out * self.output)
        self.x = keep * self.x + weights[0] * slope
        for w, old in zip(weights[1:], self.slopes):
            if w:
                self.x += w * old
        self.slopes = [slope, *self.slopes[:2]]
        self.at += 1

    def check(self):
        self.restart()
        for _ in self.rows:
            self.step()
        return {"images": torch.from_numpy(self.x).permute(0, 2, 3, 1)}


def by_onnxruntime(level, model):
    """A session with optimisations of a level, on arrays that it does not copy."""
    import onnxruntime as ort

    def open_runtime(x, time, label, y):
        o = ort.SessionOptions()
        o.intra_op_num_threads, o.inter_op_num_threads = torch.get_num_threads(), 1
        o.graph_optimization_level = getattr(ort.GraphOptimizationLevel, level)
        o.log_severity_level = 3
        session = ort.InferenceSession(model, o, providers=["CPUExecutionProvider"])
        binding = session.io_binding()
        for name, array in (("x", x), ("time", time), ("label", label)):
            binding.bind_cpu_input(name, array)
        binding.bind_ortvalue_output("y", ort.OrtValue.ortvalue_from_numpy(y))
        return lambda: session.run_with_iobinding(binding)

    return open_runtime


def onnxruntime_ways(sizes, arrays):
    model = exported(sizes, arrays)
    levels = {"all optimisations": "ORT_ENABLE_ALL", "no change of layouts": "ORT_ENABLE_EXTENDED"}
    return {name: lambda level=level: Sampling(arrays, by_onnxruntime(level, model)) for name, level in levels.items()}


def by_openvino(core, model, precision):
    """A compiled model, on arrays that it does not copy."""
    import openvino as ov

    def open_runtime(x, time, label, y):
        settings = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": torch.get_num_threads(), **precision}
        request = core.compile_model(model, "CPU", settings).create_infer_request()
        for i, array in enumerate((x, time, label)):
            request.set_input_tensor(i, ov.Tensor(array, shared_memory=True))
        request.set_output_tensor(0, ov.Tensor(y, shared_memory=True))
        return request.infer

    return open_runtime


def openvino_ways(sizes, arrays):
    import openvino as ov

    core = ov.Core()
    model = core.read_model(io.BytesIO(exported(sizes, arrays)))
    precisions = {"f32": {"INFERENCE_PRECISION_HINT": "f32"}, "default precision": {}}
    return {name: lambda precision=precision: Sampling(arrays, by_openvino(core, model, precision)) for name, precision in precisions.items()}


RUNTIMES = {"onnxruntime": onnxruntime_ways, "openvino": openvino_ways}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("runtime", choices=list(RUNTIMES))
    runtime = p.parse_args().runtime
    try:
        version = __import__(runtime).__version__.split("-")[0]
    except ImportError as e:
        raise SystemExit(f"{e}; it is one of scripts/peer/requirements-unet.txt") from e
    torch.manual_seed(1)
    peer.answer_all(peer.Peer({"unet-sample": RUNTIMES[runtime]}, f"{runtime} {version}", runtime), peer.answers())


if __name__ == "__main__":
    main()
