// A management library for tests, as libnvidia-ml.so.1 beside the driver of driver.c.
//
//	GMEL_FAKE_NVML   0: devices have no gauges
#include <stdlib.h>
#include <string.h>

// Of NVIDIA's nvml.h, which the toolkit at hand may lack.
enum { NVML_SUCCESS = 0, NVML_ERROR_NOT_SUPPORTED = 3, NVML_ERROR_NOT_FOUND = 6 };
typedef struct {
	unsigned int gpu, memory; // percent
} utilization;
typedef struct {
	unsigned long long total, free, used; // bytes
} memory;

int nvmlInit_v2(void) { return NVML_SUCCESS; }
const char *nvmlErrorString(int result) { return result == NVML_ERROR_NOT_SUPPORTED ? "Not Supported" : "an error"; }
int nvmlDeviceGetHandleByPciBusId_v2(const char *name, void **device) {
	*device = (void *)1;
	return strcmp(name, "00000000:00:00.0") ? NVML_ERROR_NOT_FOUND : NVML_SUCCESS;
}
int nvmlDeviceGetUtilizationRates(void *device, utilization *u) {
	const char *setting = getenv("GMEL_FAKE_NVML");
	if (setting && !strcmp(setting, "0")) return NVML_ERROR_NOT_SUPPORTED;
	u->gpu = 42, u->memory = 7;
	return NVML_SUCCESS;
}
int nvmlDeviceGetMemoryInfo(void *device, memory *m) {
	m->total = 1 << 30, m->used = 123 << 20, m->free = m->total - m->used;
	return NVML_SUCCESS;
}
