// Package marltest has the shared parts of the tests of algorithms: small games ([Toy]), a plain float64
// reference of the networks, a workshop for test Programs ([Rig]), and checks that every algorithm must pass
// ([SameEverywhere], [ReadsNoStaleMemory], [ResumesExactly]).
package marltest
