package classify

import "fmt"

// Rounds cuts training into rounds with a table of draws each, so that what is drawn may depend on the network as it is.
type Rounds struct {
	N     int   // rounds, of nearly equal length
	Spare []int // rows that later tables may have beside those of the first, which alone says how values are standardised
	// Next returns the table of a round from 1 to N-1, as long as the first one. It may ask the network, but not close it.
	Next func(c *Classifier, round int) ([]float32, error)
}

// begins is the update that a round begins with.
func (r *Rounds) begins(round, updates int) int { return round * updates / r.N }

// spare are the rows beside those of the first table.
func (o *Options) spare() []int {
	if o.Rounds == nil {
		return nil
	}
	return o.Rounds.Spare
}

// checkRounds is an error unless every round has an update.
func (o *Options) checkRounds() error {
	if r := o.Rounds; r != nil && (r.N < 1 || r.N > o.Updates || r.Next == nil) {
		return fmt.Errorf("classify: %d rounds of %d updates; allowed: 1 to as many as updates, with the tables of the later ones", r.N, o.Updates)
	}
	return nil
}

// roundEnd is the update before which the round of an update ends.
func (o *Options) roundEnd(update int) int {
	end := o.Updates
	if o.Rounds == nil {
		return end
	}
	for round := o.Rounds.N - 1; round > 0 && o.Rounds.begins(round, o.Updates) > update; round-- {
		end = o.Rounds.begins(round, o.Updates)
	}
	return end
}

// redraw replaces the table of draws if a round other than the first begins with an update.
func (c *Classifier) redraw(update int) error {
	r := c.options.Rounds
	if r == nil {
		return nil
	}
	for round := 1; round < r.N; round++ {
		if r.begins(round, c.options.Updates) != update {
			continue
		}
		table, err := r.Next(c, round)
		if err == nil && int64(len(table)) != c.mem.draws.Len() {
			err = fmt.Errorf("%d draws, and the first table has %d", len(table), c.mem.draws.Len())
		}
		var draws []float32
		if err == nil {
			draws, err = c.numbers.renumber(table)
		}
		if err != nil {
			return fmt.Errorf("classify: round %d: %w", round, err)
		}
		return c.session.Upload(c.mem.draws, draws)
	}
	return nil
}
