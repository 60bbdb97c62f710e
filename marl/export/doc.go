// Package export writes a trained policy in the form in which other programs take it: a folder with its contract, its numbers
// and a model card.
package export
