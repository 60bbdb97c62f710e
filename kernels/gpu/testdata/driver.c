// A CUDA driver for tests on machines without a GPU, as libcuda.so.1. The memory of its devices is host
// memory. Work on a stream is done only when a call waits for the stream, so that a missing wait is
// found. Kernels arrive as host functions (enqueue.cc). Fresh memory is full of NaN, calls without a
// current context fail, and the last release of a context fails if anything that it owns is not freed.
//
//	GMEL_FAKE_DEVICES   number of devices, 1
//	GMEL_FAKE_MEMORY    bytes of each, 1 GiB
//	GMEL_FAKE_VERSION   that cuDriverGetVersion gives, 13000
//	GMEL_FAKE_PINNED    pieces of pinned memory, as many as are asked for
//	GMEL_FAKE_FAULT     which kernel, counted from 1, is the device's last
//	GMEL_FAKE_LOG       a file that gets a line for each call of a stream or a graph: what it is, and how many bytes or nodes
#include <cuda.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long long setting(const char *name, long long otherwise) {
	const char *text = getenv(name);
	return text && *text ? atoll(text) : otherwise;
}

static void note(const char *what, size_t n) {
	const char *path = getenv("GMEL_FAKE_LOG");
	FILE *log = path && *path ? fopen(path, "a") : NULL;
	if (!log) return;
	fprintf(log, "%s %zu\n", what, n);
	fclose(log);
}

// What a context owns.
static long long memory_used, objects, pinned, kernels;
static int retained;
static CUresult fault;
static _Thread_local CUcontext current;

static CUresult ready(void) { return fault ? fault : current ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT; }
#define READY                                                                                                          \
	do {                                                                                                               \
		CUresult r = ready();                                                                                          \
		if (r) return r;                                                                                               \
	} while (0)

