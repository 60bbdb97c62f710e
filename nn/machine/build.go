package machine

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/gmel-go/gmel/kernels"
)

// Build returns the Program. It removes dead code, fuses ops and plans the scratch memory, which
// follows the persistent tensors. It seals the layout.
func (b *Builder) Build() (*kernels.Program, error) {
	if b.built {
		return nil, fmt.Errorf("machine: Program %q was built already; a Builder builds one", b.name)
	}
	b.built = true
	b.code = fuseAttention(dropDead(b.code))
	if !b.noFuse {
		b.code = fuse(b.code)
	}
	var err error
	switch {
	case b.divided:
		b.code, err = b.divide(b.code)
	case !b.noFuse:
		b.code = b.tile(b.code)
	}
	if err != nil {
		return nil, fmt.Errorf("machine: Program %q: %w", b.name, err)
	}
	temps, err := lifetimes(b.code)
	if err != nil {
		return nil, fmt.Errorf("machine: Program %q: %w", b.name, err)
	}
	if b.layout.sealed == "" {
		b.layout.sealed = b.name
	}
	b.planned, b.total = place(temps, !b.noFuse)
	p := &kernels.Program{Name: b.name, Arena: b.layout.size + b.planned, Symbols: b.symbols(temps), Environments: b.environments, Unread: unread(b.code)}
	where := map[*store]int64{}
	for _, t := range temps {
		where[t.s] = b.layout.size + t.at
	}
	if err := b.placeLocal(p, where); err != nil {
		return nil, fmt.Errorf("machine: Program %q: %w", b.name, err)
	}
	for _, in := range b.code {
		p.Descs = append(p.Descs, in.placed(where))
		p.Steps = append(p.Steps, in.step)
	}
	if !b.hasLoops() {
		p.Steps = nil
	}
	p.Scratch = kernels.Scratch{Planned: b.planned, Total: b.total}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("machine: %w", err)
	}
	return p, nil
}

func (b *Builder) hasLoops() bool {
	return slices.ContainsFunc(b.code, func(in *instr) bool { return in.d.Op == kernels.OpLoop })
}

// placeLocal plans the local memory of every loop. All loops use the same memory.
func (b *Builder) placeLocal(p *kernels.Program, where map[*store]int64) error {
	var all []*lifetime
	for i, in := range b.code {
		if in.d.Op != kernels.OpLoop {
			continue
		}
		temps, err := localLifetimes(b.code[i+1 : i+1+int(in.d.Dim[kernels.LoopBody])])
		if err != nil {
			return err
		}
		used, total := place(temps, true)
		p.Local = max(p.Local, used)
		b.planned += used
		b.total += total
		for _, t := range temps {
			where[t.s] = kernels.LocalBase + t.at
		}
		all = append(all, temps...)
	}
	p.Symbols = append(p.Symbols, scratchSymbols(all, kernels.LocalBase)...)
	return nil
}

// placed returns the descriptor with arena offsets.
func (in *instr) placed(where map[*store]int64) kernels.Desc {
	d := in.d
	for i, r := range in.args {
		switch {
		case r.s == nil:
			d.Arg[i] = kernels.Absent
		case r.s.Persistent():
			d.Arg[i] = r.s.at + r.off
		default:
			d.Arg[i] = where[r.s] + r.off
		}
	}
	return d
}

// symbols lists the persistent tensors and the scratch memory by name. Of several persistent tensors
// at one offset the smallest comes first (a parameter before the vector of all parameters). A place
// in scratch memory has the names of all temporaries that begin there.
func (b *Builder) symbols(temps []*lifetime) []kernels.Symbol {
	var list []kernels.Symbol
	for _, t := range b.layout.tensors {
		list = append(list, kernels.Symbol{Name: t.name, Offset: t.Offset(), Shape: t.Shape()})
	}
	sort.SliceStable(list, func(i, j int) bool {
		if list[i].Offset != list[j].Offset {
			return list[i].Offset < list[j].Offset
		}
		return elements(list[i].Shape) < elements(list[j].Shape)
	})
	return append(list, scratchSymbols(temps, b.layout.size)...)
}

func scratchSymbols(temps []*lifetime, base int64) []kernels.Symbol {
	names := map[int64][]string{}
	shapes := map[int64][]int{}
	var order []int64
	for _, t := range temps {
		if _, ok := names[t.at]; !ok {
			order = append(order, t.at)
			shapes[t.at] = t.s.Shape()
		}
		if !slices.Contains(names[t.at], t.s.name) { // the loop over the remaining items has the same names
			names[t.at] = append(names[t.at], t.s.name)
		}
	}
	var list []kernels.Symbol
	for _, at := range order {
		list = append(list, kernels.Symbol{Name: joinNames(names[at]), Offset: base + at, Shape: shapes[at]})
	}
	return list
}

// joinNames joins the names of temporaries that share an offset. It truncates a long list.
func joinNames(names []string) string {
	const most = 3
	if len(names) > most {
		return fmt.Sprintf("%s|+%d", strings.Join(names[:most], "|"), len(names)-most)
	}
	return strings.Join(names, "|")
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
