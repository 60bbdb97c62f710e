"""Draws samples with denoiser.onnx, in the working folder, by Euler's method: the sampler ddim of GMEL. README.md shows how."""

import json

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("denoiser.onnx")
meta = {k: json.loads(v) for k, v in session.get_modelmeta().custom_metadata_map.items()}


def sample(classes, steps, noise):
    """Returns a sample for each class in a list of their names, standardised. noise is N(0, 1), [n, C, ...]."""
    high, low = (meta[k] ** (1 / meta["rho"]) for k in ("sigma_max", "sigma_min"))
    sigmas = np.append((high + np.linspace(0, 1, steps) * (low - high)) ** meta["rho"], 0).astype(np.float32)
    x, number = noise * sigmas[0], np.array([meta["classes"].index(name) for name in classes])
    for sigma, to in zip(sigmas, sigmas[1:]):
        denoised = session.run(None, {"x": x, "sigma": np.full(len(x), sigma), "class": number})[0]
        x = denoised + to / sigma * (x - denoised)
    return x


def values(x):
    """Returns samples in the units of the data, [n, ..., C]."""
    x = np.moveaxis(x, 1, -1)
    if "gain" in meta:  # windows [n, T, C] whose cosines were multiplied, by octaves: 0, 1, 2 to 3, 4 to 7, ...
        number = np.arange(x.shape[1])
        cosines = np.cos(np.pi * np.outer(number, 2 * number + 1) / (2 * len(number))) * np.sqrt(2 / len(number))
        cosines[0] /= np.sqrt(2)
        gain = np.array([meta["gain"][int(k).bit_length()] for k in number])
        x = np.float32(cosines.T @ (cosines @ x / gain))
    return x * np.float32(meta["scale"]) + np.float32(meta["mean"])
