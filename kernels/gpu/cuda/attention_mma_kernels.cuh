// The choice of a kernel for attention in a precision that rounds factors.
#ifndef GMEL_ATTENTION_MMA_KERNELS_CUH
#define GMEL_ATTENTION_MMA_KERNELS_CUH

#include "attention_mma_forward.cuh"
#include "attention_mma_panels.cuh"

// fits_mma: loads of 16 bytes are aligned in every iteration, and offsets in a warp's heads fit 32 bits.
inline bool fits_mma(const launch &l, int arguments) {
	const desc &d = l.d;
	for (int i = 0; i < arguments; i++)
		if ((d.arg[i] | l.m.iteration[i] | l.m.segment[i]) % 4 != 0) return false;
	int64_t most = 1 << 26, n = d.dim[1], heads = d.dim[2];
	return n <= most && heads <= most && n * heads <= most / d.dim[3] && d.dim[0] <= most / larger(1, heads) && pairs_of(d) * ceil_div(n, 16) <= most;
}

template <class P, int D> const kernel *attention_mma_of(const desc &d) {
	if (d.op == OP_ATTENTION) return kernel_of<attention_mma<P, D>>();
	if (d.dim[1] <= 32) return kernel_of<attention_grad_mma<P, D, 1, 2>>();
	if (d.dim[1] <= 64) return kernel_of<attention_grad_mma<P, D, 4, 1>>();
	return kernel_of<attention_grad_panels<P, D>>();
}

// attention_mma_kernel is the kernel on tensor cores, or that of fp32 for other ops and shapes.
template <class P> const kernel *attention_mma_kernel(launch &l) {
	bool values = l.d.op == OP_ATTENTION, grad = l.d.op == OP_ATTENTION_GRAD;
	if ((values && fits_mma(l, 4)) || (grad && fits_mma(l, 7))) switch (l.d.dim[3]) {
		case 16: return attention_mma_of<P, 16>(l.d);
		case 32: return attention_mma_of<P, 32>(l.d);
		case 64: return attention_mma_of<P, 64>(l.d);
		}
	return attention_fp32_kernel(l);
}

#endif
