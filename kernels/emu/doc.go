// Package emu runs the CUDA kernels of kernels/gpu/cuda on a processor, as backend "emu": the
// same sources, compiled as C++ with an emulation of CUDA's threads. It is for tests on machines
// without a GPU, is slow, and is built with the tag emu only:
//
//	make test-emu
//
// Its "instruction sets" are the orders in which blocks and threads are resumed.
package emu
