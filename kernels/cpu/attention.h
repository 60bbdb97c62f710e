// Multi-head attention. It excludes the agent itself unless FLAG_SELF is set. Scores are stored transposed: a vector holds
// the scores of VL queries with one agent. So the softmax never crosses lanes.
// A panel is up to PANEL queries: its scores are [n][PANEL].
#ifndef GMEL_ATTENTION_H
#define GMEL_ATTENTION_H

// Queries in a block: it uses the caches well, and BLOCK_K is a multiple of it.
enum { QUERY_BLOCK = 4 * PANEL };

// Multiplications of a task, which has one or more heads.
enum { TASK_PRODUCTS = 1 << 16 };

typedef struct {
	int64_t n, d, ld; // agents, head dimension, floats from agent to agent
	int64_t d_width; // d rounded up to vectors
	int direct;      // sums are written directly to the output
	int self;        // an agent attends to itself, too
	float scale;
} head;

static INLINE head head_of(const desc *d) {
	int64_t n = d->dim[1], size = d->dim[3], width = vectors_width(size);
	return (head){n, size, d->dim[2] * size, width, width == size && n <= QUERY_BLOCK, (d->flags & FLAG_SELF) != 0, 1 / sqrtf((float)size)};
}

static INLINE int64_t head_count(const desc *d) { return d->dim[0] * d->dim[2]; }
static INLINE int64_t heads_per_task(const desc *d) {
	return maximum(1, TASK_PRODUCTS / maximum(1, d->dim[1] * d->dim[1] * d->dim[3]));
}
static int64_t head_tasks(const desc *d, int phase) {
	return d->dim[1] > 0 && d->dim[3] > 0 ? ceil_div(head_count(d), heads_per_task(d)) : 0;
}
static INLINE range head_range(const desc *d, int64_t task) { return block_range(task, heads_per_task(d), head_count(d)); }

// head_offset is the offset of (batch, head) number pair.
static INLINE int64_t head_offset(const desc *d, const head *h, int64_t pair) {
	return pair / d->dim[2] * h->n * h->ld + pair % d->dim[2] * h->d;
}

// take allocates floats from scratch.
static INLINE float *take(float **p, int64_t floats) {
	float *piece = *p;
	*p += ceil_div(floats, LANES) * LANES;
	return piece;
}

// A panel of queries of a head: the first, their number, and the width of the panel.
typedef struct {
	int64_t first, count, width;
} panel;

static INLINE panel panel_of(int64_t first, int64_t end) {
	int64_t count = minimum(PANEL, end - first);
	return (panel){first, count, vectors_width(count)};
}

// score_panel: rows_j . columns_i for all n rows, in panels; columns is a transposed panel.
static INLINE void score_panel(const head *h, const panel *p, const float *rows, const float *columns, float *out) {
	int64_t k = 0;
	do { // once even if d = 0
		strip_rows(h->n, p->width, 0, (strip){
			.a = rows + k * h->n, .jump = h->n * PANEL, .b = columns + k * PANEL, .terms = minimum(BLOCK_K, h->d - k),
			.c = out, .ldc = PANEL, .mode = k == 0 ? FRESH : ADD});
		k += BLOCK_K;
	} while (k < h->d);
}

// column_sum is the vector sum of f over all agents, for VL queries at once.
typedef vec (*column_term)(const void *context, int64_t j);

static INLINE vec column_chunk(column_term f, const void *context, int64_t from, int64_t to) {
	vec lane[LANES];
	UNROLL for (int l = 0; l < LANES; l++) lane[l] = splat(0);
	int64_t j = from;
	for (; j + LANES <= to; j += LANES)
		UNROLL for (int l = 0; l < LANES; l++) lane[l] += f(context, j + l);
	UNROLL for (int l = 0; l < LANES; l++)
		if (j + l < to) lane[l] += f(context, j + l);
	UNROLL for (int l = 0; l < 8; l++) lane[l] += lane[l + 8];
	UNROLL for (int l = 0; l < 4; l++) lane[l] += lane[l + 4];
	return (lane[0] + lane[2]) + (lane[1] + lane[3]);
}

