//go:build emu

package share_test

import _ "github.com/gmel-go/gmel/kernels/emu" // ranks on emulated devices
