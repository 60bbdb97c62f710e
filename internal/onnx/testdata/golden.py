"""Writes golden.onnx with the library onnx (1.23.2), for the test that compares it with our encoding byte for byte."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

nodes = [
    helper.make_node("Gemm", ["x", "w", "b"], ["y"], name="y", transB=1, alpha=0.5),
    helper.make_node("Reshape", ["y", "shape"], ["z"], name="z"),
    helper.make_node("Transpose", ["z"], ["out"], name="out", perm=[1, 0], mode="nearest"),
]
for node in nodes:
    attributes = sorted(node.attribute, key=lambda a: a.name)
    del node.attribute[:]
    node.attribute.extend(attributes)
graph = helper.make_graph(
    nodes,
    "graph",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3], "what is read"), helper.make_tensor_value_info("flag", TensorProto.BOOL, [2], "")],
    [helper.make_tensor_value_info("out", TensorProto.FLOAT, [2, "batch"], "what is written")],
    [
        numpy_helper.from_array(np.array([[1, 2, -3], [4, 5, np.inf]], np.float32), "w"),
        numpy_helper.from_array(np.array(0.25, np.float32), "b"),
        numpy_helper.from_array(np.array([-1, 2], np.int64), "shape"),
    ],
)
model = helper.make_model(graph, producer_name="golden", ir_version=8, opset_imports=[helper.make_opsetid("", 17)], doc_string="a model")
helper.set_model_props(model, {"a": "1", "b": "two"})
open("golden.onnx", "wb").write(model.SerializeToString(deterministic=True))
