// Package gpu runs Programs on NVIDIA GPUs, as backend "gpu". It is built with the tag gpu and
// without the tag cpu, by `make gpu`; otherwise it is empty, and the build does not need CUDA.
//
// The folder cuda has the kernels in C++. It turns a Program into a list of launches: of an op, of a chain of small products
// or of a group of small ops, which package kernels/chain finds. With Options.Debug and Options.Profile every op has
// launches of its own. This package has devices, memory and streams (by gorgonia.org/cu) and CUDA graphs. The first run of a Program launches
// its kernels one by one, which loads them. Then the launches of one run or of many are captured, once for every arena and
// number of runs, and later runs replay the graph. Calls of several Programs (kernels.Sequencer) are one graph, too.
//
// An OpStep whose environment has a kernel (kernels.Portable) is a launch like the others, so the slots of a rollout
// are one graph. The state of the environment stays on the device, one copy for all Programs of the backend, until Go
// reads it. The host plays any other OpStep between two graphs.
//
// All calls to CUDA are made by one goroutine on its own thread, on which the context of the device is
// current. Runs and uploads return before the device is done; downloads and Sync wait. After a fault
// the process can no longer use the device: Sync and every later call return the fault, with the op
// that was running. Options.Debug also finds the first number that is not finite.
//
// The error of an illegal action is returned once, by the first call that waits for the device: Sync,
// Download, or a read of the environment from Go; with Options.Debug, Run returns it. The world with
// that action skips the slot, the other worlds do not, and slots already started are played. So
// results since then are invalid, but the backend can still be used.
//
// With precision fp32 the bits are those of package ref. With tf32 and bf16, gemm and convolutions
// round their factors and run on tensor cores: the same Program gives the same results on devices of
// the same kind. The executable is not linked with the driver (see the folder driver), so it starts
// on machines without one.
package gpu
