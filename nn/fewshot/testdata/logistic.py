# Golden probabilities of multinomial logistic regression, scikit-learn: C = 1, standardised features (deviation of the
# population), intercept not penalised. Run it with scikit-learn installed; it writes logistic.json beside it.
import json, os
import numpy as np
from sklearn.linear_model import LogisticRegression
i, j = np.arange(24)[:, None], np.arange(4)[None]
y = np.arange(24) % 3
x = np.sin(1.7 * i + 2.3 * j) + .6 * y[:, None] * (j == 1) - .9 * (y[:, None] == 2) * (j == 3)
x[:, 2] = 5  # a feature that does not vary
s = x.std(0)
z = (x - x.mean(0)) / np.where(s > 0, s, 1)
m = LogisticRegression(C=1, tol=1e-10, max_iter=10000).fit(z, y)
json.dump(dict(X=x.tolist(), Class=y.tolist(), Probabilities=m.predict_proba(z).tolist()), open(os.path.join(os.path.dirname(__file__) or ".", "logistic.json"), "w"))
