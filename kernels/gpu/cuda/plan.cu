#include <list>
#include <new>
#include <vector>

#include "chain.cuh"
#include "environment.cuh"

#define CHOOSE(name) name##_kernel,
#define CHOOSE_BY_PRECISION(name) {name##_fp32_kernel, name##_tf32_kernel, name##_bf16_kernel},

const kernel *kernel_for(launch &l, int precision) {
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
	return l;
}

uint32_t gmel_cuda_missing(const desc *descs, int64_t count) {
	for (int64_t i = 0; i < count; i++) {
		launch l = launch_of(descs[i]);
		if (l.d.op != OP_STEP && l.d.op != OP_LOOP && !kernel_for(l, GMEL_FP32)) return l.d.op;
	}
	return OP_NONE;
}

// item is a launch of the plan: of an op by a kernel of the table, of a chain, or of an OP_STEP, of which one is there.
struct item {
	const kernel *k;
	int64_t op;
	launch l;
	const gmel_cuda_world *world; // state is NULL where the host plays
	const chain *products;        // the first of which is op
};

struct gmel_cuda_plan {
	std::vector<item> items;
	int64_t local = 0, shared = 0; // floats: of all iterations of a loop; of one op
	std::list<std::vector<char>> params; // of worlds
	std::list<gmel_cuda_world> worlds;
	std::list<chain> chains;
	uint64_t *mark = NULL, number = 0;   // of gmel_cuda_program
};

namespace {

int64_t aligned(int64_t floats) { return ceil_div(floats, 64) * 64; }

// builder makes the launches of a program.
struct builder {
	const gmel_cuda_program *program;
	gmel_cuda_plan *plan;

	void add(int64_t op, launch l) {
		const kernel *k = kernel_for(l, program->precision);
		l.shared_size = aligned(k->shared(l.d));
		plan->shared = larger(plan->shared, l.shared_size * l.iterations);
		for (l.phase = 0; l.phase < k->phases; l.phase++) {
			launch at = l;
			at.tasks = k->tasks(l.d, l.phase);
			at.by_segment = l.m.sum && l.phase == k->phases - 1 && l.units == l.iterations;
			if (at.by_segment) at.units = l.segments;
			if (at.tasks > 0) plan->items.push_back({k, op, at, NULL, NULL});
		}
	}

	void add_step(int64_t op) {
		gmel_cuda_world w = {};
		if (program->worlds) w = program->worlds[program->descs[op].dim[STEP_ENVIRONMENT]];
		plan->params.push_back(std::vector<char>((const char *)w.params, (const char *)w.params + w.params_bytes));
		w.params = plan->params.back().data();
		plan->worlds.push_back(w);
		plan->items.push_back({NULL, op, launch_of(program->descs[op]), &plan->worlds.back(), NULL});
	}

	int64_t op_at(int64_t place) const { return program->order ? program->order[place] : place; }
	bool marked(int64_t place, uint8_t mark) const { return program->order && (program->marks[place] & mark) != 0; }

	// launch_at is the launch of the op at a place; like is one of another op of the same loop.
	launch launch_at(int64_t place, const launch &like, bool in_loop) const {
		launch l = like;
		l.d = program->descs[op_at(place)];
		if (in_loop) l.m = program->moves[op_at(place)];
		return l;
	}

	// place_ops makes the launches of the op at a place, or of the chain that begins there, and returns the next place.
	int64_t place_ops(int64_t place, const launch &like, bool in_loop) {
		if (!marked(place, GMEL_ON_CHIP)) {
			add(op_at(place), launch_at(place, like, in_loop));
			return place + 1;
		}
		int64_t first = op_at(place);
		chain c = {};
		do {
			if (!marked(place, GMEL_UNREAD)) c.stored |= 1u << c.products;
			c.product[c.products++] = launch_at(place, like, in_loop);
		} while (marked(place++, GMEL_ON_CHIP));
		plan->chains.push_back(c);
		plan->items.push_back({NULL, first, c.product[0], NULL, &plan->chains.back()});
		return place;
	}

	// add_loop makes launches over all iterations at once, or one launch per iteration if they depend
	// on each other.
	void add_loop(int64_t header) {
		const desc &d = program->descs[header];
		int64_t iterations = d.dim[LOOP_ITERATIONS], rounds = program->in_order[header] ? iterations : 1;
		plan->local = larger(plan->local, aligned(program->local) * iterations);
		launch l = launch_of(d);
		l.iterations = iterations, l.segments = d.dim[LOOP_SEGMENTS];
		l.local_size = aligned(program->local), l.units = iterations / rounds;
		for (l.first = 0; l.first < rounds; l.first++)
			for (int64_t place = header + 1; place <= header + d.dim[LOOP_BODY];) place = place_ops(place, l, true);
	}

	void build() {
		for (int64_t place = 0; place < program->count;) {
			const desc &d = program->descs[op_at(place)];
			if (d.op == OP_LOOP) {
				add_loop(place);
				place += 1 + d.dim[LOOP_BODY];
			} else if (d.op == OP_STEP) {
				add_step(place++);
			} else {
				place = place_ops(place, launch_of(d), false);
			}
		}
	}
};

} // namespace

gmel_cuda_plan *gmel_cuda_plan_new(const gmel_cuda_program *program) {
	gmel_cuda_plan *p = new (std::nothrow) gmel_cuda_plan;
	if (!p) return NULL;
	try {
		p->mark = program->mark, p->number = program->number;
		builder{program, p}.build();
	} catch (const std::bad_alloc &) {
		delete p;
		return NULL;
	}
	return p;
}

void gmel_cuda_plan_free(gmel_cuda_plan *p) { delete p; }

int64_t gmel_cuda_plan_scratch(const gmel_cuda_plan *p) { return p->local + p->shared; }

int64_t gmel_cuda_plan_launches(const gmel_cuda_plan *p) { return (int64_t)p->items.size(); }

int64_t gmel_cuda_plan_op(const gmel_cuda_plan *p, int64_t i) { return p->items[i].op; }

int64_t gmel_cuda_plan_ops(const gmel_cuda_plan *p, int64_t i) { return p->items[i].products ? p->items[i].products->products : 1; }

int32_t gmel_cuda_plan_on_host(const gmel_cuda_plan *p, int64_t i) { return p->items[i].world && !p->items[i].world->state; }

// launch_now is a launch of the plan on these memories.
static launch launch_now(launch l, const item &it, const gmel_cuda_plan *p, float *arena, float *scratch) {
	l.arena = arena, l.local = scratch, l.shared = scratch + p->local;
	uint64_t ops = it.products ? (uint64_t)it.products->products : 1;
	l.mark = p->mark, l.number = p->number << 32 | ops << 28 | (uint64_t)it.op;
	return l;
}

int32_t gmel_cuda_enqueue(const gmel_cuda_plan *p, int64_t i, void *stream, float *arena, float *scratch) {
	const item &it = p->items[i];
	if (it.products) {
		chain c = *it.products;
		for (launch &l : c.product) l = launch_now(l, it, p, arena, scratch);
		return chain_enqueue(c, stream);
	}
	launch l = launch_now(it.l, it, p, arena, scratch);
	if (it.world) return it.world->state ? it.world->environment->enqueue(*it.world, l, stream) : 0;
	return it.k->enqueue(l, stream);
}
