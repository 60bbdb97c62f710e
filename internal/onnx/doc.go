// Package onnx writes networks as files of ONNX (Open Neural Network Exchange, onnx/onnx.proto, intermediate representation 8).
// It encodes the messages that it needs itself: generated code of ONNX and of other programs with the same names cannot be
// linked into one program.
package onnx
