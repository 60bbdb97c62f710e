// Package gpu runs Programs on NVIDIA GPUs, as backend "gpu". It is built with the tag gpu and
// without the tag cpu, by `make gpu`; otherwise it is empty and nobody needs CUDA.
//
// The kernels are C++ in the folder cuda, which makes of a Program a list of launches: one for each op, and one for each chain
// of small products that package kernels/chain finds, but with Options.Debug and Options.Profile, which look at every op. Here are
// devices, memory and streams, by gorgonia.org/cu, and CUDA graphs: the first run of a Program
// launches its kernels one by one, which loads them; then the launches of one or of many runs are
// captured, once for every arena and number of runs, and later runs replay the graph. An OpStep whose environment has a kernel
// (kernels.Portable) is a launch like the others, so the slots of a rollout are one graph:
// the state of the environment stays on the device, one copy for all Programs of
// the backend, until Go reads it. Any other OpStep is played by the host between two graphs.
//
// All calls to CUDA are made by one goroutine on a thread of its own, on which the device's context
// is current. Runs and uploads return before the device is done; downloads and Sync wait. A fault
// of the device ends the process's use of it: Sync and every later call return it, with the op that
// was at work. Options.Debug finds the first number that is not finite, too.
//
// An action that a kernel refuses is found when the device is waited for: Sync, Download or whoever
// brings the environment home returns the error, once; with Options.Debug it is Run. The world
// concerned does not move in that slot, the others do, and slots that were on their way are
// played; so results since then are void, and the backend is as good as before.
//
// With precision fp32 the bits are those of package ref. With tf32 and bf16 gemm and convolutions
// round their factors and run on tensor cores: results are the same for the same Program on devices
// of the same kind. The program is not linked with the driver
// (see the folder driver), so it starts where none is installed.
package gpu
