"""A peer of `gmel bench --peer`: the same works in PyTorch.

One JSON object a line, requests on stdin, answers on stdout; bench/process.go describes them.
Usage: gmel bench critic --peer "python scripts/peer/peer.py"
On a GPU: gmel bench critic --backend gpu --peer "python scripts/peer/peer.py --device cuda [--precision tf32|bf16]"
"""

import argparse
import base64
import json
import os
import sys
import time

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # no pool of compilers beside a measurement

import torch

import actor
import attention
import critic
import gemm
import iteration
import ppo
import unet
import update
from step import on_gpu

WORKS = {
    "gemm": gemm.ways, "mlp": actor.mlp, "amarl-actor": actor.amarl, "critic": critic.ways,
    "update": update.ways, "ppo-update": ppo.ways, "iteration": iteration.ways,
    "unet-block": unet.ways, "attention": attention.ways,
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
    """For the device, which is behind Python."""
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
    return a.precision


class Peer:
    def __init__(self):
        self.make = {}  # way -> function that returns a fresh work
        self.works = {}  # way -> work that is being timed

    def load(self, r):
        torch.set_num_threads(r["threads"])
        self.works, self.make = {}, {}
        if r["work"] in WORKS:
            self.make = WORKS[r["work"]](r["sizes"], unpack(r["tensors"]))
        for way in [w for w in self.make if w.startswith("compiled") or w.endswith("CUDA graph")]:
            try:
                self.make[way]().step()
            except Exception as e:  # the compiler's or the capture's fault: the other ways are still good
                print(f"{way}: {e}", file=sys.stderr)
                del self.make[way]
        return {"name": "PyTorch " + torch.__version__, "family": "torch", "ways": list(self.make)}

    def check(self, r):
        return {"tensors": pack(self.make[r["way"]]().check())}

    def time(self, r):
        way = r["way"]
        if way not in self.works:
            self.works = {way: self.make[way]()}
        step = self.works[way].step
        wait()
        begin = time.perf_counter()
        for _ in range(r["n"]):
            step()
        wait()
        return {"seconds": time.perf_counter() - begin}


def main():
    out, sys.stdout = sys.stdout, sys.stderr  # what libraries print must not get between the answers
    precision = configure()
    peer = Peer()
    torch.manual_seed(1)
    with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
        answer_all(peer, out)


def answer_all(peer, out):
    for line in sys.stdin:
        r = json.loads(line)
        try:
            answer = {"load": peer.load, "check": peer.check, "time": peer.time}[r["ask"]](r)
        except Exception as e:  # the other side decides what a failure means
            answer = {"error": f"{type(e).__name__}: {str(e)[:300]}"}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
