// Package cpu runs Programs in C with SIMD. One cgo call runs a whole Program: all C threads of a
// pool execute the descriptors in order and synchronise at barriers.
//
// The kernels are one template (template.h) that is compiled once for every instruction set:
// scalar, sse2, avx2, avx512 and neon. Open chooses the best one that the processor has.
//
// Every op gives the float32 bits of package ref on every instruction set and with every number of
// threads. The descriptor alone determines how work is cut into tasks, only rows and columns of
// results are split, and vector sums have 16 virtual lanes, whatever the width of a vector.
//
// Without cgo the package is empty and registers nothing.
package cpu
