"""One product: relu(A B + bias), A B^T or A^T B."""

import torch

from step import OneDNNLinear, graphed, on_gpu


class Product:
    def __init__(self, sizes, arrays):
        if torch.is_autocast_enabled("cuda"):  # which leaves products with out= alone
            arrays = {name: t.bfloat16() for name, t in arrays.items()}
        a, b = arrays["A"], arrays["B"]
        self.a = a.t() if sizes["transpose_a"] else a
        self.b = b.t() if sizes["transpose_b"] else b
        self.bias = arrays["bias"] if sizes["relu"] else None
        self.out = torch.empty(self.a.shape[0], self.b.shape[1], dtype=a.dtype)

    def step(self):
        if self.bias is None:
            torch.mm(self.a, self.b, out=self.out)
        else:
            torch.addmm(self.bias, self.a, self.b, out=self.out).relu_()

    def check(self):
        self.step()
        return {"C": self.out}


class ByOneDNN(Product):
    def step(self):
        self.out = OneDNNLinear.product(self.a, self.b.t(), self.bias)
        if self.bias is not None:
            self.out.relu_()


def ways(sizes, arrays):
    if on_gpu():
        return graphed({"mm with out": lambda: Product(sizes, arrays)})
    return {"mm with out": lambda: Product(sizes, arrays), "oneDNN": lambda: ByOneDNN(sizes, arrays)}
