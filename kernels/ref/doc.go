// Package ref runs Programs in plain Go. It is the specification of every op: a backend is
// right when it gives the float32 bits of this package.
//
// The code is generic over float32 and float64. In float32 every rounding is part of the
// specification (package kernels says which orders are fixed; the comments here say the
// rest). In float64 the same code, with plain ascending sums and the functions of package
// math, is the oracle that bounds the rounding errors of float32.
//
// Go may fuse x*y + z. The conversions T(x*y) forbid it; they are not decoration.
//
// # Conventions that hold for every op
//
//   - fma is the fused multiply-add, rounded once.
//   - NaN propagates, except that an index that is NaN counts as out of range.
//   - Two NaN are equal: their payload is not specified.
//   - An index out of range is a fault of the caller, but no backend touches foreign memory:
//     gathers and picks give NaN, scatters and their gradients skip the row.
//   - With [kernels.FlagAccumulate] out = out + result, result computed completely first.
package ref
