package main

import (
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/train"
)

// A launcher that has started one process, or a step of Slurm without MPI, is no launcher.
func TestLaunchersAreRecognised(t *testing.T) {
	for _, x := range []struct {
		variables map[string]string
		want      string // the error begins so; "": none
	}{
		{map[string]string{}, ""},
		{map[string]string{"OMPI_COMM_WORLD_SIZE": "1"}, ""},
		{map[string]string{"SLURM_STEP_NUM_TASKS": "8"}, ""},
		{map[string]string{"PMIX_RANK": "0"}, ""},
		{map[string]string{"OMPI_COMM_WORLD_SIZE": "4"}, "mpirun has started 4 processes"},
		{map[string]string{"PMI_SIZE": "2"}, "mpiexec has started 2 processes"},
		{map[string]string{"PMIX_RANK": "0", "SLURM_STEP_NUM_TASKS": "8"}, "srun has started 8 processes"},
	} {
		err := refuseLauncher(func(name string) (string, bool) {
			value, ok := x.variables[name]
			return value, ok
		})
		switch {
		case x.want == "" && err != nil, x.want != "" && (!train.IsUsage(err) || !strings.HasPrefix(err.Error(), x.want)):
			t.Errorf("%v: %v, want %q", x.variables, err, x.want)
		}
	}
}
