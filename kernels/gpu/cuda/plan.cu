#include "plan.cuh"

#include <new>

#include "tile_heuristic.cuh"

#define CHOOSE(name) name##_kernel,
#define CHOOSE_FREE(name) name##_free_kernel,
#define CHOOSE_BY_PRECISION(name) {name##_fp32_kernel, name##_tf32_kernel, name##_bf16_kernel},

const kernel *kernel_for(launch &l, int precision) {
	const kernel *(*const free[])(const desc &) = {GMEL_FREE(CHOOSE_FREE)};
	if (precision != GMEL_FP32)
		for (auto family : free)
			if (const kernel *k = family(l.d)) return k;
	const kernel *(*const families[])(const desc &) = {GMEL_FAMILIES(CHOOSE)};
	for (auto family : families)
		if (const kernel *k = family(l.d)) return k;
	const kernel *(*const products[][3])(launch &) = {GMEL_PRODUCTS(CHOOSE_BY_PRECISION)};
	for (auto product : products)
		if (const kernel *k = product[precision](l)) return k;
	return NULL;
}

// launch_of is the launch of an op outside of loops.
static launch launch_of(const desc &d) {
	launch l = {};
	l.d = d;
	l.iterations = l.segments = l.units = 1;
	l.units_by = reciprocal_of(1);
	return l;
}

// prepare completes a launch for its kernel, before it is cut into phases and tasks.
static void prepare(launch &l, const kernel &k) {
	int64_t by[DIVISORS] = {1, 1, 1};
	k.prepare(l.d, by);
	for (int i = 0; i < DIVISORS; i++) l.by[i] = reciprocal_of(by[i]);
}

uint32_t gmel_cuda_missing(const desc *descs, int64_t count) {
	for (int64_t i = 0; i < count; i++) {
		launch l = launch_of(descs[i]);
		if (l.d.op != OP_STEP && l.d.op != OP_LOOP && !kernel_for(l, GMEL_FP32)) return l.d.op;
	}
	return OP_NONE;
}

static int64_t aligned(int64_t floats) { return ceil_div(floats, 64) * 64; }

namespace {

// builder makes the pieces of a program.
struct builder {
	const gmel_cuda_program *program;
	gmel_cuda_plan *plan;
	pieces now = {program, plan, {}};
	bool independent = false; // the iterations of the loop
	int64_t kept = 0;         // floats of scratch that pieces before this one still need
	std::vector<piece> delayed = {};
	int64_t cast = 0; // the next one of the program
	std::vector<int64_t> untold = {}; // places of moments that convolutions do not write

	bool grouped() const { return program->order != NULL; }
	int64_t op_at(int64_t place) const { return program->order ? program->order[place] : place; }
	bool marked(int64_t place, uint8_t mark) const { return program->order && (program->marks[place] & mark) != 0; }

