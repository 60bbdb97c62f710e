// Package emu runs the CUDA kernels of kernels/gpu/cuda on a processor, in two ways, one for each build tag. Both are for tests on
// machines without a GPU, and slow.
//
// With the tag emu, backend "emu" is the sources, compiled as C++ with an emulation of CUDA's threads. Its "instruction sets" are the
// orders in which blocks and threads are resumed:
//
//	make test-emu
//
// With the tag ptx, backend "ptx" is what nvcc makes of them: the library that a program for a GPU links, with a CUDA runtime that gives
// each launch to the interpreter of package ptx. Its "instruction sets" are the orders of blocks:
//
//	make test-ptx
package emu
