package setting_test

import (
	"fmt"

	"github.com/gmel-go/gmel/internal/setting"
)

// Train has the settings that all algorithms share.
type Train struct {
	Algo   string `yaml:"algo"`
	Worlds int    `yaml:"worlds"`
}

// Check checks the settings.
func (t *Train) Check(c *setting.Checker) { c.AtLeast("worlds", t.Worlds, 1) }

// AMARL is the section of an algorithm with a replay.
type AMARL struct {
	Replay int `yaml:"replay"`
}

// PPO is the section of an algorithm with rollouts.
type PPO struct {
	Epochs int     `yaml:"epochs"`
	Clip   float64 `yaml:"clip"`
}

// algorithm is an algorithm in a registry.
type algorithm struct {
	worlds  int // its default of a shared setting
	section func() any
	check   func(section any, t *Train, c *setting.Checker)
}

var registry = map[string]algorithm{
	"amarl": {
		32, func() any { return &AMARL{Replay: 20000} },
		func(section any, t *Train, c *setting.Checker) {
			c.AtLeast("replay", section.(*AMARL).Replay, t.Worlds)
		},
	},
	"ppo": {
		64, func() any { return &PPO{Epochs: 4, Clip: 0.2} },
		func(section any, t *Train, c *setting.Checker) { c.Positive("clip", section.(*PPO).Clip) },
	},
}

// configuration reads the shared section and that of the algorithm.
func configuration(r *setting.Reader) (Train, any, error) {
	t := Train{Algo: "amarl"}
	r.Peek("train.algo", &t.Algo) // defaults and sections depend on it, so it is read ahead
	chosen, ok := registry[t.Algo]
	if !ok {
		r.Read(setting.Section{Name: "train", Value: &t, Check: func(c *setting.Checker) { c.OneOf("algo", t.Algo, "amarl", "ppo") }})
		return t, nil, r.Check()
	}
	t.Worlds = chosen.worlds
	for name, other := range registry {
		for _, key := range setting.Keys(other.section()) {
			r.Refuse("train."+key, "it has moved to "+name+"."+key)
		}
		if name != t.Algo {
			r.Refuse(name, "these are settings of the algorithm "+name+", but train.algo is "+t.Algo)
		}
	}
	own := chosen.section()
	r.Read(setting.Section{Name: "train", Value: &t})
	r.Read(setting.Section{Name: t.Algo, Value: own, Check: func(c *setting.Checker) { chosen.check(own, &t, c) }})
	return t, own, r.Check()
}

// A document has one section for the shared settings and one named after its algorithm. The defaults of
// both depend on the algorithm.
func ExampleReader() {
	for _, text := range []string{
		"train: {algo: ppo}\nppo: {epochs: 3}",
		"train:\n  algo: ppo\n  replay: 100\namarl:\n  replay: 100",
		"train: {algo: ppo}\nppo:\n  epoch: 010\n  clip: high",
		"train: {algo: pp}",
		"amarl:\n  replay: 100",
	} {
		r := setting.NewReader()
		if err := r.YAML([]byte(text), "run.yaml"); err != nil {
			fmt.Println(err)
			continue
		}
		if err := r.Set("train.worlds=128"); err != nil {
			fmt.Println(err)
			continue
		}
		shared, own, err := configuration(r)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%+v %+v\n", shared, own)
	}
	// Output:
	// {Algo:ppo Worlds:128} &{Epochs:3 Clip:0.2}
	// run.yaml:3: train.replay: it has moved to amarl.replay
	// run.yaml:4: amarl: these are settings of the algorithm amarl, but train.algo is ppo
	// run.yaml:3: ppo.epoch: unknown key; did you mean epochs?
	// run.yaml:4: ppo.clip: "high" is not a number
	// run.yaml:1: train.algo: "pp" is not allowed; allowed: amarl, ppo
	// run.yaml:2: amarl.replay: 100 is not allowed; allowed: at least 128
}
