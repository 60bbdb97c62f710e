//go:build cgo

package main

import _ "github.com/gmel-go/gmel/kernels/cpu" // registers itself; needs a C compiler
