package doctor

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Thresholds of rules about learning.
const (
	mostUnexplained = 0.95 // of the variance of the targets, in the last quarter: the critic is no better than a constant
	leastExplained  = 0.02 // of the variance of the returns, in the last quarter
	gradientFactor  = 20   // of a norm in the second half over the median of the first
	mostClipped     = 0.3  // of the decisions, in the last half
	mostKL          = 0.05 // nats, in the last half
)

// notFinite finds the first number that is NaN or infinite.
func notFinite(e *evidence) *Finding {
	for _, line := range e.past.Lines {
		for _, name := range slices.Sorted(maps.Keys(line.Values)) {
			if v := line.Values[name]; math.IsNaN(v) || math.IsInf(v, 0) {
				return &Finding{
					What: fmt.Sprintf("%s is %v at update %d (%s).", name, v, line.Update, line.Kind),
					Try: append(e.tries([2]string{"lower %s", "lr_critic"}, [2]string{"lower %s", "lr_actor"}, [2]string{"lower %s", "lr"}, [2]string{"lower %s", "max_norm"}),
						"on a GPU, gmel train --debug names the op whose result is not finite"),
				}
			}
		}
	}
	return nil
}

// valueError finds a critic that is no better than a constant: its error does not fall below the variance of what it is to predict.
func valueError(e *evidence) *Finding {
	what := ""
	if x := e.values("unexplained", 0.75, 1); len(x) >= leastReports && mean(x) > mostUnexplained {
		what = fmt.Sprintf("In the last quarter of the run the critic leaves %.0f %% of the variance of its targets unexplained", 100*mean(x))
	}
	if x := e.values("explained_variance", 0.75, 1); len(x) >= leastReports && mean(x) < leastExplained {
		what = fmt.Sprintf("In the last quarter of the run the critic explains %.0f %% of the variance of the returns", 100*mean(x))
	}
	if what == "" {
		return nil
	}
	try := e.tries([2]string{"raise %s, or lower it if td_error grows", "lr_critic"}, [2]string{"raise %s, or lower it if td_error grows", "lr"},
		[2]string{"lower %s", "polyak"}, [2]string{"raise %s", "epochs"}, [2]string{"raise %s", "worlds"})
	if e.settings["train.normalise_obs"] == "false" {
		try = append(try, "set train.normalise_obs to true")
	}
	return &Finding{What: what + ": it is no better than a constant, and the value error does not fall.", Try: try}
}

// gradients are the norms that the run tells.
func (e *evidence) gradients() (names []string) {
	for _, name := range []string{"grad_norm_critic", "grad_norm_actor", "grad_norm_mixer"} {
		if len(e.values(name, 0, 1)) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// gradientGrows finds a norm in the second half that is many times that of the first.
func gradientGrows(e *evidence) *Finding {
	for _, name := range e.gradients() {
		first, second := e.values(name, 0, 0.5), e.values(name, 0.5, 1)
		if len(first) < leastReports || len(second) == 0 {
			continue
		}
		if usual, most := median(first), slices.Max(second); usual > 0 && most > gradientFactor*usual {
			return &Finding{
				What: fmt.Sprintf("%s grows to %.3g, and its median in the first half of the run is %.3g.", name, most, usual),
				Try:  e.tries([2]string{"lower %s", "lr_critic"}, [2]string{"lower %s", "lr"}, [2]string{"lower %s", "max_norm"}, [2]string{"lower %s", "gamma"}),
			}
		}
	}
	return nil
}

// gradientZero finds a gradient that is zero throughout the last quarter: nothing is learned.
func gradientZero(e *evidence) *Finding {
	for _, name := range e.gradients() {
		if x := e.values(name, 0.75, 1); len(x) >= leastReports && slices.Max(x) == 0 {
			return &Finding{
				What: fmt.Sprintf("%s is 0 in the last quarter of the run: nothing is learned.", name),
				Try: append(e.tries([2]string{"check that %s is above 0", "lr_critic"}, [2]string{"check that %s is above 0", "lr_actor"}, [2]string{"check that %s is above 0", "lr"}),
					"check that agents have tasks and a choice: gmel simulate tells tasks and actions of the scenario"),
			}
		}
	}
	return nil
}

// stepsTooLarge finds rollouts that change the policy too much at once.
func stepsTooLarge(e *evidence) *Finding {
	var what []string
	if x := e.values("clip_fraction", 0.5, 1); len(x) >= leastReports && mean(x) > mostClipped {
		what = append(what, fmt.Sprintf("%.0f %% of the decisions are clipped", 100*mean(x)))
	}
	if x := e.values("approx_kl", 0.5, 1); len(x) >= leastReports && mean(x) > mostKL {
		what = append(what, fmt.Sprintf("the policy moves by %.3g nats in a rollout", mean(x)))
	}
	if len(what) == 0 {
		return nil
	}
	return &Finding{
		What: "In the second half of the run " + strings.Join(what, " and ") + ": one rollout changes the policy too much.",
		Try:  e.tries([2]string{"lower %s", "lr_actor"}, [2]string{"lower %s", "lr"}, [2]string{"lower %s", "epochs"}),
	}
}
