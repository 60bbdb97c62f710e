package run

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/spread"
)

// Sources say where a configuration comes from; later ones win: the defaults of the algorithm and the preset
// that all of them together name, File, Scenario, Algo, Sets in their order, the others. Faults name them as flags of gmel.
type Sources struct {
	File     string   // YAML; "" for none
	Algo     string   // train.algo; "" for that of File, Sets or the default
	Scenario string   // preset or scenario file; "" for that of File or the default
	Sets     []string // path=value with a YAML value, such as train.gamma=0.9
	SetsFile string   // the file that has Sets, to which names of files in them are relative; "": they are flags
	Seed     *uint64

	Backend, Device, Precision string // those of train; "" for that of File, Sets or the default
}

// Load reads and validates a configuration. Errors name file and line or the
// flag, the field, its value and what is allowed; several faults are joined.
func Load(src Sources) (*Config, error) {
	r, err := src.reader()
	if err != nil {
		return nil, train.Usage(err)
	}
	c, err := read(r)
	if err != nil {
		return nil, err
	}
	if err := cmp.Or(r.Check(), src.refuseOrder(r, &c.Train)); err != nil {
		return c, train.Usage(err)
	}
	c.game().ready()
	return c, nil
}

// refuseOrder reports an order of turns that is asked for and would not be followed. In a file it may be the default, as gmel config
// prints it.
func (src *Sources) refuseOrder(r *setting.Reader, c *marl.Config) error {
	const path = marl.SharedSection + ".turn_order"
	from := r.Origin(path)
	asked := from.Flag != "" || from.File != "" && from.File == src.SetsFile
	if !asked || !c.IgnoresOrder() {
		return nil
	}
	return &setting.Error{
		Origin: from, Path: path, Problem: fmt.Sprintf("%q needs train.turn_values, without which IEDs decide in the order of their numbers", c.TurnOrder),
		Allowed: fmt.Sprintf("%s, or train.turn_values %s or %s", marl.TurnOrderNumber, marl.TurnValuesEarlier, marl.TurnValuesAll),
	}
}

// reader returns a reader of all sources.
func (src *Sources) reader() (*setting.Reader, error) {
	r := setting.NewReader()
	var errs []error
	if src.File != "" {
		errs = append(errs, r.File(src.File))
	}
	flag := func(name, path, value string) {
		if value != "" {
			r.Word(setting.Origin{Flag: "--" + name + " " + value}, path, value)
		}
	}
	flag("scenario", "scenario", src.Scenario)
	flag("algo", algoKey, src.Algo)
	for _, s := range src.Sets {
		from := setting.Origin{File: src.SetsFile}
		if src.SetsFile == "" {
			from.Flag = "--set " + s
		}
		errs = append(errs, r.SetFrom(from, s))
	}
	flag("backend", marl.SharedSection+".backend", src.Backend)
	flag("device", marl.SharedSection+".device", src.Device)
	flag("precision", marl.SharedSection+".precision", src.Precision)
	if src.Seed != nil {
		flag("seed", "seed", strconv.FormatUint(*src.Seed, 10))
	}
	return r, errors.Join(errs...)
}

// algoKey is the setting that selects the section of an algorithm and the defaults.
const algoKey = marl.SharedSection + ".algo"

// read reads every section of a configuration; the reader collects the errors. Only an unknown algorithm is an error here:
// which other keys are faults depends on it.
func read(r *setting.Reader) (*Config, error) {
	c, err := Default()
	if err != nil {
		return nil, err
	}
	algo := c.Train.Algo
	from := r.Peek(algoKey, &algo)
	if known := marl.Algorithms(); !slices.Contains(known, algo) {
		return nil, train.Usage(&setting.Error{Origin: from, Path: algoKey, Value: algo, Allowed: strings.Join(known, ", ")})
	}
	scenario := ""
	r.Peek(scenarioKey, &scenario) // unchanged where a file has the settings of the scenario
	c.choose(r, scenario)
	c.Train = defaultsFor(algo, cmp.Or(scenario, defaultScenario))
	refuseMoved(r, algo)
	for _, s := range c.sections() {
		r.Read(s)
	}
	return c, nil
}

// refuseMoved reports settings in the wrong place: the section of another algorithm, and a setting of an
// algorithm in the shared section, where it was in earlier versions.
func refuseMoved(r *setting.Reader, algo string) {
	this := fmt.Sprintf("; this run has %s %s", algoKey, algo)
	foreign := func(name string) string {
		return fmt.Sprintf("these are settings of the algorithm %s, but %s is %s", name, algoKey, algo)
	}
	places := map[string][]string{} // by key
	for _, name := range marl.Algorithms() {
		for _, key := range setting.Keys(marl.DefaultOf(name).Own) {
			places[key] = append(places[key], name+"."+key)
		}
		if name != algo {
			r.Refuse(name, foreign(name))
		}
	}
	for key, all := range places {
		problem := "it has moved to " + strings.Join(all, " or ") + this
		if own := algo + "." + key; slices.Contains(all, own) {
			problem = "it has moved to " + own
		}
		r.Refuse(marl.SharedSection+"."+key, problem)
	}
}

// scenarioFrom replaces the game by a preset or a file.
func (c *Config) scenarioFrom(nameOrPath string, from setting.Origin) error {
	if !sim.IsPreset(nameOrPath) {
		nameOrPath = from.Resolve(nameOrPath)
	}
	s, err := loadScenario(nameOrPath, from, append(sim.Presets(), spread.Name))
	if err == nil {
		*c.Scenario = *s
	}
	return err
}

// LoadScenario reads a preset or a scenario file; from is the origin of the name, for errors.
func LoadScenario(nameOrPath string, from setting.Origin) (*sim.Scenario, error) {
	return loadScenario(nameOrPath, from, sim.Presets())
}

// loadScenario is LoadScenario for a command that knows some names.
func loadScenario(nameOrPath string, from setting.Origin, known []string) (*sim.Scenario, error) {
	s, err := sim.Load(nameOrPath)
	if errors.Is(err, os.ErrNotExist) {
		return nil, train.Usage(&setting.Error{Origin: from, Path: "scenario", Value: nameOrPath, Problem: fmt.Sprintf(
			"%q is neither a preset (%s) nor a file", nameOrPath, strings.Join(known, ", "))})
	}
	return s, train.Usage(err)
}
