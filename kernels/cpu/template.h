// All kernels for the instruction set that the including file has defined. Everything is
// static: each instruction set is one translation unit with the same names.
#include "simd.h"
#include "functions.h"
#include "tasks.h"
#include "fn.h"
#include "tile.h"
#include "panel.h"
#include "product.h"
#include "gemm.h"
#include "conv_tile.h"
#include "conv_band.h"
#include "conv.h"
#include "conv_grad_tile.h"
#include "conv_grad.h"
#include "winograd.h"
#include "winograd_grad.h"
#include "conv_form.h"
#include "pointwise.h"
#include "reduce.h"
#include "moments.h"
#include "softmax.h"
#include "choice.h"
#include "attention_product.h"
#include "attention.h"
#include "attention_grad.h"
#include "attention_stats.h"
#include "gather.h"
#include "random.h"
#include "optim.h"
#include "norm.h"
#include "norm_grad.h"
#include "layer_norm.h"
#include "image.h"
#include "dropout.h"
#include "sinusoid.h"
#include "gae.h"
#include "shuffle.h"
#include "peak.h"

#define GMEL_KERNEL(code, name, ...) [OP_##name] = {__VA_ARGS__},

const isa ISA_TABLE = {
	.name = ISA_NAME,
	.peak = peak_run,
	.peak_flops = 2 * VL * PEAK_CHAINS,
	.kernels = {GMEL_OPS(GMEL_KERNEL)},
};
