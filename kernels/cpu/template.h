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

const isa ISA_TABLE = {
	.name = ISA_NAME,
	.peak = peak_run,
	.peak_flops = 2 * VL * PEAK_CHAINS,
	.kernels = {
		[OP_GEMM] = {2, gemm_tasks, gemm_run, gemm_shared, gemm_local, 1},
		[OP_UNARY] = {1, element_tasks, unary_run},
		[OP_UNARY_GRAD] = {1, element_tasks, unary_grad_run},
		[OP_BINARY] = {1, binary_tasks, binary_run},
		[OP_SUM_ALL] = {2, sum_all_tasks, sum_all_run, chunk_scratch},
		[OP_SUM_ROWS] = {1, row_tasks, sum_rows_run},
		[OP_SUM_COLS] = {2, sum_cols_tasks, sum_cols_run, sum_cols_shared},
		[OP_COPY] = {1, row_tasks, copy_run},
		[OP_FILL] = {1, element_tasks, fill_run},
		[OP_LOG_SOFTMAX] = {1, row_tasks, log_softmax_run},
		[OP_LOG_SOFTMAX_GRAD] = {1, row_tasks, log_softmax_grad_run},
		[OP_SAMPLE] = {1, row_tasks, sample_run},
		[OP_ARG_MAX] = {1, row_tasks, arg_max_run},
		[OP_ONE_HOT] = {1, row_tasks, one_hot_run},
		[OP_PICK] = {1, row_tasks, pick_run},
		[OP_PICK_GRAD] = {1, row_tasks, pick_grad_run},
		[OP_ATTENTION] = {2, attention_tasks, attention_run, attention_shared, attention_local},
		[OP_ATTENTION_GRAD] = {1, head_tasks, attention_grad_run, NULL, attention_grad_local},
		[OP_ATTENTION_PENALTY] = {2, head_sum_tasks, attention_penalty_run, head_sum_shared, attention_local},
		[OP_ATTENTION_PENALTY_GRAD] = {1, head_tasks, attention_penalty_grad_run, NULL, attention_grad_local},
		[OP_ATTENTION_ENTROPY] = {2, head_sum_tasks, attention_entropy_run, head_sum_shared, attention_local},
		[OP_CONV] = {2, conv_tasks, conv_run, conv_shared, conv_local},
		[OP_CONV_GRAD_X] = {2, conv_tasks, conv_run, conv_shared, conv_local},
		[OP_CONV_GRAD_W] = {1, conv_grad_w_tasks, conv_grad_w_run, NULL, conv_grad_w_local},
		[OP_GATHER_ROWS] = {1, row_tasks, gather_rows_run},
		[OP_SCATTER_ROWS] = {1, scatter_rows_tasks, scatter_rows_run},
		[OP_RAND_INT] = {1, element_tasks, rand_int_run},
		[OP_UNIFORM] = {1, element_tasks, uniform_run},
		[OP_NORMAL] = {1, element_tasks, normal_run},
		[OP_COUNT] = {1, one_task, count_run},
		[OP_ADAM] = {1, element_tasks, adam_run},
		[OP_ADAM_TICK] = {1, one_task, adam_tick_run},
		[OP_POLYAK] = {1, element_tasks, polyak_run},
		[OP_CLIP_SCALE] = {1, one_task, clip_scale_run},
		[OP_MOMENTS] = {4, moments_tasks, moments_run, moments_shared},
		[OP_CHECK_FINITE] = {2, sum_all_tasks, check_finite_run, chunk_scratch},
		[OP_GROUP_NORM] = {1, group_norm_tasks, group_norm_run, NULL, group_norm_local},
		[OP_GROUP_NORM_GRAD] = {1, group_norm_tasks, group_norm_grad_run, NULL, group_norm_local},
		[OP_GROUP_NORM_PARAM_GRAD] = {1, norm_param_tasks, norm_param_run},
		[OP_LAYER_NORM] = {1, row_tasks, layer_norm_run},
		[OP_LAYER_NORM_GRAD] = {2, layer_norm_grad_tasks, layer_norm_grad_run, layer_norm_grad_shared},
		[OP_UPSAMPLE] = {1, image_tasks, upsample_run},
		[OP_POOL] = {1, image_tasks, pool_run},
		[OP_DROPOUT] = {1, element_tasks, dropout_run},
		[OP_SINUSOID] = {1, row_tasks, sinusoid_run, NULL, sinusoid_local},
		[OP_GAE] = {1, gae_tasks, gae_run},
		[OP_SHUFFLE] = {1, shuffle_tasks, shuffle_run},
	},
};
