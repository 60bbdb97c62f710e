//go:build !mpi

package comm

import "errors"

// HasMPI reports whether this build can join processes: whether it has the tag mpi.
const HasMPI = false

func openLibrary() (library, error) { return nil, errors.New("comm: this build has no MPI") }
