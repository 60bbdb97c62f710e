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
	Kernel string   // the kernel that plays it: "edge"
	Params []byte   // its struct of scalars; the sizes in it never change
	Tables []uint32 // never change
	State  []uint32
}

// Guest is a Portable on a device. It knows where the state is; Push and Pull copy it.
type Guest struct {
	Env  Portable
	Push func(*Image) error // params and state to the device
	Pull func(*Image) error // state from the device

	here bool
}

// Enter brings the state to the device if it is not there.
func (g *Guest) Enter() error {
	if g.here {
		return nil
	}
	if err := g.Push(g.Env.Image()); err != nil {
		return err
	}
	g.here = true
	g.Env.Away(g.Leave)
	return nil
}

// Leave brings the state home, once: when the environment fetches it, or before the device forgets it.
func (g *Guest) Leave() error {
	if !g.here {
		return nil
	}
	g.here = false
	return g.Pull(g.Env.Image())
}
