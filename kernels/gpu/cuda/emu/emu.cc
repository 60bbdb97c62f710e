#include "emu.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <string>
#include <vector>

// A fiber has a stack and the stack pointer at which it was left.
#if defined(__x86_64__)
extern "C" void gmel_emu_switch(void **save, void *load);
asm(R"(
.text
.globl gmel_emu_switch
.hidden gmel_emu_switch
.type gmel_emu_switch, @function
gmel_emu_switch:
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	ret
.size gmel_emu_switch, .-gmel_emu_switch
)");
#endif

namespace emu {

bool large_device = false;

place here;

static void fail(const char *what) {
	fprintf(stderr, "emulated CUDA: %s (block %u, thread %u)\n", what, here.block.x, here.thread.x);
	abort();
}

enum state { READY, AT_BARRIER, IN_WARP, DONE };

struct copy {
	float *to;
	const float *from;
	int bytes, size, group;
};

struct fiber {
	state at = DONE;
	unsigned index = 0;
	uint32_t value = 0, mask = 0; // arguments of the warp function that it waits in
	uint32_t *result = nullptr;   // the 32 values of the warp when all lanes had arrived
	char *stack = nullptr;
	std::vector<copy> copies; // begun, but not done
	int groups = 0;           // of copies, closed
#if defined(__x86_64__)
	void *pointer = nullptr;
#else
	ucontext_t context;
#endif
};

enum { STACK = 128 << 10, WARP = 32, MOST_THREADS = 1024 };

static std::vector<fiber> fibers;
static fiber *current;
static const std::function<void()> *work;
static int order_of_threads = EMU_FORWARD;
static uint32_t exchanged[MOST_THREADS / WARP][WARP];

#if defined(__x86_64__)
static void *scheduler;
static void leave() { gmel_emu_switch(&current->pointer, scheduler); }
static void resume(fiber &f) { gmel_emu_switch(&scheduler, f.pointer); }
#else
static ucontext_t scheduler;
static void leave() { swapcontext(&current->context, &scheduler); }
static void resume(fiber &f) { swapcontext(&scheduler, &f.context); }
#endif

static void entry() {
	(*work)();
	current->at = DONE;
	leave();
	abort(); // a finished fiber is not resumed
}

static void start(fiber &f, unsigned index) {
	if (!f.stack) {
		f.stack = (char *)mmap(nullptr, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (f.stack == MAP_FAILED) fail("no memory for stacks");
	}
	f.at = READY, f.index = index, f.groups = 0, f.copies.clear();
#if defined(__x86_64__)
	void **top = (void **)(f.stack + STACK) - 1; // so that entry finds the stack as after a call
	*--top = (void *)entry;
	for (int i = 0; i < 6; i++) *--top = nullptr;
	f.pointer = top;
#else
	getcontext(&f.context);
	f.context.uc_stack.ss_sp = f.stack, f.context.uc_stack.ss_size = STACK, f.context.uc_link = nullptr;
	makecontext(&f.context, entry, 0);
#endif
}

static uint3 coordinates(unsigned i, dim3 size) { return {i % size.x, i / size.x % size.y, i / size.x / size.y}; }

static void go_on(fiber &f) {
	current = &f;
	here.thread = coordinates(f.index, here.size);
	resume(f);
}

void *dynamic_shared() {
	alignas(16) static char memory[228 << 10];
	return memory;
}

unsigned lane() { return current->index % WARP; }

void copy_later(float *to, const float *from, int bytes, int size) {
	if (!current) fail("an asynchronous copy in a kernel that is declared without barriers");
	if (bytes < 0 || bytes > size || (uintptr_t)to % size || (uintptr_t)from % size) fail("an asynchronous copy of a wrong size or place");
	current->copies.push_back({to, from, bytes, size, current->groups});
}

// finish does the copies of the groups before one.
static void finish(int group) {
	auto &all = current->copies;
	size_t n = 0;
	while (n < all.size() && all[n].group < group) n++;
	for (size_t i = 0; i < n; i++) {
		memset(all[i].to, 0, all[i].size);
		memcpy(all[i].to, all[i].from, all[i].bytes);
	}
	all.erase(all.begin(), all.begin() + n);
}

void copies_done() { finish(current->groups + 1); }
void close_copies() { current->groups++; }
void wait_copies(int n) { finish(current->groups - n); }

struct used_site {
	std::string name;
	int64_t uses;
};
static std::vector<used_site> sites;
static int left_out = -1;

site::site(const char *file, int line) {
	const char *base = strrchr(file, '/');
	std::string name = std::string(base ? base + 1 : file) + ":" + std::to_string(line);
	for (number = 0; number < (int)sites.size(); number++)
		if (sites[number].name == name) return;
	sites.push_back({name, 0});
}

void barrier(const site &s) {
	if (!current) fail("__syncthreads in a kernel that is declared without");
	sites[s.number].uses++;
	if (s.number == left_out) return;
	current->at = AT_BARRIER;
	leave();
}

static uint32_t block_bits; // the values of all threads at the last barrier, or-ed

int barrier_or(const site &s, int bit) {
	if (current) current->value = (uint32_t)bit;
	barrier(s);
	return s.number == left_out ? bit : (int)block_bits;
}

static uint32_t *meet(uint32_t mask, uint32_t value) {
	if (!current) fail("a warp function in a kernel that is declared without");
	if (!(mask >> lane() & 1)) fail("a lane calls a warp function whose mask lacks it");
	current->at = IN_WARP, current->mask = mask, current->value = value;
	leave();
	return current->result;
}

uint32_t exchange(uint32_t mask, uint32_t value, int from) {
	uint32_t *all = meet(mask, value);
	if (!(mask >> from & 1)) fail("a shuffle reads from a lane outside the mask");
	return all[from];
}

void all_lanes(uint32_t value, uint32_t (&of)[32]) { memcpy(of, meet(0xffffffffu, value), sizeof of); }

uint32_t ballot(uint32_t mask, bool bit) {
	uint32_t *all = meet(mask, bit), bits = 0;
	for (int l = 0; l < WARP; l++)
		if (mask >> l & 1) bits |= (all[l] & 1) << l;
	return bits;
}

// release resumes the lanes of a warp that wait for each other; false if there are none.
static bool release(unsigned first, unsigned end) {
	uint32_t mask = 0, waiting = 0;
	for (unsigned i = first; i < end; i++)
		if (fibers[i].at == IN_WARP) {
			if (!mask) mask = fibers[i].mask;
			if (fibers[i].mask == mask) waiting |= 1u << (i - first);
		}
	if (!mask) return false;
	if (end - first < WARP) mask &= (1u << (end - first)) - 1; // lanes that the block does not have
	if (waiting != mask) fail("lanes of a warp function are elsewhere");
	uint32_t *all = exchanged[first / WARP];
	for (unsigned i = first; i < end; i++)
		if (waiting >> (i - first) & 1) all[i - first] = fibers[i].value;
	for (unsigned i = first; i < end; i++)
		if (waiting >> (i - first) & 1) fibers[i].at = READY, fibers[i].result = all;
	return true;
}

static uint32_t seed = 1; // changes with every block

static unsigned shuffled(unsigned i, unsigned n) {
	unsigned step = 2 * (seed >> 8) + 1; // odd: a permutation if n is a power of two
	return (n & (n - 1)) == 0 ? (i * step + (seed >> 16)) % n : n - 1 - i;
}

static unsigned in_order(unsigned i, unsigned n) {
	switch (order_of_threads) {
	case EMU_BACKWARD: return n - 1 - i;
	case EMU_SHUFFLED: return shuffled(i, n);
	}
	return i;
}

// run_warp resumes the threads of a warp until each is done or waits at the barrier of the block.
static void run_warp(unsigned first, unsigned end) {
	do {
		for (unsigned i = 0; i < end - first; i++) {
			fiber &f = fibers[first + in_order(i, end - first)];
			if (f.at == READY) go_on(f);
		}
	} while (release(first, end));
}

// pass runs all threads to their next barrier; true if there was one.
static bool pass(unsigned n) {
	unsigned warps = (n + WARP - 1) / WARP, waiting = 0, done = 0;
	uint32_t bits = 0;
	for (unsigned w = 0; w < warps; w++) {
		unsigned first = in_order(w, warps) * WARP;
		run_warp(first, first + WARP < n ? first + WARP : n);
	}
	for (unsigned i = 0; i < n; i++) {
		waiting += fibers[i].at == AT_BARRIER, done += fibers[i].at == DONE;
		if (fibers[i].at == AT_BARRIER) fibers[i].at = READY, bits |= fibers[i].value;
	}
	block_bits = bits;
	if (waiting > 0 && done > 0) fail("__syncthreads that a part of the block does not reach");
	return waiting > 0;
}

static void run_fibers(unsigned n) {
	if (fibers.size() < n) fibers.resize(n);
	for (unsigned i = 0; i < n; i++) start(fibers[i], i);
	while (pass(n)) {}
	current = nullptr;
}

static void run_plain(unsigned n, const std::function<void()> &body) {
	for (unsigned i = 0; i < n; i++) {
		here.thread = coordinates(in_order(i, n), here.size);
		body();
	}
}

} // namespace emu

void gmel_emu_large_device(int large) { emu::large_device = large != 0; }
void gmel_emu_order(int order) { emu::order_of_threads = order; }
int gmel_emu_sites(void) { return (int)emu::sites.size(); }
const char *gmel_emu_site(int number) { return emu::sites[number].name.c_str(); }
int64_t gmel_emu_site_uses(int number) { return emu::sites[number].uses; }
void gmel_emu_leave_out(int number) { emu::left_out = number; }

int32_t emulate(dim3 grid, dim3 block, bool syncs, const std::function<void()> &body) {
	using namespace emu;
	unsigned n = block.x * block.y * block.z;
	if (n > MOST_THREADS || grid.y > 65535 || grid.z > 65535) fail("a launch that no device takes");
	uint64_t blocks = (uint64_t)grid.x * grid.y * grid.z;
	here.size = block, here.grid = grid, work = &body;
	for (uint64_t i = 0; i < blocks; i++) {
		uint64_t b = order_of_threads == EMU_FORWARD ? i : blocks - 1 - i;
		seed = seed * 1664525u + 1013904223u;
		here.block = {(unsigned)(b % grid.x), (unsigned)(b / grid.x % grid.y), (unsigned)(b / grid.x / grid.y)};
		if (syncs) run_fibers(n);
		else run_plain(n, body);
	}
	return 0;
}
