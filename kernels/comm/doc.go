// Package comm lets the ranks of one run exchange numbers.
//
// A [Comm] has three calls. All ranks make the same calls in the same order, and each call ends on all ranks with the
// same bits:
//
//	Chain      the sum of rows that are spread over the ranks, added in ascending order
//	Allgather  the parts of a vector, each of which one rank has
//	Barrier    nothing; it returns when all ranks have called it
//
// Chain is not the all-reduce of other libraries, whose order of additions depends on the number of ranks, on the
// library and on the network. Here rank 0 adds its rows, rank 1 adds its own to what it gets from rank 0, and so on.
// So the sum is one left fold, as kernels.OpSumCols has it, whichever rank has which rows.
//
// A [Group] is the ranks of one process, each a goroutine.
package comm
