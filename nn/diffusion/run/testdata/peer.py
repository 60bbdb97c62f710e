"""Draws with diffusers from a folder that gmel diffusion export has written: peer.py FOLDER DIR STEPS

DIR/in.safetensors has noise [n, C, Y, X]. A sample is drawn for each class in turn: DIR/out.safetensors has them as the network
gives them, x, and as pictures, bytes [n, Y, X, C]."""

import sys

import numpy as np
import torch
from diffusers import DiffusionPipeline
from safetensors.torch import load_file, save_file

folder, directory, steps = sys.argv[1:]
torch.set_num_threads(1)
pipe = DiffusionPipeline.from_pretrained(folder, trust_remote_code=True)
x = pipe.sample(pipe.config.data["classes"], int(steps), noise=load_file(directory + "/in.safetensors")["noise"])
pictures = [np.atleast_3d(np.asarray(pipe.picture(v), dtype=np.float32)) for v in pipe.values(x)]
save_file(dict(x=x.contiguous(), bytes=torch.tensor(np.stack(pictures))), directory + "/out.safetensors")
