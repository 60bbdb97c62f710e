package machine

// Persistent is the size in floats of what outlives a run.
func Persistent(m *Machine) int64 { return m.run.(*runner32).Persistent() }
