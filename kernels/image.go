package kernels

// Portable is an Environment that a device can hold: a kernel there plays it on a copy of its state.
type Portable interface {
	Environment
	// Image is what a device needs to know, nil where no kernel knows the game.
	Image() *Image
	// Away tells that the state has left for a device and Image.State is out of date. fetch brings
	// it back; the environment calls it once, before it next reads or changes its state.
	Away(fetch func() error)
	// Illegal is the error of an action that the device refused.
	Illegal(agent, action int) error
}

// Image is an environment in the words of C. The slices are the environment's own, and their
// sizes never change.
type Image struct {
	Kernel string   // the name of the game, by which a device finds its kernel
	Worlds int      // how many worlds State holds
	Params []byte   // its struct of scalars; the sizes in it never change
	Tables []uint32 // never change
	State  []uint32
}

// Homebound is an Environment that can say why no device holds it.
type Homebound interface {
	// Homebound is half a sentence, such as "the game has no kernel"; "": a device may hold it.
	Homebound() string
}

// Hosting is a Backend whose device holds environments.
type Hosting interface {
	Backend
	// RoomFor is how many bytes of the device's memory an image takes; an error where no kernel plays it.
	RoomFor(*Image) (bytes int64, err error)
}

// Stay is where Programs of a backend play an environment.
type Stay struct {
	Device bool   // on the device, by a kernel; else by the host
	Bytes  int64  // of the device's memory
	Why    string // half a sentence, where the host of a device plays; "" without a device
}

// StayOf tells where Programs of b play an environment.
func StayOf(b Backend, env Environment) Stay {
	h, ok := b.(Hosting)
	if !ok {
		return Stay{}
	}
	image := imageOf(env)
	if image == nil {
		return Stay{Why: homebound(env)}
	}
	bytes, err := h.RoomFor(image)
	if err != nil {
		return Stay{Why: err.Error()}
	}
	return Stay{Device: true, Bytes: bytes}
}

// imageOf is nil for an environment that no device can hold.
func imageOf(env Environment) *Image {
	if p, ok := env.(Portable); ok {
		return p.Image()
	}
	return nil
}

func homebound(env Environment) string {
	if x, ok := env.(Homebound); ok && x.Homebound() != "" {
		return x.Homebound()
	}
	return "it is played through Go"
}
