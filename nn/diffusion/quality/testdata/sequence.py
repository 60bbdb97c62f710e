"""Makes sequences.json: python3 sequence.py, with NumPy 2.4.6.

Features of sequences by whole arrays and the functions of NumPy (std, quantile, correlate, fft). Value
(t, c) is sin(.31 (t + 1)(c + 1)) / 2 + .03 c t/T + ((5 t^2 + 3 c) mod 7) / 40, float64; channel 1 stands still.
"""

import json

import numpy as np


def features(x):
    times, channels = x.shape
    mean, std = x.mean(0), x.std(0)
    z = (x - mean) / (std + 0.01)
    f = []
    for c in range(channels):
        v = z[:, c]
        f += [mean[c], np.log(std[c] + 0.01), np.log(np.abs(np.diff(x[:, c])).mean() + 0.01)]
        f += list(np.quantile(v, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]))
        f += [np.mean(v**3), np.mean(v**4) / 5]
        full = np.correlate(v, v, "full")[times - 1 :] / times
        f += [full[k] if k < times else 0.0 for k in (1, 2, 4, 8)]
        power, where = np.abs(np.fft.fft(v)) ** 2 / times, np.abs(np.fft.fftfreq(times))
        edges = 0.01 + np.arange(9) * (0.49 / 8)
        for lo, hi in zip(edges[:-1], edges[1:]):
            inside = (where >= lo) & (where < hi)
            f.append(np.log((power[inside].mean() if inside.any() else 0.0) + 0.01))
        cuts = [i * times // 8 for i in range(9)]
        f += [v[a:b].mean() for a, b in zip(cuts[:-1], cuts[1:])]
    together = z.T @ z / times
    for a in range(channels):
        for b in range(a + 1, channels if channels <= 16 else min(channels, a + 2)):
            f.append(together[a, b])
    return np.array(f) / 100


def sequence(times, channels):
    t, c = np.arange(times)[:, None], np.arange(channels)[None, :]
    x = np.sin(0.31 * (t + 1) * (c + 1)) / 2 + 0.03 * c * t / times + ((5 * t * t + 3 * c) % 7) / 40
    if channels > 1:
        x[:, 1] = 0.25
    return x


cases = []
for times, channels in ((60, 3), (8, 1), (21, 18)):
    cases.append({"times": times, "channels": channels, "features": [round(float(v), 14) for v in features(sequence(times, channels))]})
with open("sequences.json", "w") as out:
    json.dump({"source": "sequence.py, NumPy " + np.__version__, "sequences": cases}, out, indent=1)
    out.write("\n")
