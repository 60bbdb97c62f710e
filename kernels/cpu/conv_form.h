// The two forms of the convolutions: direct, and Winograd's.
#ifndef GMEL_CONV_FORM_H
#define GMEL_CONV_FORM_H

static int64_t conv_tasks(const desc *d, int phase) { return is_winograd(d) ? wino_tasks(d, phase) : direct_tasks(d, phase); }
static int64_t conv_shared(const desc *d) { return is_winograd(d) ? wino_shared(d) : direct_shared(d); }
static int64_t conv_local(const desc *d) { return is_winograd(d) ? wino_local(d) : direct_local(d); }
static void conv_run(const worker *w, const desc *d, int phase, int64_t task) {
	if (is_winograd(d))
		wino_run(w, d, phase, task);
	else
		direct_run(w, d, phase, task);
}

// The direct form of OpConvGradW has one phase.
static int64_t conv_grad_w_tasks(const desc *d, int phase) {
	if (is_winograd(d)) return wino_grad_tasks(d, phase);
	return phase == 0 ? direct_grad_w_tasks(d) : 0;
}
static int64_t conv_grad_w_shared(const desc *d) { return is_winograd(d) ? wino_grad_shared(d) : 0; }
static int64_t conv_grad_w_local(const desc *d) { return is_winograd(d) ? wino_grad_local(d) : direct_grad_w_local(d); }
static void conv_grad_w_run(const worker *w, const desc *d, int phase, int64_t task) {
	if (is_winograd(d))
		wino_grad_run(w, d, phase, task);
	else
		direct_grad_w_run(w, d, task);
}

#endif