static INLINE vec column_sum(column_term f, const void *context, int64_t n) {
	vec total = column_chunk(f, context, 0, minimum(n, CHUNK));
	for (int64_t c = CHUNK; c < n; c += CHUNK) total += column_chunk(f, context, c, minimum(n, c + CHUNK));
	return total;
}

// A column has the scores of VL queries: those with agent j are at s + j * PANEL. Lane l is query first + l.
typedef struct {
	float *s;
	int64_t first;
} column;

static INLINE vec term_column(const void *context, int64_t j) {
	const column *c = context;
	return load(c->s + j * PANEL);
}

// set_self sets the score of each query with itself.
static INLINE void set_self(const head *h, const column *c, float value) {
	int64_t end = minimum(c->first + VL, h->n);
	for (int64_t j = c->first; j < end; j++) {
		vec v = load(c->s + j * PANEL);
		ivec self = lane_numbers() == isplat((int32_t)(j - c->first));
		store(c->s + j * PANEL, (vec)(((ivec)v & ~self) | ((ivec)splat(value) & self)));
	}
}

static INLINE vec column_top(const head *h, const column *c) {
	vec top = splat(-INFINITY), other = top;
	int64_t j = 0;
	for (; j + 2 <= h->n; j += 2) top = larger(load(c->s + j * PANEL), top), other = larger(load(c->s + (j + 1) * PANEL), other);
	if (j < h->n) top = larger(load(c->s + j * PANEL), top);
	return larger(top, other);
}

static INLINE void exponentials_of(const int count, float *s, vec scale, vec top) {
	vec x[AT_ONCE];
	UNROLL for (int j = 0; j < count; j++) x[j] = load(s + j * PANEL) * scale - top;
	exp_many(count, x);
	UNROLL for (int j = 0; j < count; j++) store(s + j * PANEL, x[j]);
}

static INLINE void exponentials(float *s, int64_t n, vec scale, vec top) {
	int64_t j = 0;
	for (; j + AT_ONCE <= n; j += AT_ONCE) exponentials_of(AT_ONCE, s + j * PANEL, scale, top);
	for (; j < n; j++) exponentials_of(1, s + j * PANEL, scale, top);
}

typedef struct {
	const float *s;
	vec scale;
} square_terms;

static INLINE vec term_score_square(const void *context, int64_t j) {
	const square_terms *t = context;
	vec v = load(t->s + j * PANEL) * t->scale;
	return v * v;
}

// score_squares sums the squared scores of VL queries with the other agents.
static INLINE vec score_squares(const head *h, const column *c) {
	set_self(h, c, 0);
	square_terms t = {c->s, splat(h->scale)};
	return column_sum(term_score_square, &t, h->n);
}

// add_queries adds the numbers of up to count queries in ascending order.
static INLINE float add_queries(float total, vec of, int64_t count) {
	float values[VL];
	store(values, of);
	for (int64_t l = 0; l < minimum(VL, count); l++) total += values[l];
	return total;
}

// penalty_factor is Scalar[0] / (B h N (N-1)), or 0 if there are no pairs.
static INLINE float penalty_factor(const desc *d) {
	int64_t count = head_count(d) * d->dim[1] * (d->dim[1] - 1);
	return count > 0 ? d->scalar[0] / (float)count : 0;
}

// penalty_of adds the partial sums of the heads to the penalty.
static INLINE float penalty_of(const worker *w, const desc *d) {
	return penalty_factor(d) * vector_sum_of(w->shared, head_count(d));
}

typedef struct {
	vec top, sum;
} column_norm;

// weigh turns raw scores into weights.
static INLINE column_norm weigh(const head *h, const column *c) {
	if (h->n == 1 && !h->self) {
		store(c->s, splat(0));
		return (column_norm){splat(0), splat(1)};
	}
	if (!h->self) set_self(h, c, -INFINITY);
	const vec scale = splat(h->scale), top = column_top(h, c) * scale;
	exponentials(c->s, h->n, scale, top);
	column_norm r = {top, column_sum(term_column, c, h->n)};
	const vec inverse = splat(1) / r.sum;
	for (int64_t j = 0; j < h->n; j++) store(c->s + j * PANEL, load(c->s + j * PANEL) * inverse);
	return r;
}

