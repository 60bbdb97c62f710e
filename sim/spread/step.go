package spread

// push sets the forces [A, 2] of the actions and of all contacts.
func (w *Worlds) push(world int, actions []int32, force []float32) {
	pos := w.row(w.pos, world)
	for i, a := range actions {
		force[2*i], force[2*i+1] = 0, 0
		if a > 0 {
			sign := float32(2*((a-1)%2) - 1)
			force[2*i+int(a-1)/2] = sign * motor
		}
	}
	for i := range w.agents {
		for j := i + 1; j < w.agents; j++ {
			dx, dy := pos[2*i]-pos[2*j], pos[2*i+1]-pos[2*j+1]
			f := repulsion(hypot(dx, dy))
			fx, fy := float32(f*dx), float32(f*dy)
			force[2*i] += fx
			force[2*i+1] += fy
			force[2*j] -= fx
			force[2*j+1] -= fy
		}
	}
}

// move advances places by the old velocities, then the velocities.
func (w *Worlds) move(world int, force []float32) {
	pos, vel := w.row(w.pos, world), w.row(w.vel, world)
	for i, f := range force {
		pos[i] += float32(vel[i] * dt)
		vel[i] = float32(vel[i]*keep) + float32(f*dt)
	}
}

// covers is the distance from which an agent covers a landmark, in statistics only.
const covers float32 = 0.1

// judge sets the rewards and the outcome of a world.
func (w *Worlds) judge(world int) {
	pos, marks, reward := w.row(w.pos, world), w.row(w.marks, world), w.row(w.reward, world)
	o := Outcome{}
	for l := range w.agents {
		nearest := hypot(pos[0]-marks[2*l], pos[1]-marks[2*l+1])
		for i := 1; i < w.agents; i++ {
			nearest = min(nearest, hypot(pos[2*i]-marks[2*l], pos[2*i+1]-marks[2*l+1]))
		}
		o.Distance += nearest
		if nearest < covers {
			o.Covered++
		}
	}
	clear(reward)
	for i := range w.agents {
		for j := i + 1; j < w.agents; j++ {
			if hypot(pos[2*i]-pos[2*j], pos[2*i+1]-pos[2*j+1]) < contact {
				o.Collisions++
				reward[i]--
				reward[j]--
			}
		}
	}
	for i := range reward {
		reward[i] = float32(w.local*reward[i]) - float32(w.global*o.Distance)
	}
	w.outcomes[world] = o
}

// observe writes the observations of a world. The channels of other agents stay 0.
func (w *Worlds) observe(world int) {
	pos, vel, marks := w.row(w.pos, world), w.row(w.vel, world), w.row(w.marks, world)
	obs, size := w.row(w.obs, world), w.scenario.ObsSize()
	for i := range w.agents {
		o := obs[i*size:][:size]
		x, y := pos[2*i], pos[2*i+1]
		o = next(o, vel[2*i], vel[2*i+1])
		o = next(o, x, y)
		for l := range w.agents {
			o = next(o, marks[2*l]-x, marks[2*l+1]-y)
		}
		for j := range w.agents {
			if j != i {
				o = next(o, pos[2*j]-x, pos[2*j+1]-y)
			}
		}
	}
}

// next writes two numbers and returns the rest.
func next(to []float32, x, y float32) []float32 {
	to[0], to[1] = x, y
	return to[2:]
}