	// add makes the pieces of an op, one for each phase.
	void add(int64_t place, launch l) {
		forget_untold(l.d);
		const kernel *k = kernel_for(l, program->precision);
		if (l.d.op == OP_CONV && l.d.arg[GMEL_MOMENTS] && is_split(l.d)) untold.push_back(l.d.arg[GMEL_MOMENTS]);
		bool sums = l.m.sum && l.units == l.iterations;
		prepare(l, *k);
		l.shared_size = aligned(k->shared(l.d)), l.shared_at = kept;
		plan->shared = larger(plan->shared, kept + l.shared_size * l.iterations);
		if (k->at_once(l.d) && !(sums && l.segments < l.iterations)) {
			add_phase(place, k, l, AT_ONCE, true);
			return;
		}
		for (int phase = 0; phase < k->phases - 1; phase++) add_phase(place, k, l, phase, false);
		l.by_segment = sums;
		if (sums) l.units = l.segments, l.units_by = reciprocal_of(l.segments);
		add_phase(place, k, l, k->phases - 1, k->phases == 1);
		if (grouped() && group_has(l.d)) keep(l.shared_size * l.iterations);
	}
	// forget_untold lets a norm read its input if the blocks of the convolution before it are side by side: no thread then has a result.
	void forget_untold(desc &d) const {
		if (d.op != OP_GROUP_NORM) return;
		for (int64_t place : untold)
			if (d.arg[GMEL_MOMENTS] == place) d.arg[GMEL_MOMENTS] = 0;
	}
	// keep leaves the scratch of the last op as it is until the pieces are launched: in a group, blocks are at different ops.
	void keep(int64_t floats) {
		kept += floats;
		if (kept > MOST_SHARED) launch_pieces();
	}
	void add_phase(int64_t place, const kernel *k, launch l, int phase, bool whole_op) {
		l.phase = phase, l.tasks = k->tasks(l.d, phase);
		if (l.tasks == 0) return;
		piece p = {{{op_at(place)}, k, l, NULL, NULL, NULL}, place, whole_op, false};
		if (!can_wait(p)) {
			now.list.push_back(p);
			return;
		}
		p.beside_before = !delayed.empty();
		delayed.push_back(p);
	}
	// can_wait reports whether a piece may run after all others of the body: it adds the sums of a segment, reads nothing but
	// scratch, and no other op of the loop touches its result.
	bool can_wait(const piece &p) const {
		const desc &d = p.it.l.d;
		bool product = d.op == OP_GEMM;
		return grouped() && independent && p.it.l.by_segment && !p.whole_op && group_has(d) && p.it.k->grouped_from <= p.it.l.phase &&
		       d.arg[product ? 4 : 1] < LOCAL_BASE && !(product && (d.arg[2] != ABSENT || d.arg[3] != ABSENT));
	}
	void launch_pieces() {
		now.list.insert(now.list.end(), delayed.begin(), delayed.end());
		now.launch_all();
		delayed.clear();
		kept = 0;
	}

	// add_casts makes the pieces of the casts before an op, which stand beside each other.
	void add_casts(int64_t op) {
		for (bool beside = false; cast < program->cast_count && program->casts[cast].before == op; beside = true) {
			const gmel_cuda_cast &c = program->casts[cast++];
			desc d = {};
			d.op = OP_CAST, d.arg[0] = c.from, d.arg[1] = c.to, d.dim[0] = c.lines, d.dim[1] = c.width, d.dim[2] = c.pitch;
			launch l = launch_of(d);
			const kernel *k = cast_kernel();
			prepare(l, *k);
			l.tasks = k->tasks(l.d, 0);
			now.list.push_back({{{c.reader}, k, l, NULL, NULL, NULL}, NO_PLACE, true, beside});
		}
	}

	void add_step(int64_t op) {
		gmel_cuda_world w = {};
		if (program->worlds) w = program->worlds[program->descs[op].dim[STEP_ENVIRONMENT]];
		plan->params.push_back(std::vector<char>((const char *)w.params, (const char *)w.params + w.params_bytes));
		w.params = plan->params.back().data();
		plan->worlds.push_back(w);
		plan->items.push_back({{op}, NULL, launch_of(program->descs[op]), &plan->worlds.back(), NULL, NULL});
	}

	// launch_at is the launch of the op at a place; like is one of another op of the same loop.
	launch launch_at(int64_t place, const launch &like, bool in_loop) const {
		launch l = like;
		l.d = program->descs[op_at(place)];
		if (in_loop) l.m = program->moves[op_at(place)];
		return l;
	}

	// place_ops makes the pieces of the op at a place, or of the chain that begins there, and returns the next place.
	int64_t place_ops(int64_t place, const launch &like, bool in_loop) {
		if (!marked(place, GMEL_ON_CHIP)) {
			add(place, launch_at(place, like, in_loop));
			return place + 1;
		}
		int64_t first = place;
		std::vector<int64_t> ops;
		chain c = {};
		do {
			if (!marked(place, GMEL_UNREAD)) c.stored |= 1u << c.products;
			c.product[c.products++] = launch_at(place, like, in_loop);
			ops.push_back(op_at(place));
		} while (marked(place++, GMEL_ON_CHIP));
		plan->chains.push_back(c);
		now.list.push_back({{ops, NULL, c.product[0], NULL, &plan->chains.back(), NULL}, first, true, false});
		return place;
	}

