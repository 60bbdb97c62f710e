// NVIDIA's cuda.h with the entry points that gorgonia.org/cu v0.9.6 was written for. CUDA 13 uses
// their names for newer functions with other arguments, but the driver still exports the older
// functions. This header is first on the include path and declares them under the old names.
#include_next <cuda.h>

#if !defined(GMEL_CUDA_COMPATIBLE) && CUDA_VERSION >= 13000
#define GMEL_CUDA_COMPATIBLE

#undef cuCtxCreate
#undef cuMemAdvise
#undef cuMemPrefetchAsync
#undef cuGraphAddDependencies
#undef cuGraphGetEdges

#ifdef __cplusplus
extern "C" {
#endif
CUresult CUDAAPI cuCtxCreate_v2(CUcontext *context, unsigned int flags, CUdevice device);
CUresult CUDAAPI cuMemAdvise(CUdeviceptr at, size_t bytes, CUmem_advise advice, CUdevice device);
CUresult CUDAAPI cuMemPrefetchAsync(CUdeviceptr at, size_t bytes, CUdevice to, CUstream stream);
CUresult CUDAAPI cuGraphAddDependencies(CUgraph graph, const CUgraphNode *from, const CUgraphNode *to, size_t count);
CUresult CUDAAPI cuGraphGetEdges(CUgraph graph, CUgraphNode *from, CUgraphNode *to, size_t *count);
#ifdef __cplusplus
}
#endif

#define cuCtxCreate cuCtxCreate_v2

#endif
