#include "policy.cuh"

const kernel *policy_kernel(const desc &d) {
	switch (d.op) {
	case OP_LOG_SOFTMAX: return kernel_of<rowwise<log_softmax>>();
	case OP_LOG_SOFTMAX_GRAD: return kernel_of<rowwise<log_softmax_grad>>();
	case OP_SAMPLE: return kernel_of<sample_rows>();
	case OP_ARG_MAX: return kernel_of<rowwise<arg_max>>();
	case OP_ONE_HOT: return kernel_of<quadwise<one_hot>>();
	case OP_PICK: return kernel_of<elementwise<pick>>();
	case OP_PICK_GRAD: return kernel_of<quadwise<pick_grad>>();
	}
	return NULL;
}
