package marl

import (
	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
)
