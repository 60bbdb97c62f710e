// Package machine turns gorgonia graphs into Programs of package kernels and runs them.
//
// A [Layout] names the persistent tensors of an arena. A [Builder] collects graph fragments
// ([Builder.Lower]) and single ops in order. It drops dead code, fuses ops, plans the scratch memory
// by liveness and builds one Program. Scratch memory follows the persistent tensors. A [Session]
// runs several Programs over one buffer. [Machine] is a gorgonia.VM for a whole graph.
//
// The order of ops in a Program depends only on the order of calls and on node IDs, so equal builds
// have equal hashes.
package machine
