"""Makes the golden files of this folder: python3 golden.py, with NumPy 2.4.6 and Pillow 13.0.0.

*.npy: what numpy.save writes in every version of the format, and in the forms that are refused; written.npy is what
Set.Npy writes.
resize.json: an image of random bytes, halved and reduced to a third by Pillow's box filter, and enlarged by its
bilinear filter.
"""

import json

import numpy as np
from PIL import Image


def npy(name, array, version=(1, 0)):
    with open(name, "wb") as f:
        np.lib.format.write_array(f, array, version=version)


ramp = np.arange(12)
npy("bytes.npy", (ramp * 20).astype("u1").reshape(3, 2, 2))
npy("floats.npy", (ramp / 4 - 1).astype("<f4").reshape(2, 3, 2), (2, 0))
npy("written.npy", (ramp / 4 - 1).astype("<f4").reshape(2, 3, 2))
npy("scalar.npy", np.float32(2.5).reshape(()), (3, 0))
npy("fortran.npy", np.asfortranarray(ramp.astype("<f4").reshape(3, 4)))
npy("double.npy", ramp.astype("<f8"))
npy("bigendian.npy", ramp.astype(">f4"))
npy("record.npy", np.zeros(2, dtype=[("x", "<f4"), ("y", "u1")]))

pixels = np.random.default_rng(1).integers(0, 256, (12, 18, 3), dtype=np.uint8)
image = Image.fromarray(pixels)


def resized(width, height, method):
    out = np.asarray(image.resize((width, height), method))
    return {"width": width, "height": height, "pixels": out.ravel().tolist()}


with open("resize.json", "w") as f:
    json.dump(
        {
            "width": 18,
            "height": 12,
            "pixels": pixels.ravel().tolist(),
            "resized": [
                resized(9, 6, Image.Resampling.BOX),
                resized(6, 4, Image.Resampling.BOX),
                resized(18, 3, Image.Resampling.BOX),
                resized(36, 24, Image.Resampling.BILINEAR),
                resized(25, 17, Image.Resampling.BILINEAR),
            ],
        },
        f,
    )
    f.write("\n")
