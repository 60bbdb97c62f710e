// Package share divides a Program among the ranks of a group, so that the group computes the bits of one.
//
// The unit is the segment of a loop ([kernels.Step]). Segments are independent, and what they add up is in rows of
// their own, which a kernels.OpSumCols after the loop adds in ascending order. So the Program, and not the number of
// ranks, fixes the order of every sum. Rank r of R runs the segments from r S / R up to (r+1) S / R of a loop with S
// segments. Everything outside of such loops is computed by all ranks alike, on arenas that are alike.
//
// [Of] cuts a Program into stages. A stage is an ordinary Program over the same arena, and ends with an exchange:
//
//   - Rows that are only added up are added on the way, in the chain of package comm: each rank sends as many floats as
//     one row has. The total is put into the place of the last row, and the OpSumCols adds what is left from there on.
//   - Anything else that the loop has written and that is read later, such as a value per item of a batch, is gathered.
//
// After an exchange every float that a later op may read is, on every rank, what the whole Program would have there.
//
// A loop that adds nothing up stays whole: its results are as large as the batch, and to send them takes about as long
// as to compute them.
package share
