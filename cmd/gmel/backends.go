package main

import _ "github.com/gmel-go/gmel/kernels/ref" // registers itself; always there
