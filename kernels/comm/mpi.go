//go:build mpi

package comm

/*
#include <mpi.h>
#include <stdlib.h>
#include <string.h>

static int gmel_init(int *rank, int *size) {
	int level, code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
	if (code == MPI_SUCCESS && level < MPI_THREAD_SERIALIZED) return -1;
	if (code == MPI_SUCCESS) code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	if (code == MPI_SUCCESS) code = MPI_Comm_rank(MPI_COMM_WORLD, rank);
	if (code == MPI_SUCCESS) code = MPI_Comm_size(MPI_COMM_WORLD, size);
	return code;
}

// A message; data follows it in memory.
typedef struct { MPI_Request request; int bytes, from, tag; } gmel_message;

static void *gmel_data(gmel_message *m) { return m + 1; }

static int gmel_send(int to, int tag, const void *data, int bytes, gmel_message **message) {
	gmel_message *m = *message = malloc(sizeof *m + bytes);
	if (!m) return MPI_ERR_NO_MEM;
	m->bytes = bytes;
	memcpy(gmel_data(m), data, bytes);
	return MPI_Isend(gmel_data(m), bytes, MPI_BYTE, to, tag, MPI_COMM_WORLD, &m->request);
}

// The next message that has come, or NULL.
static int gmel_receive(gmel_message **message) {
	int found, bytes, code;
	MPI_Message matched;
	MPI_Status status;
	*message = NULL;
	code = MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &found, &matched, &status);
	if (code != MPI_SUCCESS || !found) return code;
	code = MPI_Get_count(&status, MPI_BYTE, &bytes);
	if (code != MPI_SUCCESS) return code;
	gmel_message *m = *message = malloc(sizeof *m + bytes);
	if (!m) return MPI_ERR_NO_MEM;
	m->bytes = bytes, m->from = status.MPI_SOURCE, m->tag = status.MPI_TAG;
	return MPI_Imrecv(gmel_data(m), bytes, MPI_BYTE, &matched, &m->request);
}

static int gmel_done(gmel_message *m, int *done) { return MPI_Test(&m->request, done, MPI_STATUS_IGNORE); }

static void gmel_abort(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

static char *gmel_text(int code) {
	int length;
	char *text = calloc(1, MPI_MAX_ERROR_STRING + 1);
	if (text) MPI_Error_string(code, text, &length);
	return text;
}

static char *gmel_version(void) {
	int length;
	char *text = calloc(1, MPI_MAX_LIBRARY_VERSION_STRING + 1);
	if (text) MPI_Get_library_version(text, &length);
	return text;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unsafe"
)

// HasMPI reports whether this build can join processes: whether it has the tag mpi.
const HasMPI = true

// mpi is MPI with its communicator of all processes.
type mpi struct{ own, ranks int }

func openLibrary() (library, error) {
	var rank, size C.int
	code := C.gmel_init(&rank, &size)
	if code == -1 {
		return nil, errors.New("comm: this MPI library does not let several threads call it in turn (MPI_THREAD_SERIALIZED)")
	}
	return mpi{int(rank), int(size)}, fault(code)
}

// fault is the error of a code.
func fault(code C.int) error {
	if code == C.MPI_SUCCESS {
		return nil
	}
	return fmt.Errorf("MPI: %s", taken(C.gmel_text(code)))
}

// taken is a text in C, which it frees.
func taken(text *C.char) string {
	defer C.free(unsafe.Pointer(text))
	return C.GoString(text)
}

// name is the beginning of what the library says of itself, without how it was built.
func (mpi) name() string {
	text := taken(C.gmel_version())
	if end := strings.IndexAny(text, ",\n"); end >= 0 {
		text = text[:end]
	}
	return strings.Join(strings.Fields(text), " ")
}

func (m mpi) rank() int { return m.own }
func (m mpi) size() int { return m.ranks }

func (mpi) send(to, tag int, x []float32) (transfer, error) {
	bytes := 4 * len(x)
	if bytes > math.MaxInt32 {
		return nil, fmt.Errorf("a message of %d bytes is too long for MPI", bytes)
	}
	var m *C.gmel_message
	if err := fault(C.gmel_send(C.int(to), C.int(tag), unsafe.Pointer(unsafe.SliceData(x)), C.int(bytes), &m)); err != nil {
		return nil, err
	}
	return message{m}, nil
}

func (mpi) receive() (from, tag int, t transfer, err error) {
	var m *C.gmel_message
	if err := fault(C.gmel_receive(&m)); err != nil || m == nil {
		return 0, 0, nil, err
	}
	return int(m.from), int(m.tag), message{m}, nil
}

func (mpi) abort(code int) { C.gmel_abort(C.int(code)) }

// leave ends the process as C does: MPICH tells its launcher in a function that runs at the exit of a program in C. Without that
// the launcher kills the others.
func (mpi) leave(code int) error {
	err := fault(C.MPI_Finalize())
	if err == nil {
		C.exit(C.int(code))
	}
	return err
}

// message is a message in the memory of C, in which MPI may write until it is done.
type message struct{ at *C.gmel_message }

func (m message) done() (bool, error) {
	var done C.int
	err := fault(C.gmel_done(m.at, &done))
	return done != 0, err
}

func (m message) floats() []float32 {
	return unsafe.Slice((*float32)(C.gmel_data(m.at)), m.at.bytes/4)
}

func (m message) free() { C.free(unsafe.Pointer(m.at)) }
