// Package baseline makes new samples of a class without a model that is trained: what a generative model must beat.
//
//	gaussian  x = m + sum_i z_i (x_i - m) / sqrt(n - 1)   over the n training samples x_i of the class, with mean m
//	smote     x = x_i + u (x_j - x_i)                      x_j one of the five nearest of the class, u uniform in [0, 1)
//	noise     x = m + s z                                  s the deviation of each value
//	moved     x = x_i, mirrored and shifted
//
// z is standard normal. The first is the normal distribution with the mean and the covariance of the class, so it is PCA with
// all components: the sum over samples has that covariance without eigenvectors. The second is of Chawla et al., "SMOTE",
// JAIR 16, 2002. The last one copies; it shows what the figures of copies are.
package baseline
