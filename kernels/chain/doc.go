// Package chain finds chains of products: back-to-back fusion of GEMMs (CUTLASS), or a fully fused MLP (Mueller et al.
// 2021, "Real-time neural radiance caching for path tracing"). A device runs a chain in one launch. Each block of rows
// goes through all products, with the intermediate results on chip. Chains are the layers of a small network forward,
// and the gradients of their inputs backward. The package knows no device: [Of] returns the order of launches as data.
//
// In a chain of OpGemm, the left factor of each product is the result of the one before. Row i of a result needs only
// row i of the left factor, so blocks of rows are independent and the bits do not change. Ops between the products, such
// as the gradients of weights, move before or after the chain, as their reads and writes allow. A result in the local
// memory of a loop is not stored if no other op reads it. A result in the arena is always stored, because a later
// Program may read it.
//
// [Schedule.Group] finds groups: neighbours in that order which may share a launch although each result goes to memory.
// They process the same rows independently, or touch nothing that the others write.
package chain
