"""A peer of `gmel bench --peer`: the same works in PyTorch.

One JSON object a line, requests on stdin, answers on stdout; bench/process.go describes them.
Usage: gmel bench critic --peer "python scripts/peer/peer.py"
On a GPU: gmel bench critic --backend gpu --peer "python scripts/peer/peer.py --device cuda [--precision tf32|bf16]"
"""

import argparse
import base64
import gc
import json
import os
import sys
import time

import torch
import torch._dynamo
import torch._inductor.config as compiler

import actor
import attention
import critic
import diffusion
import gemm
import iteration
import ppo
import unet
import update
from step import Precision, on_gpu

WORKS = {
    "gemm": gemm.ways, "mlp": actor.mlp, "amarl-actor": actor.amarl, "critic": critic.ways,
    "update": update.ways, "ppo-update": ppo.ways, "iteration": iteration.ways,
    "unet-block": unet.ways, "unet-train": diffusion.train_ways, "unet-sample": diffusion.sample_ways, "attention": attention.ways,
}  # fmt: skip


def unpack(tensors):
    """The arrays of a request by name."""
    arrays = {}
    for t in tensors:
        raw = bytearray(base64.b64decode(t["data"]))
        on_host = torch.frombuffer(raw, dtype=torch.float32).reshape(t["shape"])
        arrays[t["name"]] = on_host.to(torch.get_default_device(), copy=True)
    return arrays


def pack(arrays):
    """The arrays of an answer; a transposed gradient becomes contiguous."""
    tensors = []
    for name, t in arrays.items():
        t = t.detach().float().cpu().contiguous()
        raw = bytes(t.reshape(-1).view(torch.uint8).untyped_storage()) if t.storage_offset() == 0 else bytes(t.clone().untyped_storage())
        tensors.append({"name": name, "shape": list(t.shape), "data": base64.b64encode(raw[: 4 * t.numel()]).decode()})
    return tensors


def wait():
    """Until the device has done what Python has asked it to do."""
    if on_gpu():
        torch.cuda.synchronize()


def configure():
    """The device and the precision of products."""
    p = argparse.ArgumentParser()
    p.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    p.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="fp32", help="on cuda")
    a = p.parse_args()
    if a.device == "cpu" and a.precision != "fp32":
        p.error("--precision is for --device cuda")
    torch.set_default_device(a.device)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = a.precision == "tf32"
    Precision.bf16 = a.precision == "bf16"
    if a.device == "cpu":
        compiler.compile_threads = 1  # no pool of compilers on the cores of a measurement


class Peer:
    def __init__(self, works=WORKS, name="PyTorch " + torch.__version__, family="torch"):
        self.works, self.name, self.family = works, name, family
        self.make = {}  # way -> function that returns a fresh work
        self.work = None  # (way, work) that was checked or timed last

    def load(self, r):
        torch.set_num_threads(r["threads"])
        self.make = {}
        self.drop()
        torch._dynamo.reset()  # otherwise graphs compiled for other works count against a limit
        if r["work"] in self.works:
            self.make = self.works[r["work"]](r["sizes"], unpack(r["tensors"]))
        return {"name": self.name, "family": self.family, "ways": list(self.make)}

    def drop(self):
        """Frees the work, and the device memory that PyTorch has cached."""
        self.work = None
        gc.collect()
        if on_gpu():
            torch.cuda.empty_cache()

    def fresh(self, way):
        self.drop()
        self.work = way, self.make[way]()
        return self.work[1]

    def check(self, r):
        return {"tensors": pack(self.fresh(r["way"]).check())}

    def time(self, r):
        work = self.work[1] if self.work and self.work[0] == r["way"] else self.fresh(r["way"])
        wait()
        begin = time.perf_counter()
        for _ in range(r["n"]):
            work.step()
        wait()
        return {"seconds": time.perf_counter() - begin}


def main():
    configure()
    torch.manual_seed(1)
    answer_all(Peer(), answers())


def answers():
    """The stream of answers. Output of libraries and their children goes to stderr, so that it does not mix with answers."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return out


def answer_all(peer, out):
    for line in sys.stdin:
        r = json.loads(line)
        try:
            answer = {"load": peer.load, "check": peer.check, "time": peer.time}[r["ask"]](r)
        except Exception as e:  # the other side decides what a failure means
            answer = {"error": f"{type(e).__name__}: {str(e)[:300]}"}
        if "error" in answer:
            recover(peer, answer["error"])
        print(json.dumps(answer), file=out, flush=True)


def recover(peer, error):
    """Frees the memory of the failed work. A device cannot recover from a fault: then the process ends, and the other side starts a new one."""
    try:
        peer.drop()
        wait()
    except Exception:
        print(error, file=sys.stderr, flush=True)
        os._exit(1)  # an orderly end would wait for the device


if __name__ == "__main__":
    main()