static INLINE column column_of(const panel *p, float *s, int64_t lane) { return (column){s + lane, p->first + lane}; }

// panel_times: out_i = sum_j s_ij y_j for the queries of a panel. y has all n rows in panels; rows of
// out are ldc floats apart. With add, the sum is added to out, for one block of agents.
static INLINE void panel_times(const head *h, const panel *p, const float *s, const float *y, float *out, int64_t ldc, int add) {
	for (int64_t k = 0; k < h->n; k += BLOCK_K)
		for (int64_t j = 0; j < h->d_width; j += PANEL)
			strip_rows(p->count, panel_at(h->d_width, j), 1, (strip){
				.a = s + k * PANEL, .b = y + j * h->n + k * PANEL, .terms = minimum(BLOCK_K, h->n - k),
				.c = out + j, .ldc = ldc, .mode = add || k > 0 ? ADD : FRESH});
}

// Scratch of a task.
typedef struct {
	float *queries; // a panel transposed: d x PANEL
	float *scores;  // of a panel: n x PANEL
	float *other;   // a second one: n x PANEL
	float *keys, *values; // panels of K and V
	float *sums;    // results of a panel: PANEL x d_width
} attention_scratch;

static INLINE attention_scratch attention_carve(const head *h, float **p) {
	attention_scratch s;
	s.queries = take(p, h->d * PANEL);
	s.scores = take(p, h->n * PANEL);
	s.other = take(p, h->n * PANEL);
	s.keys = take(p, panels_floats(h->n, h->d));
	s.values = take(p, panels_floats(h->n, h->d));
	s.sums = take(p, h->direct ? 0 : PANEL * h->d_width);
	return s;
}

static int64_t attention_local(const desc *d) {
	head h = head_of(d);
	float base, *end = &base;
	attention_carve(&h, &end);
	return end - &base;
}

// attend returns the sum of the squared scores if squares is set.
static float attend(const head *h, const attention_scratch *s, const float *q, const float *k, const float *v, float *x, int squares) {
	float total = 0;
	rows_to_panels(k, h->n, h->d, h->ld, s->keys);
	rows_to_panels(v, h->n, h->d, h->ld, s->values);
	for (int64_t i = 0; i < h->n; i += PANEL) {
		panel p = panel_of(i, h->n);
		transpose_rows(q + i * h->ld, p.count, h->d, h->ld, s->queries);
		score_panel(h, &p, s->keys, s->queries, s->scores);
		for (int64_t lane = 0; lane < p.width; lane += VL) {
			column c = column_of(&p, s->scores, lane);
			if (squares && h->n > 1) total = add_queries(total, score_squares(h, &c), p.count - lane);
			weigh(h, &c);
		}
		if (h->direct) {
			panel_times(h, &p, s->scores, s->values, x + i * h->ld, h->ld, 0);
			continue;
		}
		panel_times(h, &p, s->scores, s->values, s->sums, h->d_width, 0);
		put_rows(s->sums, h->d_width, p.count, h->d, x + i * h->ld, h->ld, 0);
	}
	return total;
}

// The penalty needs a partial sum of every head, even of an empty one, and a second phase that adds them.
static int64_t attention_tasks(const desc *d, int phase) {
	if (d->arg[4] == ABSENT) return phase == 0 ? head_tasks(d, phase) : 0;
	return phase == 0 ? ceil_div(head_count(d), heads_per_task(d)) : 1;
}
static int64_t attention_shared(const desc *d) { return d->arg[4] == ABSENT ? 0 : head_count(d); }

static void attention_run(const worker *w, const desc *d, int phase, int64_t task) {
	const int squares = d->arg[4] != ABSENT;
	if (phase == 1) {
		*argument(w, d, 4) = penalty_of(w, d);
		return;
	}
	head h = head_of(d);
	float *p = w->local;
	attention_scratch s = attention_carve(&h, &p);
	range r = head_range(d, task);
	for (int64_t pair = r.from; pair < r.to; pair++) {
		int64_t at = head_offset(d, &h, pair);
		float total = attend(&h, &s, argument(w, d, 0) + at, argument(w, d, 1) + at, argument(w, d, 2) + at, argument(w, d, 3) + at, squares);
		if (squares) w->shared[pair] = total;
	}
}

#endif
