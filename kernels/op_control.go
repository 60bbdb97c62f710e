package kernels

// Ops without arithmetic: control flow and environments.
const (
	// OpLoop runs its body, the ops that follow it, once for every iteration. Their arguments move
	// from iteration to iteration; see [Step]. Dim: body (ops), iterations, segments.
	OpLoop Op = 10

	// OpStep: one slot of Program.Environments[env]; see [Slot]. Not allowed in a loop.
	// Arg: act, obs, mask, nextObs, nextMask, reward, active, ended. Dim: env, W, A, O, U.
	OpStep Op = 38
)

var controlOps = family{
	OpLoop: {
		Name: "loop", Dims: []string{"body", "iterations", "segments"},
		Rows: uncut,
	},
	OpStep: {
		Name: "step", Dims: []string{"env", "W", "A", "O", "U"},
		Args: []ArgSpec{
			in("act", prod(1, 2)), out("obs", prod(1, 2, 3)), out("mask", prod(1, 2, 4)), out("nextObs", prod(1, 2, 3)),
			out("nextMask", prod(1, 2, 4)), out("reward", prod(1, 2)), out("active", prod(1, 2)), out("ended", prod(1, 2)),
		},
		Rows: uncut,
	},
}
