// Package ref runs Programs in plain Go. It is the specification of every op: a backend is
// correct if it gives the float32 bits of this package.
//
// The code is generic over float32 and float64. In float32 every rounding is part of the
// specification. Package kernels specifies the orders of sums; the comments here specify the rest.
// In float64 the same code uses plain ascending sums and the functions of package math. It is the
// oracle that bounds the rounding errors of float32.
//
// Go may fuse x*y + z. The conversions T(x*y) forbid it and must stay.
//
// # Conventions of every op
//
//   - fma is the fused multiply-add, rounded once.
//   - NaN propagates, except that a NaN index counts as out of range.
//   - Two NaN are equal: their payload is not specified.
//   - An index out of range is a fault of the caller, but no backend accesses memory out of bounds:
//     gathers and picks give NaN, scatters and their gradients skip the row.
//   - With [kernels.FlagAccumulate] out = out + result, where result is computed completely first.
package ref
