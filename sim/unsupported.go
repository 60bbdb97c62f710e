package sim

// unsupported names an option of the scenario that the C engine does not know, "" if it knows
// them all. New plays such a scenario on the Go engine. An option that is added to the
// Go engine is listed here until the C engine has it.
func unsupported(s *Scenario) string {
	for _, option := range []struct {
		key string
		on  bool
	}{
		{"radio.reuse_1", s.Radio.Reuse1},
		{"hall.mobility", s.Hall.Mobility.EverySlots > 0},
		{"compute.cloud", s.hasCloud()},
		{"compute.batch", s.Compute.Batch.Max > 0},
		{"compute.discipline", s.Compute.Discipline != ""},
		{"tasks.arrivals", s.Tasks.Arrivals.Process != ""},
	} {
		if option.on {
			return option.key
		}
	}
	return ""
}
