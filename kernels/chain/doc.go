// Package chain finds the products of a Program that a device can run in one launch, one behind the other for a
// few rows, with what lies between them on chip: the layers of a small net forward, and the gradients of their inputs
// backward. It knows no device: [Of] gives the order of the launches, as data.
//
// Others call it back-to-back fusion of GEMMs (CUTLASS) or a fully fused MLP (Mueller et al. 2021, "Real-time neural
// radiance caching for path tracing").
//
// A chain is a list of OpGemm, each of which takes the result of the one before as its left factor. Row i of a
// result needs row i of the left factor only, so blocks of rows need not wait for each other; bits do not depend on it.
// Ops between the products of a Program, such as the gradients of weights, are moved before or behind the chain,
// whichever what they read and write allows. A result in the local memory of a loop that nobody else reads is not
// stored at all. Of what lies in the arena nobody knows who reads it later, so it is always stored.
package chain
