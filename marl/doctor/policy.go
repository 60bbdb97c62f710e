package doctor

import (
	"fmt"
	"math"
	"slices"
)

// Thresholds of rules about what the policy does. A rise is the difference between the first and the best score of the greedy policy.
const (
	oneShare     = 0.98 // of the tasks: the policy is a constant, as in the warning of the final table
	goneShare    = 0.05 // of ln(actions): the entropy is gone
	goneBefore   = 1. / 3
	staysShare   = 0.9 // of ln(actions), in the last quarter: the policy hardly differs from a uniform one
	leastReports = 4   // in a part of the run, to judge it

	worseShare   = 0.05 // of the rise that the last evaluation is below the best one
	sampledShare = 0.05 // of the rise that greedy is below sampled
	risingShare  = 0.05 // of the rise in the last fifth of the run
	risingPart   = 0.8
	leastScores  = 5 // evaluations
)

// oneAction finds a policy that has become a constant.
func oneAction(e *evidence) *Finding {
	if len(e.greedy) == 0 {
		return nil
	}
	last := e.greedy[len(e.greedy)-1]
	for a := range e.choices() {
		share := last.Values[fmt.Sprintf("share_action_%d", a)]
		if last.Update == 0 || share < oneShare {
			continue
		}
		to := a % e.destinations()
		what := fmt.Sprintf("The policy sends %.1f %% of the tasks to candidate %d alone", 100*share, to)
		if to == 0 {
			what = fmt.Sprintf("The policy computes %.1f %% of the tasks locally", 100*share)
		}
		return &Finding{
			What: what + fmt.Sprintf(" (greedy, update %d).", last.Update),
			Try: append(e.tries([2]string{"raise %s, so that it explores longer", "alpha"}, [2]string{"raise %s, so that it explores longer", "epsilon_share"}),
				"play the constants local and nearest by gmel simulate: if one is the best heuristic, the scenario leaves nothing to choose"),
		}
	}
	return nil
}

// entropyGone finds a policy that stopped exploring in the first third of the run.
func entropyGone(e *evidence) *Finding {
	n := e.choices()
	if n < 2 {
		return nil
	}
	for _, line := range e.training {
		v, there := line.Values["entropy"]
		if early := float64(line.Update) <= goneBefore*float64(e.past.Config.Train.Updates); there && early && v < goneShare*math.Log(float64(n)) {
			return &Finding{
				What: fmt.Sprintf("The entropy of the policy is %.3g at update %d, in the first third of the run: it has stopped exploring.", v, line.Update),
				Try:  e.tries([2]string{"raise %s", "alpha"}, [2]string{"lower %s", "lr_actor"}),
			}
		}
	}
	return nil
}

// entropyStays finds a policy that is still nearly uniform in the last quarter.
func entropyStays(e *evidence) *Finding {
	n, x := e.choices(), e.values("entropy", 0.75, 1)
	if n < 2 || len(x) < leastReports || mean(x) < staysShare*math.Log(float64(n)) {
		return nil
	}
	return &Finding{
		What: fmt.Sprintf("The entropy of the policy is still %.3g in the last quarter of the run, and a uniform one has %.3g: it hardly prefers anything.", mean(x), math.Log(float64(n))),
		Try:  e.tries([2]string{"lower %s", "alpha"}, [2]string{"lower %s", "alpha_final"}, [2]string{"raise %s", "lr_actor"}),
	}
}

// belowHeuristic finds a final table in which the best heuristic has the better score, and the interval of the paired difference says so.
func belowHeuristic(e *evidence) *Finding {
	t := e.past.Table
	if t == nil || len(t.Differences) == 0 || len(t.Differences[len(t.Differences)-1].Scores) == 0 {
		return nil
	}
	d := t.Differences[len(t.Differences)-1]
	s := d.Scores[0]
	if !(s.Mean < 0) || !s.ExcludesZero() {
		return nil
	}
	return &Finding{
		What: fmt.Sprintf("The final policy is worse than the heuristic %s: %s %s, on the same episodes.", d.Against, s.Title, s.Text(s.Digits)),
		Try: append(e.tries([2]string{"train longer: raise %s", "updates"}),
			"look at the other findings first; if there are none, compare seeds and algorithms by gmel sweep and gmel compare"),
	}
}

// rise is how much the score of the greedy policy has risen at its best, and the scores; 0 with fewer than leastScores.
func (e *evidence) rise() (rise float64, updates []int, x []float64) {
	updates, x = e.scores(e.greedy)
	if len(x) < leastScores {
		return 0, nil, nil
	}
	return slices.Max(x) - x[0], updates, x
}

// gotWorse finds a last evaluation that is well below an earlier one.
func gotWorse(e *evidence) *Finding {
	rise, updates, x := e.rise()
	if rise <= 0 {
		return nil
	}
	best := slices.Index(x, slices.Max(x))
	last := len(x) - 1
	if x[best]-x[last] <= worseShare*rise {
		return nil
	}
	return &Finding{
		What: fmt.Sprintf("The greedy policy was better before: %s %.*f at update %d, %.*f at update %d.",
			e.score.Title, e.score.Digits, x[best], updates[best], e.score.Digits, x[last], updates[last]),
		Try: e.tries([2]string{"lower %s", "lr_actor"}, [2]string{"lower %s", "lr_critic"}, [2]string{"lower %s", "lr"}, [2]string{"lower %s, so that the rates of learning end lower", "lr_final"}),
	}
}

// greedyBelowSampled finds a policy that is undecided between equals.
func greedyBelowSampled(e *evidence) *Finding {
	rise, _, x := e.rise()
	_, sampled := e.scores(e.sampled)
	if rise <= 0 || len(sampled) == 0 || sampled[len(sampled)-1]-x[len(x)-1] <= sampledShare*rise {
		return nil
	}
	return &Finding{
		What: fmt.Sprintf("Greedy play is far below sampled play at the end: %s %.*f and %.*f. The policy is undecided between equals.",
			e.score.Title, e.score.Digits, x[len(x)-1], e.score.Digits, sampled[len(sampled)-1]),
		Try: e.tries([2]string{"lower %s", "alpha_final"}, [2]string{"train longer: raise %s", "updates"}),
	}
}

// stillRising finds a finished run whose score still grew in its last fifth.
func stillRising(e *evidence) *Finding {
	rise, updates, x := e.rise()
	if rise <= 0 || !e.ended() {
		return nil
	}
	before := 0 // the last evaluation of the first four fifths
	for i, u := range updates {
		if float64(u) <= risingPart*float64(e.past.Config.Train.Updates) {
			before = i
		}
	}
	if gain := x[len(x)-1] - x[before]; gain <= risingShare*rise {
		return nil
	}
	return &Finding{
		What: fmt.Sprintf("The greedy policy was still getting better when the run ended: %s %.*f at update %d, %.*f at update %d.",
			e.score.Title, e.score.Digits, x[before], updates[before], e.score.Digits, x[len(x)-1], updates[len(x)-1]),
		Try: e.tries([2]string{"train longer: raise %s in a new run", "updates"}),
	}
}
