// Package cpu runs Programs in C with SIMD. One cgo call runs a whole Program: C threads of
// a pool walk the descriptors together and meet at barriers.
//
// The kernels are one template (template.h) that is compiled once for every instruction set:
// scalar, sse2, avx2, avx512 and neon. Open chooses the best one that the processor has.
//
// Every op gives the float32 bits of package ref on every instruction set and with every
// number of threads: work is cut into tasks by the descriptor alone, only rows and columns of
// results are split, and vector sums have 16 virtual lanes whatever the width of a vector.
//
// Without cgo the package is empty and registers nothing.
package cpu
