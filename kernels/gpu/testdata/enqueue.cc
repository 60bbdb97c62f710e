// The emulated kernels as work of a stream of driver.c: plan.cu is compiled with gmel_cuda_enqueue
// renamed to gmel_cuda_enqueue_now.
#include <cuda.h>

#include "../cuda/gmel_cuda.h"

extern "C" int32_t gmel_cuda_enqueue_now(const gmel_cuda_plan *p, int64_t launch, void *stream, float *arena, float *scratch);

namespace {
struct call {
	const gmel_cuda_plan *plan;
	int64_t launch;
	float *arena, *scratch;
};
void run(void *data) {
	const call *c = (const call *)data; // never freed: a graph calls it again
	gmel_cuda_enqueue_now(c->plan, c->launch, NULL, c->arena, c->scratch);
}
} // namespace

int32_t gmel_cuda_enqueue(const gmel_cuda_plan *p, int64_t launch, void *stream, float *arena, float *scratch) {
	return cuLaunchHostFunc((CUstream)stream, run, new call{p, launch, arena, scratch});
}
