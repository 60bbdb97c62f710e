//go:build cgo

package share_test

import _ "github.com/gmel-go/gmel/kernels/cpu" // ranks on a backend with threads
