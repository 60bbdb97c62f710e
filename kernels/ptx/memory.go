package ptx

import (
	"fmt"
	"slices"
)

// Memory is the global memory of a device: slices of the host at addresses of the device. The zero value is empty.
type Memory struct {
	regions []*region // by address
	next    uint64    // where the next one goes at the earliest
	clock   clock     // see race.go
}

// region is one slice.
type region struct {
	name   string
	base   uint64
	data   []byte
	shadow shadow // who touched what; empty until a launch looks for races
}

// The windows of the generic address space. An address in shared, local or parameter memory is an offset from the start of its window.
const (
	sharedWindow  = 1 << 40
	localWindow   = 2 << 40
	paramWindow   = 3 << 40
	windowSize    = 1 << 40
	moduleBase    = 1 << 43 // variables of the module
	globalBase    = 1 << 44
	guard         = 1 << 16 // bytes that no kernel may touch, between regions
	dynamicShared = 1 << 20 // offset in shared memory
	callParams    = 1 << 32 // offset in parameter memory of variables for calls, which are in the local memory of a thread
)

// Map gives data an address, a multiple of 256, with a gap before and after it that nothing may touch. Kernels read and write data in
// place. name is for messages. An address is not used again after Unmap.
func (m *Memory) Map(name string, data []byte) (address uint64) {
	m.next = max(m.next, globalBase)
	r := &region{name: name, base: m.next, data: data}
	m.regions = append(m.regions, r)
	m.next = alignUp(r.base+uint64(len(data))+guard, guard)
	return r.base
}

// Unmap ends the use of what Map put at address. It panics if nothing is there.
func (m *Memory) Unmap(address uint64) {
	i := slices.IndexFunc(m.regions, func(r *region) bool { return r.base == address })
	if i < 0 {
		panic(fmt.Sprintf("ptx: nothing is mapped at %#x", address))
	}
	m.regions = slices.Delete(m.regions, i, i+1)
}

// alignUp rounds x up to a multiple of align, a power of two.
func alignUp(x, align uint64) uint64 { return (x + align - 1) &^ (align - 1) }

// holds reports that size bytes at address are in r.
func (r *region) holds(address uint64, size int) bool {
	return within(address-r.base, size, len(r.data))
}

// find is the region of size bytes at address, or nil.
func (m *Memory) find(address uint64, size int) *region {
	i, ok := slices.BinarySearchFunc(m.regions, address, func(r *region, a uint64) int {
		if r.base > a {
			return 1
		}
		return -1
	})
	if ok || i == 0 || !m.regions[i-1].holds(address, size) {
		return nil
	}
	return m.regions[i-1]
}

// nearest describes where an address is that is in no region.
func (m *Memory) nearest(address uint64) string {
	best, distance := "nothing is mapped", ^uint64(0)
	for _, r := range m.regions {
		end := r.base + uint64(len(r.data))
		switch {
		case address < r.base && r.base-address < distance:
			distance = r.base - address
			best = fmt.Sprintf("%d bytes before %s", distance, r.name)
		case address >= r.base && address-r.base < distance:
			distance = address - r.base
			best = fmt.Sprintf("at offset %d of %s, which ends at %d", distance, r.name, end-r.base)
		}
	}
	return best
}