CUresult cuInit(unsigned int flags) { return setting("GMEL_FAKE_DEVICES", 1) ? CUDA_SUCCESS : CUDA_ERROR_NO_DEVICE; }
CUresult cuDriverGetVersion(int *version) { return *version = (int)setting("GMEL_FAKE_VERSION", 13000), CUDA_SUCCESS; }
CUresult cuDeviceGetCount(int *count) { return *count = (int)setting("GMEL_FAKE_DEVICES", 1), CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice *device, int i) { return *device = i, CUDA_SUCCESS; }
CUresult cuDeviceGetName(char *name, int length, CUdevice device) {
	strncpy(name, device ? "Fake GPU B" : "Fake GPU A", length);
	return CUDA_SUCCESS;
}
CUresult cuDeviceTotalMem(size_t *bytes, CUdevice device) { return *bytes = setting("GMEL_FAKE_MEMORY", 1 << 30), CUDA_SUCCESS; }
CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device) {
	*value = attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR ? (device ? 8 : 9) : 0;
	return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
	if (!retained++) fault = CUDA_SUCCESS, memory_used = objects = pinned = kernels = 0;
	*context = (CUcontext)(intptr_t)(1 + device);
	return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRelease(CUdevice device) {
	if (--retained || fault) return CUDA_SUCCESS;
	return memory_used || objects ? CUDA_ERROR_ILLEGAL_STATE : CUDA_SUCCESS;
}
CUresult cuCtxSetCurrent(CUcontext context) { return current = context, CUDA_SUCCESS; }

CUresult cuGetErrorName(CUresult error, const char **name) {
	switch (error) {
	case CUDA_ERROR_OUT_OF_MEMORY: *name = "CUDA_ERROR_OUT_OF_MEMORY"; return CUDA_SUCCESS;
	case CUDA_ERROR_ILLEGAL_ADDRESS: *name = "CUDA_ERROR_ILLEGAL_ADDRESS"; return CUDA_SUCCESS;
	case CUDA_ERROR_INVALID_CONTEXT: *name = "CUDA_ERROR_INVALID_CONTEXT"; return CUDA_SUCCESS;
	default: return CUDA_ERROR_INVALID_VALUE;
	}
}

// Memory: its size is stored before it.
enum { ALIGNMENT = 256 };

CUresult cuMemAlloc(CUdeviceptr *at, size_t bytes) {
	READY;
	if (memory_used + (long long)bytes > setting("GMEL_FAKE_MEMORY", 1 << 30)) return CUDA_ERROR_OUT_OF_MEMORY;
	char *p = aligned_alloc(ALIGNMENT, ALIGNMENT + (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
	if (!p) return CUDA_ERROR_OUT_OF_MEMORY;
	*(size_t *)p = bytes;
	memory_used += bytes;
	memset(p + ALIGNMENT, 0xff, bytes);
	return *at = (CUdeviceptr)(p + ALIGNMENT), CUDA_SUCCESS;
}
CUresult cuMemFree(CUdeviceptr at) {
	READY;
	char *p = (char *)at - ALIGNMENT;
	memory_used -= *(size_t *)p;
	return free(p), CUDA_SUCCESS;
}
CUresult cuMemGetInfo(size_t *left, size_t *total) {
	*total = setting("GMEL_FAKE_MEMORY", 1 << 30), *left = *total - memory_used;
	return CUDA_SUCCESS;
}
CUresult cuMemHostAlloc(void **p, size_t bytes, unsigned int flags) {
	READY;
	if (pinned >= setting("GMEL_FAKE_PINNED", 1 << 30)) return CUDA_ERROR_OUT_OF_MEMORY;
	objects++, pinned++;
	return *p = malloc(bytes), *p ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}
CUresult cuMemFreeHost(void *p) {
	READY;
	objects--, pinned--;
	return free(p), CUDA_SUCCESS;
}

// Work of a stream.
typedef struct work {
	enum { SET, TO_DEVICE, TO_HOST, KERNEL, GRAPH, EVENT } kind;
	void *to;
	const void *from;
	size_t n;
	unsigned value;
	CUhostFn kernel;
	struct work *next;
} work;

typedef struct {
	work *first, **end;
} list;

typedef struct CUstream_st {
	list queue, captured;
	int capturing;
} stream;

typedef struct CUevent_st {
	struct timespec at;
} event;

static void clear(list *l) { l->first = NULL, l->end = &l->first; }

static CUresult put(stream *s, work w) {
	READY;
	work *p = malloc(sizeof *p);
	*p = w, p->next = NULL;
	list *l = s->capturing ? &s->captured : &s->queue;
	static const char *const names[] = {"set", "to device", "to host", "kernel", "graph", "event"};
	if (!s->capturing) note(names[w.kind], w.n);
	*l->end = p, l->end = &p->next;
	return CUDA_SUCCESS;
}

static void perform(const list *l);

static void do_work(const work *w) {
	switch (w->kind) {
	case SET:
		for (size_t i = 0; i < w->n; i++) ((unsigned *)w->to)[i] = w->value;
		return;
	case TO_DEVICE:
	case TO_HOST: memcpy(w->to, w->from, w->n); return;
	case KERNEL:
		w->kernel((void *)w->from);
		if (++kernels == setting("GMEL_FAKE_FAULT", 0)) fault = CUDA_ERROR_ILLEGAL_ADDRESS;
		return;
	case GRAPH: perform(w->from); return;
	case EVENT: clock_gettime(CLOCK_MONOTONIC, &((event *)w->to)->at);
	}
}

static void perform(const list *l) {
	for (const work *w = l->first; w && !fault; w = w->next) do_work(w);
}

static void drop(list *l) {
	for (work *w = l->first, *next; w; w = next) next = w->next, free(w);
	clear(l);
}

CUresult cuStreamCreate(CUstream *s, unsigned int flags) {
	READY;
	stream *p = calloc(1, sizeof *p);
	clear(&p->queue), clear(&p->captured);
	objects++;
	return *s = p, CUDA_SUCCESS;
}
CUresult cuStreamSynchronize(CUstream s) {
	READY;
	if (s->capturing) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
	note("wait", 0);
	perform(&s->queue);
	drop(&s->queue);
	return fault;
}
CUresult cuStreamDestroy(CUstream s) {
	READY;
	objects--;
	return free(s), CUDA_SUCCESS;
}
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned int value, size_t n, CUstream s) {
	return put(s, (work){.kind = SET, .to = (void *)to, .value = value, .n = n});
}
CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void *from, size_t n, CUstream s) {
	return put(s, (work){.kind = TO_DEVICE, .to = (void *)to, .from = from, .n = n});
}
CUresult cuMemcpyDtoHAsync(void *to, CUdeviceptr from, size_t n, CUstream s) {
	return put(s, (work){.kind = TO_HOST, .to = to, .from = (void *)from, .n = n});
}
CUresult cuLaunchHostFunc(CUstream s, CUhostFn f, void *data) {
	return put(s, (work){.kind = KERNEL, .kernel = f, .from = data});
}

// Events.
CUresult cuEventCreate(CUevent *e, unsigned int flags) {
	READY;
	objects++;
	return *e = calloc(1, sizeof(event)), CUDA_SUCCESS;
}
CUresult cuEventDestroy(CUevent e) {
	READY;
	objects--;
	return free(e), CUDA_SUCCESS;
}
CUresult cuEventRecord(CUevent e, CUstream s) { return put(s, (work){.kind = EVENT, .to = e}); }
CUresult cuEventElapsedTime(float *ms, CUevent from, CUevent to) {
	READY;
	*ms = (float)((double)(to->at.tv_sec - from->at.tv_sec) * 1e3 + (double)(to->at.tv_nsec - from->at.tv_nsec) / 1e6);
	return CUDA_SUCCESS;
}

// Graphs.
CUresult cuStreamBeginCapture(CUstream s, CUstreamCaptureMode mode) {
	READY;
	return s->capturing = 1, CUDA_SUCCESS;
}
CUresult cuStreamEndCapture(CUstream s, CUgraph *graph) {
	READY;
	list *l = malloc(sizeof *l);
	*l = s->captured;
	if (!l->first) clear(l);
	clear(&s->captured);
	objects++;
	return s->capturing = 0, *graph = (CUgraph)l, CUDA_SUCCESS;
}
CUresult cuGraphInstantiate(CUgraphExec *exec, CUgraph graph, unsigned long long flags) {
	READY;
	list *l = malloc(sizeof *l);
	size_t nodes = 0;
	clear(l);
	for (const work *w = ((list *)graph)->first; w; w = w->next, nodes++) {
		work *p = malloc(sizeof *p);
		*p = *w, p->next = NULL;
		*l->end = p, l->end = &p->next;
	}
	objects++;
	note("instantiate", nodes);
	return *exec = (CUgraphExec)l, CUDA_SUCCESS;
}
static CUresult destroy(void *l) {
	READY;
	drop(l);
	objects--;
	return free(l), CUDA_SUCCESS;
}
CUresult cuGraphDestroy(CUgraph graph) { return destroy(graph); }
CUresult cuGraphExecDestroy(CUgraphExec exec) { return destroy(exec); }
CUresult cuGraphLaunch(CUgraphExec exec, CUstream s) {
	size_t nodes = 0;
	for (const work *w = ((list *)exec)->first; w; w = w->next) nodes++;
	return put(s, (work){.kind = GRAPH, .from = exec, .n = nodes});
}
