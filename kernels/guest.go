package kernels

import "errors"

// Room is the memory of a device for one environment. All but Free may be called while Programs are
// on their way, and wait for them where they must.
type Room interface {
	Push(*Image) error // params and state to the device
	Pull(*Image) error // the state from the device
	// Refused is the action that a kernel has refused since this was last asked; ok is false for none.
	Refused() (agent, action int, ok bool, err error)
	Free() error
}

// Guest is an environment on a device. It knows where the state is.
type Guest struct {
	Room Room // nil once it is freed

	env   Portable
	image *Image // of the last Enter
	here  bool
	lost  error // why the state could not be brought home
	users int   // Programs that play it
}

// Enter brings the state to the device if it is not there.
func (g *Guest) Enter() error {
	if g.here {
		return nil
	}
	if g.Room == nil {
		return errors.New("the device has forgotten the environment")
	}
	if g.image = g.env.Image(); g.image == nil {
		return errors.New("no kernel plays the environment any more: it has changed since the Program was compiled")
	}
	if err := g.Room.Push(g.image); err != nil {
		return err
	}
	g.here, g.lost = true, nil
	g.env.Away(g.Leave)
	return nil
}

// Leave brings the state home, once: when the environment fetches it, or before the device forgets it.
// An action that the device has refused is an error here, too.
func (g *Guest) Leave() error {
	if g.here {
		g.here = false
		refused := g.Refused()
		g.lost = errors.Join(refused, g.Room.Pull(g.image))
	}
	return g.lost
}

// Refused is the error of an action that the device has refused since this was last asked.
func (g *Guest) Refused() error {
	agent, action, ok, err := g.Room.Refused()
	if err != nil || !ok {
		return err
	}
	return g.env.Illegal(agent, action)
}

// Guests are the environments on a device: one Guest for each, however many Programs play it, so
// that the state stays where it is when Programs take turns.
type Guests struct {
	// Rent takes memory of the device for an image.
	Rent func(*Image) (Room, error)

	all []*Guest
}

// Of returns a guest for every environment of a Program, nil where the host plays. Vacate gives
// them back.
func (s *Guests) Of(p *Program) ([]*Guest, error) {
	var list []*Guest
	for _, env := range p.Environments {
		g, err := s.of(env)
		if err != nil {
			return nil, errors.Join(err, s.Vacate(list))
		}
		list = append(list, g)
	}
	return list, nil
}

func (s *Guests) of(env Environment) (*Guest, error) {
	for _, g := range s.all {
		if g.env == env {
			g.users++
			return g, nil
		}
	}
	image := imageOf(env)
	if image == nil {
		return nil, nil
	}
	room, err := s.Rent(image)
	if err != nil {
		return nil, err
	}
	g := &Guest{Room: room, env: env.(Portable), users: 1}
	s.all = append(s.all, g)
	return g, nil
}

// Vacate ends the use of guests by a Program. The last one brings an environment home and frees its
// memory.
func (s *Guests) Vacate(list []*Guest) error {
	var errs []error
	for _, g := range list {
		if g == nil {
			continue
		}
		if g.users--; g.users == 0 {
			errs = append(errs, s.close(g))
		}
	}
	return errors.Join(errs...)
}

// Close brings all environments home and frees their memory; Programs can no longer play them.
func (s *Guests) Close() error {
	var errs []error
	for len(s.all) > 0 {
		errs = append(errs, s.close(s.all[0]))
	}
	return errors.Join(errs...)
}

func (s *Guests) close(g *Guest) error {
	for i, x := range s.all {
		if x == g {
			s.all = append(s.all[:i], s.all[i+1:]...)
			var err error
			if g.here { // else whoever brought it home was told
				err = g.Leave()
			}
			err = errors.Join(err, g.Room.Free())
			g.Room = nil
			return err
		}
	}
	return nil // Close was first
}

// Refused is the error of the first action that the device has refused since this was last asked.
func (s *Guests) Refused() error {
	for _, g := range s.all {
		if err := g.Refused(); err != nil {
			return err
		}
	}
	return nil
}
