#include "pointwise.cuh"

#include "cast.cuh"

const kernel *cast_kernel() { return kernel_of<elementwise<cast>>(); }

const kernel *pointwise_kernel(const desc &d) {
	switch (d.op) {
	case OP_UNARY: return kernel_of<quadwise<unary>>();
	case OP_UNARY_GRAD: return kernel_of<quadwise<unary_grad>>();
	case OP_BINARY: return kernel_of<quadwise<binary>>();
	case OP_COPY: return kernel_of<quadwise<copy>>();
	case OP_FILL: return kernel_of<quadwise<fill>>();
	}
	return NULL;
}
