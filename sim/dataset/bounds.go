package dataset

// Bounds of a scenario, those of sim.Scenario.Validate.
const (
	mostServers      = 1 << 14
	mostModels       = 256
	mostHallM        = 1e5
	mostProcessors   = 64 // of a server
	mostArrivalRate  = 8
	mostQueue        = 64
	mostTraceSlots   = 1 << 26
	leastMbit        = 1e-3
	leastGcycles     = 1e-3
	leastGcyclesPerS = 1e-3
)
