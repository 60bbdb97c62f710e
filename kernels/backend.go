package kernels

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Backend is one device. A Backend and what it makes are used by one goroutine at a time.
type Backend interface {
	// Name is the name under which the backend was opened, such as "cpu".
	Name() string
	// Compile checks p and prepares it; an op that the backend lacks is an error here.
	Compile(p *Program) (Executable, error)
	// Alloc returns zeroed arena memory for n floats, aligned to 256 bytes.
	Alloc(n int) (Buffer, error)
	// Sync waits for the device. It returns asynchronous faults, and the error of an illegal action.
	Sync() error
	// Close frees the device. Its Buffers and Executables must not be used afterwards.
	Close() error
}

// Executable is a compiled Program.
type Executable interface {
	// Run executes the Program n times over the arena b, which must hold at least Program.Arena
	// floats. If the host plays an environment, an error of it ends Run after that run. If a device
	// plays it, Sync or Download returns the error.
	Run(b Buffer, n int) error
	// Close frees what Compile made.
	Close() error
}

// Buffer is arena memory on a device.
type Buffer interface {
	// Len is the size in floats.
	Len() int
	// Upload copies src to offset (in floats).
	Upload(offset int, src []float32) error
	// Download copies from offset (in floats) to dst.
	Download(dst []float32, offset int) error
	// Close frees the memory.
	Close() error
}

// Options of Open.
type Options struct {
	Threads int    // worker threads; 0 = all cores the process may use
	ISA     string // instruction set: "" = best, else one that Info lists
	Profile bool   // measure every op: the Executables are then Profilers, if the backend supports it

	Device    string // device of a backend that has several: "" = the first, else one that Info lists, such as "gpu:1"
	Precision string // precision of the factors of gemm, convolutions and attention: "" or FP32 (the bits of package ref), TF32, BF16
	Debug     bool   // wait after every op and check its results: the first number that is not finite is an error
}

// Info describes a backend for people.
type Info struct {
	Name    string   // as given to Open
	Device  string   // processor or GPU
	ISA     string   // the instruction set that "" selects
	ISAs    []string // the values that Options.ISA accepts here
	Threads int      // the number that 0 selects
	Devices []Device // the choices of Options.Device; nil for a processor
}

// Driver opens a backend; backends register one in their init.
type Driver interface {
	Open(Options) (Backend, error)
	Info() Info
}

// Prober is a Driver whose device may be missing.
type Prober interface {
	// Probe returns nil if the backend can be opened here, else one sentence that says why not.
	Probe() error
}

var registry struct {
	sync.Mutex
	drivers map[string]Driver
}

// Register makes a backend known to Open. It panics if the name is taken.
func Register(name string, d Driver) {
	registry.Lock()
	defer registry.Unlock()
	if registry.drivers == nil {
		registry.drivers = map[string]Driver{}
	}
	if _, ok := registry.drivers[name]; ok {
		panic(fmt.Sprintf("kernels: backend %q registered twice", name))
	}
	registry.drivers[name] = d
}

// preference is the order of the backends of this project, best first.
var preference = []string{"gpu", "cpu", "ref"}

// Backends lists the registered backends, best first: gpu, cpu, ref, then others by name.
func Backends() []string {
	registry.Lock()
	defer registry.Unlock()
	var names []string
	for n := range registry.drivers {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	return names
}

func rank(name string) int {
	if i := slices.Index(preference, name); i >= 0 {
		return i
	}
	return len(preference)
}

// Open opens a registered backend. With the name "auto" or "" it opens the backend that Options.Device
// names, or else the first of Backends whose device is present.
func Open(name string, o Options) (Backend, error) {
	if kind, _, ok := strings.Cut(o.Device, ":"); ok && (name == "" || name == "auto") {
		name = kind
	}
	d, err := driver(name)
	if err != nil {
		return nil, err
	}
	return d.Open(o)
}

// Describe returns the Info of a registered backend.
func Describe(name string) (Info, error) {
	d, err := driver(name)
	if err != nil {
		return Info{}, err
	}
	return d.Info(), nil
}

// Probe returns nil if a backend can be opened here, else one sentence that says why not.
func Probe(name string) error {
	d, err := driver(name)
	if err != nil {
		return err
	}
	if p, ok := d.(Prober); ok {
		return p.Probe()
	}
	return nil
}

func driver(name string) (Driver, error) {
	names := Backends()
	if len(names) == 0 {
		return nil, errors.New("kernels: no backend is linked in; import kernels/ref or kernels/cpu")
	}
	if name == "" || name == "auto" {
		name = automatic(names)
	}
	d := registered(name)
	if d == nil {
		hint := ""
		if name == "gpu" {
			hint = " (`make gpu` makes one that has it)"
		}
		return nil, fmt.Errorf("kernels: no backend %q in this build%s; there is: auto, %s", name, hint, strings.Join(names, ", "))
	}
	return d, nil
}

func registered(name string) Driver {
	registry.Lock()
	defer registry.Unlock()
	return registry.drivers[name]
}

// automatic is the first backend whose device is present.
func automatic(names []string) string {
	for _, n := range names {
		if Probe(n) == nil {
			return n
		}
	}
	return names[0] // its Open says what is missing
}
