package kernels

// Ops without arithmetic: control flow and environments.
const (
	// OpLoop runs its body, the ops that follow it, once for every iteration. Their arguments move
	// from iteration to iteration; see [Step]. Dim: body (ops), iterations, segments.
	OpLoop Op = 10

	// OpStep: one slot of Program.Environments[env]; see [Slot]. Not allowed in a loop.
	// Arg: act, obs, mask, nextObs, nextMask, reward, active, ended. Dim: env, W, A, O, U, P (privileged).
	OpStep Op = 38
)

var controlOps = family{
	OpLoop: {
		Name: "loop", Dims: []string{"body", "iterations", "segments"},
		Rows: uncut,
	},
	OpStep: {
		Name: "step", Dims: []string{"env", "W", "A", "O", "U", "P"}, Rare: 1,
		Args: []ArgSpec{
			in("act", prod(1, 2)), out("obs", stepObs), out("mask", prod(1, 2, 4)), out("nextObs", stepObs),
			out("nextMask", prod(1, 2, 4)), out("reward", prod(1, 2)), out("active", prod(1, 2)), out("ended", prod(1, 2)),
		},
		Rows: uncut,
	},
}

// stepObs is the size of obs and nextObs: [W, A, O], and then [W, A, P].
func stepObs(d *Desc) int64 {
	return mul(mul(d.Dim[StepWorlds], d.Dim[StepAgents]), plus(d.Dim[StepObs], d.Dim[StepPrivileged]))
}
