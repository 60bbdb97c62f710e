// Package safetensors reads and writes files of named float32 arrays as PyTorch libraries do (format safetensors,
// .safetensors): eight bytes with the length of a header, little-endian, the header in JSON, the numbers. It reads no
// other types of numbers, and says so by name. It needs the standard library only.
package safetensors
