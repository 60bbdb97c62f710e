package kernels

import "errors"

// DeviceState is the memory of a device for one environment. All methods except Free may be called while
// Programs are running; they wait for them if necessary.
type DeviceState interface {
	Push(*Image) error // params and state to the device
	Pull(*Image) error // the state from the device
	// Refused returns the illegal action that a kernel has refused since the last call; ok is false for none.
	Refused() (agent, action int, ok bool, err error)
	Free() error
}

// Resident is an environment whose state can be on a device. It knows where the state is.
type Resident struct {
	State DeviceState // nil once it is freed

	env      Portable
	image    *Image // of the last ToDevice
	onDevice bool
	lost     error // why the state could not be copied back
	users    int   // Programs that play it
}

// ToDevice copies the state to the device if it is not there.
func (r *Resident) ToDevice() error {
	if r.onDevice {
		return nil
	}
	if r.State == nil {
		return errors.New("the device has freed the state of the environment")
	}
	if r.image = r.env.Image(); r.image == nil {
		return errors.New("no kernel plays the environment any more: it has changed since the Program was compiled")
	}
	if err := r.State.Push(r.image); err != nil {
		return err
	}
	r.onDevice, r.lost = true, nil
	r.env.OnDevice(r.ToHost)
	return nil
}

// ToHost copies the state back, once: when the environment fetches it, or before the device frees it. It
// also returns the error of an illegal action.
func (r *Resident) ToHost() error {
	if r.onDevice {
		r.onDevice = false
		refused := r.Refused()
		pulled := r.State.Pull(r.image)
		if pulled == nil && r.image.Complete != nil {
			r.image.Complete()
		}
		r.lost = errors.Join(refused, pulled)
	}
	return r.lost
}

// Refused is the error of an illegal action that the device has refused since the last call.
func (r *Resident) Refused() error {
	agent, action, ok, err := r.State.Refused()
	if err != nil || !ok {
		return err
	}
	return r.env.Illegal(agent, action)
}

// Residents are the environments on a device. Each has one Resident, however many Programs play it, so
// that nothing is copied when Programs take turns.
type Residents struct {
	// Allocate allocates device memory for an image.
	Allocate func(*Image) (DeviceState, error)

	all []*Resident
}

// Acquire returns a Resident for every environment of a Program, or nil for those that the host plays. The
// Program must call Release.
func (s *Residents) Acquire(p *Program) ([]*Resident, error) {
	var list []*Resident
	for _, env := range p.Environments {
		r, err := s.acquire(env)
		if err != nil {
			return nil, errors.Join(err, s.Release(list))
		}
		list = append(list, r)
	}
	return list, nil
}

func (s *Residents) acquire(env Environment) (*Resident, error) {
	for _, r := range s.all {
		if r.env == env {
			r.users++
			return r, nil
		}
	}
	image := imageOf(env)
	if image == nil {
		return nil, nil
	}
	state, err := s.Allocate(image)
	if err != nil {
		return nil, err
	}
	r := &Resident{State: state, env: env.(Portable), users: 1}
	s.all = append(s.all, r)
	return r, nil
}

// Release ends the use of residents by a Program. After the last Program, the state is copied back and its
// device memory freed.
func (s *Residents) Release(list []*Resident) error {
	var errs []error
	for _, r := range list {
		if r == nil {
			continue
		}
		if r.users--; r.users == 0 {
			errs = append(errs, s.close(r))
		}
	}
	return errors.Join(errs...)
}

// Close copies the state of all environments back and frees the device memory; Programs can no longer play
// them.
func (s *Residents) Close() error {
	var errs []error
	for len(s.all) > 0 {
		errs = append(errs, s.close(s.all[0]))
	}
	return errors.Join(errs...)
}

func (s *Residents) close(r *Resident) error {
	for i, x := range s.all {
		if x == r {
			s.all = append(s.all[:i], s.all[i+1:]...)
			var err error
			if r.onDevice { // else an earlier ToHost has returned the error
				err = r.ToHost()
			}
			err = errors.Join(err, r.State.Free())
			r.State = nil
			return err
		}
	}
	return nil // Close has freed it already
}

// Refused is the error of the first illegal action that the device has refused since the last call.
func (s *Residents) Refused() error {
	for _, r := range s.all {
		if err := r.Refused(); err != nil {
			return err
		}
	}
	return nil
}