	// add_loop makes launches over all iterations at once, or one launch per iteration if they depend
	// on each other.
	void add_loop(int64_t header) {
		const desc &d = program->descs[header];
		independent = !program->in_order[header];
		int64_t iterations = d.dim[LOOP_ITERATIONS], rounds = independent ? 1 : iterations;
		plan->local = larger(plan->local, aligned(program->local) * iterations);
		launch l = launch_of(d);
		l.iterations = iterations, l.segments = d.dim[LOOP_SEGMENTS];
		l.local_size = aligned(program->local), l.units = iterations / rounds, l.units_by = reciprocal_of(iterations);
		for (l.first = 0; l.first < rounds; l.first++) {
			for (int64_t place = header + 1; place <= header + d.dim[LOOP_BODY];) place = place_ops(place, l, true);
			launch_pieces();
		}
	}

	void build() {
		for (int64_t place = 0; place < program->count;) {
			const desc &d = program->descs[op_at(place)];
			add_casts(op_at(place));
			if (d.op != OP_LOOP && d.op != OP_STEP) {
				place = place_ops(place, launch_of(d), false);
				continue;
			}
			launch_pieces();
			if (d.op == OP_LOOP) {
				add_loop(place);
				place += 1 + d.dim[LOOP_BODY];
			} else {
				add_step(op_at(place++));
			}
		}
		launch_pieces();
	}
};

} // namespace

gmel_cuda_plan *gmel_cuda_plan_new(const gmel_cuda_program *program) {
	gmel_cuda_plan *p = new (std::nothrow) gmel_cuda_plan;
	if (!p) return NULL;
	try {
		p->mark = program->mark, p->number = program->number, p->copies = program->copies;
		builder{program, p}.build();
	} catch (const std::bad_alloc &) {
		delete p;
		return NULL;
	}
	return p;
}

void gmel_cuda_plan_free(gmel_cuda_plan *p) { delete p; }

int64_t gmel_cuda_plan_scratch(const gmel_cuda_plan *p) { return p->local + p->shared + p->copies; }

int64_t gmel_cuda_plan_launches(const gmel_cuda_plan *p) { return (int64_t)p->items.size(); }

int64_t gmel_cuda_plan_ops(const gmel_cuda_plan *p, int64_t i) { return (int64_t)p->items[i].ops.size(); }

int64_t gmel_cuda_plan_op(const gmel_cuda_plan *p, int64_t i, int64_t n) { return p->items[i].ops[n]; }

gmel_cuda_shape gmel_cuda_plan_shape(const gmel_cuda_plan *p, int64_t i) {
	const item &it = p->items[i];
	if (it.products) return chain_shape(*it.products);
	if (it.together) return group_shape(*it.together);
	return it.k ? shape_of(it.l, it.k->name, it.k->threads, it.k->loops) : gmel_cuda_shape{};
}

int32_t gmel_cuda_plan_on_host(const gmel_cuda_plan *p, int64_t i) { return p->items[i].world && !p->items[i].world->state; }

// launch_now is a launch of the plan on these memories.
static launch launch_now(launch l, const gmel_cuda_plan *p, int64_t i, float *arena, float *scratch) {
	l.arena = arena, l.local = scratch, l.shared = scratch + p->local, l.copies = scratch + p->local + p->shared;
	l.mark = p->mark, l.number = p->number << 32 | (uint64_t)i;
	return l;
}

int32_t gmel_cuda_enqueue(const gmel_cuda_plan *p, int64_t i, void *stream, float *arena, float *scratch) {
	const item &it = p->items[i];
	if (it.products) {
		chain c = *it.products;
		for (launch &l : c.product) l = launch_now(l, p, i, arena, scratch);
		return chain_enqueue(c, stream);
	}
	if (it.together) {
		group g = *it.together;
		g.common.l = launch_now(g.common.l, p, i, arena, scratch);
		return group_enqueue(g, stream);
	}
	launch l = launch_now(it.l, p, i, arena, scratch);
	if (it.world) return it.world->state ? it.world->environment->enqueue(*it.world, l, stream) : 0;
	return it.k->enqueue(l, stream);
}
