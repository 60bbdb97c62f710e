#include "gather.cuh"

const kernel *gather_kernel(const desc &d) {
	switch (d.op) {
	case OP_GATHER_ROWS: return kernel_of<quadwise<gather_rows>>();
	case OP_SCATTER_ROWS: return kernel_of<scatter_rows>();
	}
	return NULL;
}
