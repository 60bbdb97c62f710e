#include "plan.cuh"

namespace {

enum { SMALL = 2048, BLOCK_PART = 1024 }; // elements of an iteration that one block runs in turn; elements of a block of rows

int64_t elements(const piece &p) {
	int64_t n = p.it.k->elements(p.it.l.d);
	return n >= 0 ? n : p.it.l.tasks * SMALL;
}

} // namespace

// marked reports whether the op of piece i has a mark about the op after it.
bool pieces::marked(size_t i, uint8_t mark) const {
	return program->order && list[i].place + 1 == list[i + 1].place && (program->marks[list[i].place] & mark) != 0;
}

bool pieces::groupable(size_t i) const {
	const item &it = list[i].it;
	return program->order && it.k && group_has(it.l.d) && it.k->grouped_from <= larger(0, it.l.phase);
}

// small reports whether one block can run the piece for an iteration, after others. Casts are not with other ops.
bool pieces::small(size_t i) const { return groupable(i) && list[i].it.l.d.op != OP_CAST && !list[i].it.l.by_segment && elements(list[i]) <= SMALL; }

// single reports whether the piece is an op that may stand beside others.
bool pieces::single(size_t i) const { return groupable(i) && (list[i].whole_op || list[i].it.l.by_segment); }

bool pieces::divisible(size_t i) const { return groupable(i) && list[i].place != NO_PLACE && list[i].whole_op && list[i].it.k->elements(list[i].it.l.d) >= 0; }

bool pieces::by_rows(size_t i) const { return divisible(i) && marked(i - 1, GMEL_BY_ROWS); }

bool pieces::beside(size_t i) const { return single(i) && (list[i].beside_before || (list[i].whole_op && marked(i - 1, GMEL_BESIDE))); }

// run is the number of pieces from one on of which the first passes a test and the others another.
size_t pieces::run(size_t from, test first, test next) const {
	if (!(this->*first)(from)) return 0;
	size_t to = from + 1;
	while (to < list.size() && (this->*next)(to)) to++;
	return to - from;
}

void pieces::launch_all() {
	for (size_t i = 0; i < list.size();) i = launch_some(i);
	list.clear();
}

// launch_some launches the piece at from, with as many after it as possible, and returns the piece after these.
size_t pieces::launch_some(size_t from) {
	size_t in_turn = run(from, &pieces::small, &pieces::small), rows = run(from, &pieces::divisible, &pieces::by_rows);
	size_t side = run(from, &pieces::single, &pieces::beside), most = larger(larger(in_turn, rows), larger(side, 1));
	if (most == 1) plan->items.push_back(list[from].it);
	else if (side == most) launch_group(from, from + most, true, false);
	else launch_group(from, from + most, false, rows == most);
	return from + most;
}

// launch_group launches pieces in as few groups as have room for them.
void pieces::launch_group(size_t from, size_t to, bool side_by_side, bool by_rows) {
	while (from < to) {
		group g;
		item it = list[from].it;
		g.begin(it.l);
		g.side_by_side = side_by_side;
		it.ops.clear();
		size_t at = from;
		for (; at < to; at++) {
			launch l = list[at].it.l;
			l.tasks = group_tasks(l, *list[at].it.k);
			if (!g.add(l)) break;
			it.ops.push_back(list[at].it.ops[0]);
		}
		if (by_rows) set_rows(g, from, at);
		if (at > from + 1) {
			plan->groups.push_back(g);
			it.k = NULL, it.together = &plan->groups.back();
		} else {
			it = list[from].it;
		}
		plan->items.push_back(it);
		from = at;
	}
}

// set_rows divides the rows of an iteration among blocks.
void pieces::set_rows(group &g, size_t from, size_t to) const {
	int64_t most = 1;
	for (size_t i = from; i < to; i++) most = larger(most, elements(list[i]));
	g.rows = program->rows[list[from].place], g.rows_by = reciprocal_of(g.rows);
	g.rows_each = larger(1, g.rows * BLOCK_PART / most);
}
