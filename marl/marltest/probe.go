package marltest

import (
	"testing"

	"github.com/gmel-go/gmel/marl"
)

// OnPolicyProbes are small games whose values and policies are known: a constant reward, one that shows in
// the observation, a delayed one, a time limit, one that depends on the action, and a joint one. tiny returns a
// configuration for a number of updates; values returns the trained critic's V(o) of the agents of one world.
func OnPolicyProbes(t *testing.T, tiny func(updates int) marl.Config, values func(t *testing.T, tr *marl.Trainer, obs ...float32) []float64) {
	t.Helper()
	Compiled(t)
	one := func(r []float32, _ float32, _ int, _ []int32) { Everyone(r, 1) }

	tr := Solve(t, tiny(320), Rules{Agents: 1, Obs: 1, Actions: 1, Length: 1, Reward: one})
	Near(t, "constant: V", values(t, tr, 0)[0], 1, 0.05)

	tr = Solve(t, tiny(480), Rules{
		Agents: 1, Obs: 1, Actions: 1, Length: 1, Start: Sign, Observe: showState,
		Reward: func(r []float32, s float32, _ int, _ []int32) { Everyone(r, s) },
	})
	Near(t, "observed: V(-1)", values(t, tr, -1)[0], -1, 0.1)
	Near(t, "observed: V(+1)", values(t, tr, 1)[0], 1, 0.1)

	tr = Solve(t, tiny(640), Rules{
		Agents: 1, Obs: 1, Actions: 1, Length: 2,
		Observe: func(o []float32, _ int, _ float32, step int) { o[0] = float32(step) },
		Reward:  func(r []float32, _ float32, step int, _ []int32) { Everyone(r, float32(step)) },
	})
	Near(t, "delayed: V(0)", values(t, tr, 0)[0], 0.9, 0.1)
	Near(t, "delayed: V(1)", values(t, tr, 1)[0], 1, 0.1)

	c := tiny(960)
	c.Gamma = 0.5
	tr = Solve(t, c, Rules{Agents: 1, Obs: 1, Actions: 1, Length: 3, Limit: true, Reward: one})
	Near(t, "time limit: V", values(t, tr, 0)[0], 2, 0.1)

	tr = Solve(t, tiny(640), Choice())
	Near(t, "action: pi(1)", Policy(t, tr, 0).At(0, 1), 1, 0.05)

	tr = Solve(t, tiny(1280), Meeting())
	Near(t, "joint: pi(0 | -1)", Policy(t, tr, -1).At(0, 0), 1, 0.05)
	Near(t, "joint: pi(1 | +1)", Policy(t, tr, 1).At(0, 1), 1, 0.05)
	Near(t, "joint: V(+1)", values(t, tr, 1, 1)[0], 1, 0.15)
}

// ActorProbes are the games of ValueProbes in which an actor must choose.
func ActorProbes(t *testing.T, tiny func(updates int) marl.Config) {
	t.Helper()
	Compiled(t)
	tr := Solve(t, tiny(400), Choice())
	Near(t, "action: pi(1)", Policy(t, tr, 0).At(0, 1), 1, 0.05)
	tr = Solve(t, tiny(1200), Meeting())
	Near(t, "joint: pi(0 | -1)", Policy(t, tr, -1).At(0, 0), 1, 0.05)
	Near(t, "joint: pi(1 | +1)", Policy(t, tr, 1).At(0, 1), 1, 0.05)
}

// showState is an observation of the state.
func showState(o []float32, _ int, s float32, _ int) { o[0] = s }

// Choice is a game of one agent, which is paid -1 for action 0 and 1 for action 1.
func Choice() Rules {
	return Rules{
		Agents: 1, Obs: 1, Actions: 2, Length: 1,
		Reward: func(r []float32, _ float32, _ int, a []int32) { Everyone(r, float32(2*a[0]-1)) },
	}
}

// Meeting is a game of two agents who see a sign and are paid 1 if both answer with its action, else 0.
func Meeting() Rules {
	return Rules{
		Agents: 2, Obs: 1, Actions: 2, Length: 1, Start: Sign, Observe: showState,
		Reward: func(r []float32, s float32, _ int, a []int32) {
			right := int32((s + 1) / 2)
			Everyone(r, 0)
			if a[0] == right && a[1] == right {
				Everyone(r, 1)
			}
		},
	}
}

// HalfBlind is a game in which agent 0 sees the state s = -1 or +1 and agent 1 sees nothing. Both get s, and agent 1
// a tenth of its action besides. A critic of all observations knows the value of agent 1, s plus what its policy
// gains; to one of its own observation the state is noise of variance 1.
func HalfBlind() Rules {
	return Rules{
		Agents: 2, Obs: 1, Actions: 2, Length: 1, Start: Sign,
		Observe: func(o []float32, agent int, s float32, _ int) { o[0] = s * float32(1-agent) },
		Reward:  func(r []float32, s float32, _ int, a []int32) { r[0], r[1] = s, s+float32(a[1])/10 },
	}
}

// BlindError is the mean squared error of the value of agent 1 of HalfBlind in the last rollout of an on-policy trainer.
func BlindError(t *testing.T, tr *marl.Trainer) (sum float64) {
	t.Helper()
	table := func(name string) []float32 {
		x, ok := tr.Workshop().Layout.Lookup(marl.RolloutPrefix + name)
		if !ok {
			t.Fatalf("no table %s", name)
		}
		return Get(t, tr, x)
	}
	reward, value := table("reward"), table("value")
	for i := 1; i < len(reward); i += 2 {
		e := float64(reward[i] - value[i])
		sum += e * e / float64(len(reward)/2)
	}
	return sum
}
