package kernels

// Portable is an Environment that a device can play: a kernel plays it on a copy of its state.
type Portable interface {
	Environment
	// Image is the environment for a device, or nil if there is no kernel for the game.
	Image() *Image
	// OnDevice says that the state is on a device now and Image.State is out of date. fetch copies it
	// back; the environment calls fetch once, before it next reads or changes its state.
	OnDevice(fetch func() error)
	// Illegal is the error of an action that the device refused.
	Illegal(agent, action int) error
}

// Image is the data of an environment in the layout of C. The slices belong to the environment, and
// their sizes never change.
type Image struct {
	Kernel string   // the name of the game, by which a device finds its kernel
	Worlds int      // number of worlds in State
	Params []byte   // its struct of scalars; the sizes in it never change
	Tables []uint32 // never change
	State  []uint32

	// Complete makes anew what the kernel does not keep in State, after State has been copied back. It may be nil.
	Complete func()
}

// HostOnly is an Environment that can say why no device can play it.
type HostOnly interface {
	// HostOnly is half a sentence, such as "the game has no kernel", or "" if a device may play it.
	HostOnly() string
}

// DeviceBackend is a Backend whose device can play environments.
type DeviceBackend interface {
	Backend
	// StateBytes is the device memory of an image in bytes, or an error if no kernel plays it.
	StateBytes(*Image) (bytes int64, err error)
}

// Residency says where Programs of a backend play an environment.
type Residency struct {
	Device bool   // on the device, by a kernel; else by the host
	Bytes  int64  // of the device's memory
	Why    string // half a sentence, if the host plays although there is a device; else ""
}

// ResidencyOf says where Programs of b play an environment.
func ResidencyOf(b Backend, env Environment) Residency {
	h, ok := b.(DeviceBackend)
	if !ok {
		return Residency{}
	}
	image := imageOf(env)
	if image == nil {
		return Residency{Why: hostOnly(env)}
	}
	bytes, err := h.StateBytes(image)
	if err != nil {
		return Residency{Why: err.Error()}
	}
	return Residency{Device: true, Bytes: bytes}
}

// imageOf is nil for an environment that no device can play.
func imageOf(env Environment) *Image {
	if p, ok := env.(Portable); ok {
		return p.Image()
	}
	return nil
}

func hostOnly(env Environment) string {
	if x, ok := env.(HostOnly); ok && x.HostOnly() != "" {
		return x.HostOnly()
	}
	return "it is played through Go"
}
