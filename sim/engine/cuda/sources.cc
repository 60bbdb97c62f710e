//go:build emu

#define GMEL_EMULATE
#include "edge.cu"
