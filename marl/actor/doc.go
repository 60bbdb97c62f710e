// Package actor is a trained policy without the program that trained it: the contract that says what it observes and
// decides, and the numbers of its network. gmel export --to folder writes them as files. The package needs the standard library
// and a few packages without code of a device, so it builds wherever Go does, also for GOOS=wasip1 and without cgo.
//
// An agent observes O numbers o. Its decision is the legal action of the largest output:
//
//	x = clip((o - mean) scale, -c, c)
//	h_1 = f(W_1 x + b_1), .., h_n = f(W_n h_n-1 + b_n)
//	outputs = W_n+1 h_n + b_n+1
//
// f(v) is v for v > 0 and slope v otherwise. Of equal outputs, the first decides.
//
// A [Player] gives the outputs the bits of the training engine. The engine decides by log-probabilities, which are rounded once
// more: where the two largest outputs differ by about 1e-7, it may take the other action.
package actor
