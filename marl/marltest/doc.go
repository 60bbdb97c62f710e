// Package marltest is what the tests of algorithms share: small games ([Toy]), a plain float64 reference
// of the networks, a workshop to write Programs in ([Rig]), and checks that every algorithm must pass
// ([SameEverywhere], [ReadsNoStaleMemory], [ResumesExactly]).
package marltest
