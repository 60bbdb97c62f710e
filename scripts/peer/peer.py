"""A peer of `gmel bench --peer`: the same works in PyTorch.

One JSON object a line, requests on stdin, answers on stdout; bench/process.go describes them.
Usage: gmel bench critic --peer "python scripts/peer/peer.py"
"""

import base64
import json
import os
import sys
import time

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # no pool of compilers beside a measurement

import torch

import actor
import critic
import gemm
import ppo
import unet
import update

WORKS = {
    "gemm": gemm.ways, "mlp": actor.mlp, "amarl-actor": actor.amarl, "critic": critic.ways,
    "update": update.ways, "ppo-update": ppo.ways, "unet-block": unet.ways,
}  # fmt: skip


def unpack(tensors):
    """The arrays of a request by name."""
    arrays = {}
    for t in tensors:
        raw = bytearray(base64.b64decode(t["data"]))
        arrays[t["name"]] = torch.frombuffer(raw, dtype=torch.float32).reshape(t["shape"]).clone()
    return arrays


def pack(arrays):
    """The arrays of an answer; a transposed gradient becomes contiguous."""
    tensors = []
    for name, t in arrays.items():
        t = t.detach().float().contiguous()
        raw = bytes(t.reshape(-1).view(torch.uint8).untyped_storage()) if t.storage_offset() == 0 else bytes(t.clone().untyped_storage())
        tensors.append({"name": name, "shape": list(t.shape), "data": base64.b64encode(raw[: 4 * t.numel()]).decode()})
    return tensors


class Peer:
    def __init__(self):
        self.make = {}  # way -> function that returns a fresh work
        self.works = {}  # way -> work that is being timed

    def load(self, r):
        torch.set_num_threads(r["threads"])
        self.works, self.make = {}, {}
        if r["work"] in WORKS:
            self.make = WORKS[r["work"]](r["sizes"], unpack(r["tensors"]))
        for way in [w for w in self.make if w.startswith("compiled")]:
            try:
                self.make[way]().step()
            except Exception as e:  # the compiler's fault: the other ways are still good
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
        begin = time.perf_counter()
        for _ in range(r["n"]):
            step()
        return {"seconds": time.perf_counter() - begin}


def main():
    peer, out = Peer(), sys.stdout
    sys.stdout = sys.stderr  # what libraries print must not get between the answers
    torch.manual_seed(1)
    for line in sys.stdin:
        r = json.loads(line)
        try:
            answer = {"load": peer.load, "check": peer.check, "time": peer.time}[r["ask"]](r)
        except Exception as e:  # the other side decides what a failure means
            answer = {"error": f"{type(e).__name__}: {str(e)[:300]}"}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
