// Package sim is the game: industrial edge devices (IEDs) that decide, slot by
// slot, whether to run a diffusion task themselves or to offload it to one of
// the edge servers (ESs) they see, over a radio and to GPUs that all share.
//
// A Scenario says everything about a game; Worlds steps W copies of it; a Policy
// decides; a Meter counts; Simulate puts them together.
//
// # One slot
//
// Every IED with a task chooses 0 (local) or a candidate ES. n_m IEDs that chose
// ES m share its band equally, each with its whole power on its share B/n_m:
//
//	r_up = B/n_m min(7.4, log2(1 + P_i g n_m / (N0 B)))
//	r_dn = B/n_m min(7.4, log2(1 + P_ES g / (N0 B)))       (the ES splits its power too)
//	A    = radio backlog + D/r_up                          arrival at the ES
//	s    = max(A, free_m)                                  start, in the order of (slot, A, i)
//	T    = s + X + C/F_m + O/r_dn                          X: model load if not in GPU memory (LRU)
//
// or, local, T = compute backlog + C/f_i. A task that would start at its deadline
// tau or later is not started; one that runs at tau is aborted and has held the
// processor until then; what fails is charged tau. The reward is -T/tau if
// completed and -(1+lambda) if not, 0 without a task. An IED that sends while its
// deadline passes keeps sending. At the end of the slot every backlog loses
// Delta. All times are seconds from the start of the slot.
//
// # Options
//
// A scenario may ask for more, each option documented at its type or file: several GPUs per ES
// (gpu.go), batches (Batch), processor sharing (DisciplineSharing), a cloud tier (Cloud), uplinks
// that interfere (interference.go), Poisson, Markov-modulated or traced arrivals with a queue
// per IED (Arrivals), IEDs that move (Mobility). An option that is left out changes no bit and
// no hash of a scenario.
//
// # Where the model comes from
//
// From the paper (Li et al. 2024, arXiv 2405.02972): who decides what, tasks with
// a size, GPU cycles and a tolerable time, and the objective, total latency. Its
// equations and numbers could not be obtained.
//
// From 3GPP TR 38.901 (indoor factory): path loss, line-of-sight probability,
// shadowing, the Rician K factor; noise figures; from TS 38.214 the cap of the
// spectral efficiency.
//
// Our own choice: the numbers of tasks, computers and caches; block fading
// (Rayleigh without line of sight, Rician with it, independent from slot to
// slot, floored at -70 dB); OFDMA with equal shares; the deadline rule; a whole
// number of denoising steps; the observation; the energy report (an aborted task
// costs what it ran; radio energy is charged for the whole upload); topologies
// redrawn at every episode, so that results are means over topologies.
// Distances beyond the 600 m of the standard extend its formulas. Rates have a
// floor of 1e-6 bit/s/Hz, where 1 + SNR rounds to 1 in float32.
//
// # Bits
//
// Randomness is counter-based (see the streams in draw.go), so world w of a seed
// is the same whatever is played beside it and on however many threads. The step
// is float32 in one fixed order without fused operations, with its own log2,
// exp2, sin and cos; so a version in another language can give the same bits, and
// a hash of a rollout is a test.
//
// # Two engines
//
// The Go code of this package is the specification. The C engine (world*.h) plays the same
// game, with every option and the same bits, about five times as fast, on SSE2, AVX2 or AVX-512;
// New takes it where the binary has cgo, NewOn forces an engine. A step costs about the same per IED for 10 and for 10,000 IEDs. Outcomes
// of single tasks are recorded unless RecordTasks says no; Bytes is the memory of a game before
// it is made. Arrays of state and outputs lie in one slab whose layout is layout.go. Where a Program runs on a GPU, its kernel
// plays the game from the C engine's own functions, with every option and the same bits (Native).
//
// # Numbers of IEDs
//
// IEDs are alike before a topology is drawn, so their numbers may be chosen afterwards without changing any
// probability. NumberByNearest makes numbers tell where an IED is: those of one ES, and of ESs beside it, follow
// each other, so that a learner can cut a world into neighbourhoods without asking for places.
//
// # Large halls
//
// At the beginning of an episode an IED measures its links. With more than 32 ESs it
// measures the 32 nearest to the middle of its cell of the hall (near.go; C of them if C is
// more), so a reset costs O(A), not O(A M). A farther ES whose shadowing is so good that it
// would be a candidate is left out; up to 32 ESs nobody is.
package sim
