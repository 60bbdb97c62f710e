// Package ptx executes the PTX that nvcc emits for CUDA kernels, without a GPU. It is for tests: it runs each launch as the ISA
// defines it, checks what a GPU would not report, and names the line of the fault.
//
//	m, err := ptx.Parse("sum.ptx", text)
//	e, ok := m.Entry("_Z3sumPfi")
//	var mem ptx.Memory
//	address := mem.Map("numbers", data) // data is used in place, in the byte order of the device: little-endian
//	err = e.Launch(&mem, [3]int{4, 1, 1}, [3]int{128, 1, 1}, 0, params, ptx.Options{Races: true})
//
// params is the buffer of a launch: the parameters of the entry at the offsets of Entry.Params, little-endian. Blocks run one after
// the other, and all threads of a block side by side. Launch returns the first fault as one of the types below, each with a Place,
// and leaves memory as it was at that moment:
//
//   - *AlignmentError, *BoundsError: an address that is not a multiple of the access, or outside of its memory
//   - *UnwrittenError: shared memory is read before it is written, or touched before the wait for an asynchronous copy to it
//   - *DivergenceError: a barrier, a shuffle or another operation of many threads that some of them never reach
//   - *RaceError: two threads touch the same bytes, one writes them, and nothing orders them (Options.Races)
//   - *LimitError: a block does not end
//   - *LaunchError: the launch itself is wrong, such as too few bytes of parameters
//
// Parse reports what it does not know as a *SyntaxError: an unknown instruction is never skipped. docs/design/ptx.md says what is
// supported, what each check means, and what is not modelled.
package ptx
