// How a Program becomes a list of launches: ops become pieces, and neighbouring pieces become groups.
#ifndef GMEL_PLAN_CUH
#define GMEL_PLAN_CUH

#include <list>
#include <vector>

#include "chain.cuh"
#include "environment.cuh"
#include "group.cuh"

// item is a launch of the plan: of an op by a kernel of the table, of a chain, of a group, or of an OP_STEP, of which one is
// there.
struct item {
	std::vector<int64_t> ops;
	const kernel *k;
	launch l;
	const gmel_cuda_world *world; // state is NULL where the host plays
	const chain *products;
	const group *together;
};

struct gmel_cuda_plan {
	std::vector<item> items;
	int64_t local = 0, shared = 0, copies = 0; // floats: of all iterations of a loop; of ops; in bf16
	std::list<std::vector<char>> params; // of worlds
	std::list<gmel_cuda_world> worlds;
	std::list<chain> chains;
	std::list<group> groups;
	uint64_t *mark = NULL, number = 0;   // of gmel_cuda_program
};

// piece is a launch that may still join others: of a phase of an op, of a chain, or of a cast.
struct piece {
	item it;
	int64_t place;      // of the op in the order; NO_PLACE for a cast
	bool whole_op;      // it is the only piece of its op
	bool beside_before; // it touches nothing that the pieces since the last one without this mark write, and they nothing of it
};

enum { NO_PLACE = -2 }; // next to no other place

// pieces are consecutive launches, outside of loops or of a body.
struct pieces {
	const gmel_cuda_program *program;
	gmel_cuda_plan *plan;
	std::vector<piece> list;

	// launch_all appends the launches of the pieces to the plan, as many in a group as possible, and forgets the pieces.
	void launch_all();

private:
	typedef bool (pieces::*test)(size_t i) const;
	size_t run(size_t from, test first, test next) const;
	bool marked(size_t i, uint8_t mark) const;
	bool groupable(size_t i) const;
	bool small(size_t i) const;
	bool single(size_t i) const;
	bool divisible(size_t i) const;
	bool by_rows(size_t i) const;
	bool beside(size_t i) const;
	size_t launch_some(size_t from);
	void launch_group(size_t from, size_t to, bool side_by_side, bool by_rows);
	void set_rows(group &g, size_t from, size_t to) const;
};

#endif
