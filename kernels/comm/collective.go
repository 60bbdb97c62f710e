package comm

import "fmt"

// link carries messages between two ranks, which arrive in the order in which they were sent.
type link interface {
	send(to int, x []float32) error
	// receive fills x. A message of another length is an error.
	receive(from int, x []float32) error
	// await is receive without a limit of time. It returns ErrOver when rank 0 has ended the group.
	await(from int, x []float32) error
	Abort(cause error)
}

// collective makes the calls of a Member out of messages.
type collective struct {
	link
	rank, size int
}

// chunk is the number of floats of a message of the chain. While a rank adds a chunk, the next one works on the chunk
// before.
const chunk = 8 << 10

// Rank implements Comm.
func (c *collective) Rank() int { return c.rank }

// Size implements Comm.
func (c *collective) Size() int { return c.size }

// Chain implements Comm: prefix sums run from rank 0 to the last rank, which tells all ranks the result.
func (c *collective) Chain(sum []float32, own ...Rows) error {
	if err := fit(sum, own); err != nil {
		return err
	}
	for at := 0; at < len(sum); at += chunk {
		prefix := sum[at:min(at+chunk, len(sum))]
		if err := c.begin(prefix); err != nil {
			return err
		}
		addRows(prefix, at, own)
		if c.rank == c.size-1 {
			continue
		}
		if err := c.send(c.rank+1, prefix); err != nil {
			return err
		}
	}
	return c.broadcast(c.size-1, sum, c.receive)
}

// fit checks that rows are as wide as their sum.
func fit(sum []float32, own []Rows) error {
	width := 0
	for _, x := range own {
		if x.Width < 1 || len(x.Floats)%x.Width != 0 {
			return fmt.Errorf("comm: %d floats are no rows of %d", len(x.Floats), x.Width)
		}
		width += x.Width
	}
	if width != len(sum) {
		return fmt.Errorf("comm: rows of %d floats for a sum of %d", width, len(sum))
	}
	return nil
}

// addRows adds rows to the part of their sum that begins at float at.
func addRows(part []float32, at int, own []Rows) {
	for _, x := range own {
		from, to := max(0, at), min(x.Width, at+len(part)) // columns of x in the part
		for row := 0; from < to && row < len(x.Floats); row += x.Width {
			add(part[from-at:to-at], x.Floats[row+from:])
		}
		at -= x.Width
	}
}

// begin is the sum of the lower ranks.
func (c *collective) begin(prefix []float32) error {
	if c.rank > 0 {
		return c.receive(c.rank-1, prefix)
	}
	clear(prefix)
	return nil
}

func add(to, x []float32) {
	for i := range to {
		to[i] += x[i]
	}
}

// broadcast copies x of rank root to all ranks. Ranks form a binomial tree: counted from the root, rank v gets x from v
// without its highest digit, and gives it to v + 2^k for all larger powers of two.
func (c *collective) broadcast(root int, x []float32, receive func(from int, x []float32) error) error {
	v := (c.rank - root + c.size) % c.size
	step := 1
	for step <= v {
		step *= 2
	}
	if v > 0 {
		if err := receive((root+v-step/2)%c.size, x); err != nil {
			return err
		}
	}
	for ; v+step < c.size; step *= 2 {
		if err := c.send((root+v+step)%c.size, x); err != nil {
			return err
		}
	}
	return nil
}

// Allgather implements Comm: parts go round a ring, so that every rank sends each of them once.
func (c *collective) Allgather(all []float32, ends []int) error {
	if len(ends) != c.size || ends[c.size-1] != len(all) {
		return fmt.Errorf("comm: parts that end at %v are no %d parts of %d floats", ends, c.size, len(all))
	}
	part := func(step int) []float32 {
		r, from := (c.rank-step+c.size)%c.size, 0
		if r > 0 {
			from = ends[r-1]
		}
		return all[from:ends[r]]
	}
	for step := range c.size - 1 {
		if err := c.pass(part(step), part(step+1)); err != nil {
			return err
		}
	}
	return nil
}

// pass sends floats to the next rank and receives others from the one before, in pieces, so that no message takes so long that a rank
// on a slow network seems to be silent. An empty part is no message.
func (c *collective) pass(out, in []float32) error {
	for at := 0; at < max(len(out), len(in)); at += piece {
		if at < len(out) {
			if err := c.send((c.rank+1)%c.size, out[at:min(at+piece, len(out))]); err != nil {
				return err
			}
		}
		if at < len(in) {
			if err := c.receive((c.rank-1+c.size)%c.size, in[at:min(at+piece, len(in))]); err != nil {
				return err
			}
		}
	}
	return nil
}

// Barrier implements Comm. In round k a rank tells the rank 2^k after it that it, and all that it has heard of, are here.
func (c *collective) Barrier() error {
	for step := 1; step < c.size; step *= 2 {
		if err := c.send((c.rank+step)%c.size, nil); err != nil {
			return err
		}
		if err := c.receive((c.rank-step+c.size)%c.size, nil); err != nil {
			return err
		}
	}
	return nil
}
