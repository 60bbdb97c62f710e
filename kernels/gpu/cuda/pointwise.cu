#include "pointwise.cuh"

const kernel *pointwise_kernel(const desc &d) {
	switch (d.op) {
	case OP_UNARY: return kernel_of<elementwise<unary>>();
	case OP_UNARY_GRAD: return kernel_of<elementwise<unary_grad>>();
	case OP_BINARY: return kernel_of<elementwise<binary>>();
	case OP_COPY: return kernel_of<elementwise<copy>>();
	case OP_FILL: return kernel_of<elementwise<fill>>();
	}
	return NULL;
}
