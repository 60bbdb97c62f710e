// Package export writes a trained policy for other programs: as a folder with its contract, its numbers, an ONNX model and a model
// card, or as a header for C (package header).
package export
