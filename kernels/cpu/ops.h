// The ops of package kernels in C: X(code, NAME, the fields of its kernel), see kernel.h.
//
// This is the only list of ops in C: program.h makes the codes from it, template.h the table of every instruction set. A Go
// test compares codes and names with package kernels. LOOP and STEP have no kernel, because the interpreter runs them.
#ifndef GMEL_OPS_H
#define GMEL_OPS_H

#define GMEL_OPS(X) \
	X(1, GEMM, 2, gemm_tasks, gemm_run, gemm_shared, gemm_local, 1) \
	X(2, UNARY, 1, element_tasks, unary_run) \
	X(3, UNARY_GRAD, 1, element_tasks, unary_grad_run) \
	X(4, BINARY, 1, binary_tasks, binary_run) \
	X(5, SUM_ALL, 2, sum_all_tasks, sum_all_run, chunk_scratch) \
	X(6, SUM_ROWS, 1, row_tasks, sum_rows_run) \
	X(7, SUM_COLS, 2, sum_cols_tasks, sum_cols_run, sum_cols_shared) \
	X(8, COPY, 1, row_tasks, copy_run) \
	X(9, FILL, 1, element_tasks, fill_run) \
	X(10, LOOP, 0) \
	X(11, LOG_SOFTMAX, 1, row_tasks, log_softmax_run) \
	X(12, LOG_SOFTMAX_GRAD, 1, row_tasks, log_softmax_grad_run) \
	X(13, SAMPLE, 1, row_tasks, sample_run) \
	X(14, ARG_MAX, 1, row_tasks, arg_max_run) \
	X(15, ONE_HOT, 1, row_tasks, one_hot_run) \
	X(16, PICK, 1, row_tasks, pick_run) \
	X(17, PICK_GRAD, 1, row_tasks, pick_grad_run) \
	X(18, ATTENTION, 2, attention_tasks, attention_run, attention_shared, attention_local) \
	X(19, ATTENTION_GRAD, 1, head_tasks, attention_grad_run, NULL, attention_grad_local) \
	X(20, ATTENTION_PENALTY, 2, head_sum_tasks, attention_penalty_run, head_sum_shared, attention_local) \
	X(21, ATTENTION_PENALTY_GRAD, 1, head_tasks, attention_penalty_grad_run, NULL, attention_grad_local) \
	X(22, ATTENTION_ENTROPY, 2, head_sum_tasks, attention_entropy_run, head_sum_shared, attention_local) \
	X(23, CONV, 2, conv_tasks, conv_run, conv_shared, conv_local) \
	X(24, CONV_GRAD_X, 2, conv_tasks, conv_run, conv_shared, conv_local) \
	X(25, CONV_GRAD_W, 2, conv_grad_w_tasks, conv_grad_w_run, conv_grad_w_shared, conv_grad_w_local) \
	X(26, GATHER_ROWS, 1, row_tasks, gather_rows_run) \
	X(27, SCATTER_ROWS, 1, scatter_rows_tasks, scatter_rows_run) \
	X(28, RAND_INT, 1, element_tasks, rand_int_run) \
	X(29, UNIFORM, 1, element_tasks, uniform_run) \
	X(30, NORMAL, 1, element_tasks, normal_run) \
	X(31, COUNT, 1, one_task, count_run) \
	X(32, ADAM, 1, element_tasks, adam_run) \
	X(33, ADAM_TICK, 1, one_task, adam_tick_run) \
	X(34, POLYAK, 1, element_tasks, polyak_run) \
	X(35, CLIP_SCALE, 1, one_task, clip_scale_run) \
	X(36, MOMENTS, 4, moments_tasks, moments_run, moments_shared) \
	X(37, CHECK_FINITE, 2, sum_all_tasks, check_finite_run, chunk_scratch) \
	X(38, STEP, 0) \
	X(39, GROUP_NORM, 1, group_norm_tasks, group_norm_run, NULL, group_norm_local) \
	X(40, GROUP_NORM_GRAD, 1, group_norm_tasks, group_norm_grad_run, NULL, group_norm_local) \
	X(41, GROUP_NORM_PARAM_GRAD, 1, norm_param_tasks, norm_param_run) \
	X(42, LAYER_NORM, 1, row_tasks, layer_norm_run) \
	X(43, LAYER_NORM_GRAD, 2, layer_norm_grad_tasks, layer_norm_grad_run, layer_norm_grad_shared) \
	X(44, UPSAMPLE, 1, image_tasks, upsample_run) \
	X(45, POOL, 1, image_tasks, pool_run) \
	X(46, DROPOUT, 1, element_tasks, dropout_run) \
	X(47, SINUSOID, 1, row_tasks, sinusoid_run, NULL, sinusoid_local) \
	X(48, GAE, 1, gae_tasks, gae_run) \
	X(49, SHUFFLE, 1, shuffle_tasks, shuffle_run)

// The functions and the binary operations of package kernels, in the order of their codes.
#define GMEL_FNS(X) \
	X(IDENTITY) X(AFFINE) X(RELU) X(LEAKY_RELU) X(TANH) X(SIGMOID) X(EXP) X(LOG) \
	X(SQUARE) X(SQRT) X(RECIPROCAL) X(ABS) X(CLAMP) X(SILU) X(GELU)
#define GMEL_BINS(X) X(ADD) X(SUB) X(MUL) X(DIV) X(MIN) X(MAX)

#endif
