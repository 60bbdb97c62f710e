package kernels

// WithoutBackends empties the registry until the function that it returns is called.
func WithoutBackends() (restore func()) {
	old := registry.drivers
	registry.drivers = nil
	return func() { registry.drivers = old }
}
