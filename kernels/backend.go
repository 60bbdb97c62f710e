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
	// Sync waits for the device; asynchronous faults surface here.
	Sync() error
	// Close frees the device. Buffers and executables are dead afterwards.
	Close() error
}

// Executable is a compiled Program.
type Executable interface {
	// Run executes the Program n times over the arena b, which must hold at least Program.Arena
	// floats. An error of an environment ends it after that run.
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
	ISA     string // instruction set of the cpu backend: "" = best, else one that Info lists
	Profile bool   // measure every op: executables are then Profilers, where the backend can
}

// Info describes a backend for people.
type Info struct {
	Name    string   // as for Open
	Device  string   // processor or GPU
	ISA     string   // what "" chooses
	ISAs    []string // what Options.ISA accepts here
	Threads int      // what 0 chooses
}

// Driver opens a backend; backends register one in their init.
type Driver interface {
	Open(Options) (Backend, error)
	Info() Info
}

var registry struct {
	sync.Mutex
	drivers map[string]Driver
}

// Register makes a backend known to Open. It panics when the name is taken.
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

// Open opens a registered backend; the name "auto" or "" takes the first of Backends.
func Open(name string, o Options) (Backend, error) {
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

func driver(name string) (Driver, error) {
	names := Backends()
	if len(names) == 0 {
		return nil, errors.New("kernels: no backend is linked in; import kernels/ref or kernels/cpu")
	}
	if name == "" || name == "auto" {
		name = names[0]
	}
	registry.Lock()
	defer registry.Unlock()
	d, ok := registry.drivers[name]
	if !ok {
		return nil, fmt.Errorf("kernels: no backend %q in this build; there is: auto, %s", name, strings.Join(names, ", "))
	}
	return d, nil
}
