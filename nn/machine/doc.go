// Package machine turns gorgonia graphs into Programs of package kernels and runs them.
//
// A [Layout] names the persistent tensors of an arena. A [Builder] collects graph fragments
// ([Builder.Lower]) and single ops in order, fuses them, drops dead code, plans the scratch
// memory by liveness behind the persistent tensors and builds one Program. A [Session] runs
// several Programs over one buffer. [Machine] is a gorgonia.VM for a whole graph.
//
// The order of a Program depends on the order of calls and on node IDs only, so that equal
// builds give equal hashes.
package machine
