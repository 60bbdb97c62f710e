"""Writes golden.json: statistics and intervals of rliable, with the resamples that it drew.

pip install rliable==1.2.0 "pandas<3"; python golden.py > golden.json
"""
import json

import numpy as np
from rliable import library, metrics

RESAMPLES = 200
rng = np.random.RandomState(5)
x = np.round(rng.normal(0.9, 0.05, (7, 3)) + np.array([0, 0.02, -0.3]), 3)  # [runs, tasks]
y = np.round(rng.normal(0.88, 0.08, (5, 3)) + np.array([0, 0.02, -0.3]), 3)
y[0] = x[0]  # ties


class Recorded(library.StratifiedBootstrap):
    drawn = []

    def update_indices(self):
        indices = super().update_indices()
        Recorded.drawn.append(indices[0].tolist())
        return indices


class RecordedPair(library.StratifiedIndependentBootstrap):
    drawn = []

    def update_indices(self):
        indices, keywords = super().update_indices()
        RecordedPair.drawn.append([i[0].tolist() for i in indices])
        return indices, keywords


def statistics(scores):
    return np.array([metrics.aggregate_iqm(scores), library.run_score_deviation(scores, 0.85)])


np.random.seed(1)
one = Recorded(x).conf_int(statistics, reps=RESAMPLES, method='percentile')
np.random.seed(2)
improvement = lambda a, b: np.array([metrics.probability_of_improvement(a, b)])
two = RecordedPair(x, y).conf_int(improvement, reps=RESAMPLES, method='percentile')
json.dump({
    'made_by': 'golden.py with rliable 1.2.0, arch 7.2.0, NumPy ' + np.__version__,
    'x': x.T.tolist(), 'y': y.T.tolist(),
    'names': ['iqm', 'above .85'],
    'points': statistics(x).tolist(), 'low': one[0].tolist(), 'high': one[1].tolist(), 'drawn': Recorded.drawn[-RESAMPLES:],
    'improvement': improvement(x, y)[0], 'improvement_low': two[0][0], 'improvement_high': two[1][0],
    'improvement_drawn': RecordedPair.drawn[-RESAMPLES:],
}, __import__('sys').stdout, separators=(',', ':'))
