package sim

// Names of the references.
const (
	inTurn  = "in-turn"
	imagine = "imagine"
	planner = "planner"
)

// References returns the names of the policies that know more than an IED can, from the least to the most. They are yardsticks
// of what knowledge is worth: no learned policy can be asked to reach one that knows more than it does.
func References() []string { return []string{imagine, inTurn, planner} }

// Knowledge says what a reference knows, in a few words; "" for other policies.
func Knowledge(reference string) string {
	return map[string]string{
		imagine: "knows all gains, queues and caches of the slot, but not the tasks of the others",
		inTurn:  "decides for one IED after another, and knows the tasks and decisions of those before it",
		planner: "knows all tasks of the slot; no IED could",
	}[reference]
}
