package deploy

// Slurm is a batch file for one command, or for an array of runs that give the same command.
type Slurm struct {
	Name string // of the job and of its logs
	Resources
	Time      string   // limit of a run, "": that of the partition
	Partition string   // "": the default of the cluster
	Account   string   // "": the default of the user
	Runs      int      // tasks of the array, 0: no array
	Parallel  int      // tasks of the array at a time, 0: no limit
	Ranks     int      // nodes that share one run, a process on each, 0: one process without MPI
	Command   []string // program and arguments
}

// Last is the index of the last task of the array.
func (s Slurm) Last() int { return s.Runs - 1 }

// Text is the batch file. An error is a value that is not allowed.
func (s Slurm) Text() (string, error) {
	c := checks{}
	c.match("name", s.Name, word)
	c.resources(s.Resources)
	c.match("time", s.Time, duration)
	c.match("partition", s.Partition, list)
	c.match("account", s.Account, list)
	c.atLeast("parallel", s.Parallel, 0)
	c.atLeast("ranks", s.Ranks, 0)
	c.command(s.Command)
	return c.execute("slurm.sbatch.tmpl", s)
}
