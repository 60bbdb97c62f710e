// Package elsewhere vets the program for systems other than this one:
//
//	go -C tools test -count=1 ./elsewhere
//
// With GOOS, go vet compiles the standard library and all dependencies for the system, though it needs only their types, which are
// here read from the sources. So this finds what go vet would: whether every package and its tests have sound types there, and what
// the analyzers of vet say. It does not show that a compiler's later steps or a linker succeed.
package elsewhere
