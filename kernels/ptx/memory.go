package ptx

// Memory is the global memory of a device: slices of the host at addresses of the device. The zero value is empty.
type Memory struct {
	regions []*region // by address
}

// region is one slice.
type region struct {
	name string
	base uint64
	data []byte
}

// Map gives data an address, a multiple of 256, with a gap before and after that nothing may touch. Kernels read and write data in
// place. name is for messages.
func (m *Memory) Map(name string, data []byte) (address uint64) {
	address = globalBase
	if n := len(m.regions); n > 0 {
		last := m.regions[n-1]
		address = alignUp(last.base+uint64(len(last.data))+guard, guard)
	}
	m.regions = append(m.regions, &region{name, address, data})
	return address
}

// Unmap ends the use of what Map put at address. It panics if nothing is there.
func (m *Memory) Unmap(address uint64) {
	for i, r := range m.regions {
		if r.base == address {
			m.regions = append(m.regions[:i], m.regions[i+1:]...)
			return
		}
	}
	panic("ptx: Unmap of an address that Map did not return")
}

// Where memory lies in the generic address space.
const (
	globalBase = 1 << 44
	guard      = 1 << 16 // bytes that no kernel may touch, between regions
)

// alignUp rounds x up to a multiple of align, a power of two.
func alignUp(x, align uint64) uint64 { return (x + align - 1) &^ (align - 1) }
