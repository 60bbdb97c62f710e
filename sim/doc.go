// Package sim is the game. In every slot, industrial edge devices (IEDs) decide
// whether to run a diffusion task themselves or to offload it to one of their
// candidate edge servers (ESs). They share the radio and the GPUs of the ESs.
//
// A Scenario is the configuration of a game. Worlds steps W copies of it. A
// Policy chooses actions, a Meter collects statistics, and Simulate runs them
// together. Policies names the heuristics, References the policies that know more than an IED can.
//
// # One slot
//
// Every IED with a task chooses 0 (local) or a candidate ES. The n_m IEDs that
// choose ES m share its band equally. Each puts its whole power on its share
// B/n_m:
//
//	r_up = B/n_m min(7.4, log2(1 + P_i g n_m / (N0 B)))
//	r_dn = B/n_m min(7.4, log2(1 + P_ES g / (N0 B)))       (the ES splits its power too)
//	A    = radio backlog + D/r_up                          arrival at the ES
//	s    = max(A, free_m)                                  start, in the order of (slot, A, i)
//	T    = s + X + C/F_m + O/r_dn                          X: model load if not in GPU memory (LRU)
//
// or, if local, T = compute backlog + C/f_i. A task that would start at its
// deadline tau or later is not started. A task that still runs at tau is aborted;
// it has occupied the processor until then. A failed task is charged tau. The
// reward is -T/tau for a completed task, -(1+lambda) for a failed one and 0
// without a task. An IED that is sending when its deadline passes keeps sending.
// At the end of the slot every backlog decreases by Delta. All times are seconds
// from the start of the slot.
//
// # Options
//
// A scenario can switch on options. Each is documented at its type or file: several GPUs per ES
// (gpu.go), batches (Batch), processor sharing (DisciplineSharing), a cloud tier (Cloud), uplinks
// that interfere (interference.go), Poisson, Markov-modulated or traced arrivals with a queue
// per IED (Arrivals), windows of a long trace (Window), IEDs at explicit positions or in hot spots (place.go),
// ESs with a coverage radius (coverage.go), grants that take time (message.go), IEDs that move (Mobility), services that were measured (Service), whose level IEDs choose (level.go). An option that is off changes no
// bit and no hash of a scenario.
//
// # Where the model comes from
//
// From the paper (Li et al. 2024, arXiv 2405.02972): the decisions of the IEDs;
// tasks with a size, GPU cycles and a tolerable time; the objective, total
// latency. Its equations and numbers could not be obtained.
//
// From 3GPP TR 38.901 (indoor factory, or urban streets): path loss, line-of-sight probability,
// shadowing, the Rician K factor, noise figures. From TS 38.214: the cap of the
// spectral efficiency.
//
// Our own choices: the numbers of tasks, computers and caches; block fading
// (Rayleigh without line of sight, Rician with it, independent from slot to
// slot, floored at -70 dB); OFDMA with equal shares; the deadline rule; a whole
// number of denoising steps; the observation; the energy report (an aborted task
// costs the energy until its abort; radio energy is charged for the whole
// upload); topologies redrawn at every episode, so that results are means over
// topologies.
// Distances beyond the 600 m (in streets 5 km) of the standard extend its formulas. Rates have a
// floor of 1e-6 bit/s/Hz, where 1 + SNR rounds to 1 in float32.
//
// # Bits
//
// Randomness is counter-based (see the streams in draw.go). So world w of a seed
// does not depend on the other worlds or on the number of threads. The step
// computes in float32, in one fixed order without fused operations, with its own
// log2, exp2, sin and cos. So a version in another language can give the same
// bits, and the hash of a rollout is a test.
//
// # Two engines
//
// The Go code of this package is the specification. The C engine (package engine) plays the same
// game, with every option and the same bits, about five times as fast, on SSE2, AVX2 or AVX-512;
// New takes it where the binary has cgo, NewOn forces an engine. A step costs about the same per IED for 10 and for 10,000 IEDs. Outcomes
// of single tasks are recorded unless RecordTasks says no; Bytes is the memory of a game before
// it is made. Arrays of state and outputs lie in one slab whose layout is layout.go. Where a Program runs on a GPU, its kernel
// plays the game from the C engine's own functions, with every option and the same bits (Native).
//
// # Numbers of IEDs
//
// IEDs are exchangeable before a topology is drawn, so numbering them afterwards changes no
// probability. With NumberByNearest the numbers reflect positions: IEDs of one ES, and of neighbouring
// ESs, have consecutive numbers. A learner can then split a world into neighbourhoods without knowing
// positions.
//
// # Large halls
//
// At the beginning of an episode an IED measures its links. In a hall with more than 32 ESs it
// measures only 32 (C of them if C is larger), and its C nearest are always among them (near.go). They
// are the nearest to the middle of its cell of the hall, or to itself where ESs are crowded. So a reset
// costs O(A), or O(A log M), not O(A M). Another ES is never a candidate, even if its shadowing is so
// good that it would be. With at most 32 ESs every ES is measured.
package sim
