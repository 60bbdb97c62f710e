"""One product: relu(A B + bias), A B^T or A^T B."""

import torch

from step import OneDNNLinear, Precision, graphed, on_gpu


class Product:
    def __init__(self, sizes, arrays):
        # Autocast does not cast products with out=. Activations and gradients come in half precision from other layers. Weights,
        # the second factor except in the product for their own gradient, are cast in every step.
        a, b = Precision.cast(arrays["A"], arrays["B"])
        self.weights = arrays["B"] if Precision.bf16 and not sizes["transpose_a"] else None
        self.cast = b
        self.a = a.t() if sizes["transpose_a"] else a
        self.b = b.t() if sizes["transpose_b"] else b
        self.bias = Precision.cast(arrays["bias"])[0] if sizes["relu"] else None
        self.out = torch.empty(self.a.shape[0], self.b.shape[1], dtype=a.dtype)

    def step(self):
        if self.weights is not None:
            self.cast.copy_(self.weights)
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
