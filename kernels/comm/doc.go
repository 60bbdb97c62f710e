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
// The ranks of a [Group] are goroutines of one process. A [Process] is a rank of a group of processes, on one or several
// machines, which talk over MPI; it needs a build with the tag mpi. Both make the same calls of messages between two ranks.
//
// A [Member] may also be led: rank 0 tells the others what to do next.
package comm
