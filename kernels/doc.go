// Package kernels is the contract between the networks and the devices that run them.
//
// A [Program] is a flat list of descriptors ([Desc]) over one memory arena of 32-bit floats.
// It is plain data: it can be printed, hashed, compared and checked without a device. A
// [Backend] compiles a Program once and then runs it in one call. Backends register
// themselves ([Register]) and are chosen once, at the edge, with [Open]:
//
//	ref  plain Go; the specification, and in float64 the oracle   (kernels/ref)
//	cpu  C with SIMD through cgo, a pool of C threads              (kernels/cpu)
//	gpu  CUDA: launches, and graphs of them                        (kernels/gpu)
//	emu  the CUDA kernels on a processor, for tests                (kernels/emu)
//	ptx  their PTX in an interpreter, for tests                    (kernels/emu)
//
// # Numbers are specified, not accidental
//
// Every backend gives the same float32 bits for every op, whatever the number of threads or
// the instruction set, because the order of operations is part of an op's definition:
//
//   - A product sum (gemm, attention) is fused multiply-add in ascending k inside blocks of
//     [BlockK] terms; the block sums are added in ascending order. Only M and N are ever split.
//   - A sum over a vector walks chunks of [Chunk] elements. Inside a chunk element i belongs
//     to lane i mod [Lanes]; lanes add in ascending i and are folded 8, 4, 2, 1
//     (lane l += lane l+8, ...). Chunk sums are added in ascending order.
//   - A sum over rows (sumcols) adds rows in ascending order inside chunks of [ChunkRows] rows
//     and then the chunk sums in ascending order.
//   - exp, log, tanh, sigmoid and the normal distribution are the polynomials documented in package ref.
//   - a*b+c is a fused multiply-add only where the op's documentation says fma.
//
// Integers in an arena (actions, row indices, counters) are stored as float32 values, exact
// to 2^24. Counters are pairs (high, low) of 24-bit digits; see [OpCount].
//
// # Adding an op
//
// An op belongs to a family. In a family that exists it is nine files; a test names each entry that is missing.
//
//	op_FAMILY.go                   code, formula and Spec: arguments, dimensions, checks, rows in a loop
//	ref/FAMILY.go                  the plain version
//	cpu/ops.h, a header in cpu     a row, and the kernel in C
//	gpu/cuda/FAMILY.cu             the kernel in CUDA, and its case
//	kerneltest/op_FAMILY.go        a card: trials, random shapes, mistakes that these must show
//	kerneltest/op_FAMILY_test.go   results known by hand, and gradients by finite differences
//	nn/op: a file, diff_test.go    forward and backward, and a test of the derivative
//
// A new family is also named in spec.go, ref/ref.go, cpu/template.h, gpu/cuda/kernel.cuh, emu/sources.cc and
// kerneltest/card.go.
//
// # Shape alphabet
//
// W worlds, A agents (IEDs), O observation, U actions, B minibatch, N agents in attention,
// H hidden, h heads, D head dimension, M rows, K inner dimension.
package kernels
