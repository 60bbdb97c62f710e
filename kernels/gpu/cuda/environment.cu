#include "environment.cuh"

// NULL before any constructor runs, whatever their order.
static const gmel_cuda_environment *environments;

gmel_cuda_environment::gmel_cuda_environment(const char *name, int64_t (*scratch)(const void *, int64_t),
                                             int32_t (*enqueue)(const gmel_cuda_world &, const launch &, void *))
    : name(name), scratch(scratch), enqueue(enqueue), next(environments) {
	environments = this;
}

const gmel_cuda_environment *gmel_cuda_environment_of(const char *name) {
	for (const gmel_cuda_environment *e = environments; e; e = e->next)
		if (!strcmp(e->name, name)) return e;
	return NULL;
}

int64_t gmel_cuda_environment_scratch(const gmel_cuda_environment *e, const void *params, int64_t params_bytes) {
	return e->scratch(params, params_bytes);
}
