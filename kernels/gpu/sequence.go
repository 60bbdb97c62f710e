//go:build gpu && !cpu

package gpu

import (
	"fmt"
	"strings"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
)

// longestSequence is the maximum number of nodes of a sequence's graph: 100 evaluations of a U-Net. A sequence is the same in
// every call, so its graph is captured once, and may be longer than those of a Program's repeats.
const longestSequence = 16384

// repeated is an executable that runs several times, as a part of a sequence.
type repeated struct {
	*executable
	times int
}

// sequence is the key of a graph of several calls: the arena and, for each call, the number of the Program and of its runs.
type sequence struct {
	arena cu.DevicePtr
	calls string
}

// Sequence implements kernels.Sequencer. Calls without the host are one graph if it has room for them. Otherwise each call
// has graphs of its own.
func (b *backend) Sequence(buf kernels.Buffer, calls []kernels.Call) error {
	parts, ok := b.joined(calls)
	if !ok {
		return kernels.InOrder(buf, calls)
	}
	var arena cu.DevicePtr
	for _, p := range parts {
		var err error
		if arena, err = p.arenaOf(buf); err == nil {
			err = p.enter()
		}
		if err != nil {
			return err
		}
	}
	return b.do(func() error { return b.playAll(parts, arena) })
}

// joined are calls that can be one graph; ok is false if they cannot.
func (b *backend) joined(calls []kernels.Call) (parts []repeated, ok bool) {
	nodes := 0
	for _, c := range calls {
		e, own := c.Executable.(*executable)
		if !own || e.backend != b || e.hosted() {
			return nil, false
		}
		nodes += c.Times * len(e.plan.ops)
		parts = append(parts, repeated{e, c.Times})
	}
	return parts, nodes > 0 && nodes <= b.longest && !b.options.Debug
}

// playAll enqueues a sequence: launch by launch at first, which loads the kernels, then as its graph.
func (b *backend) playAll(parts []repeated, arena cu.DevicePtr) error {
	first := false
	for _, p := range parts {
		first = first || !p.ran && p.times > 0
	}
	if first {
		return launchAll(parts, arena)
	}
	g, err := b.graphOf(parts, arena)
	if err != nil {
		return err
	}
	return b.late(g.launch(b.stream))
}

// launchAll puts the launches of a sequence on the stream.
func launchAll(parts []repeated, arena cu.DevicePtr) error {
	for _, p := range parts {
		p.ran = p.ran || p.times > 0
		if err := p.several(p.times, p.segments[0], arena); err != nil {
			return err
		}
	}
	return nil
}

// graphOf is the graph of a sequence, which the first call captures. It belongs to the first executable.
func (b *backend) graphOf(parts []repeated, arena cu.DevicePtr) (graph, error) {
	var calls strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&calls, "%dx%d ", p.number, p.times)
	}
	owner, key := parts[0], sequence{arena, calls.String()}
	if g, ok := owner.sequences[key]; ok {
		return g, nil
	}
	g, err := capture(b.stream, func() error { return launchAll(parts, arena) })
	if err != nil {
		return g, b.fail(fmt.Errorf("programs from %q on cannot be captured: %w", owner.program.Name, err))
	}
	owner.sequences[key] = g
	return g, nil
}
