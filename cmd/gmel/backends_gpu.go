//go:build gpu && !cpu

package main

import _ "github.com/gmel-go/gmel/kernels/gpu" // registers itself; needs the libraries of make gpu
