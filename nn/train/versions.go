package train

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/gmel-go/gmel/kernels"
)

// Session describes one process that trained in a folder, including properties on which its numbers do not
// depend.
type Session struct {
	Started    string            `json:"started"`
	FromUpdate int               `json:"from_update"`
	Host       string            `json:"host"`
	Job        map[string]string `json:"job,omitempty"` // what a scheduler says of the process, by the names of its variables
	Command    []string          `json:"command"`
	Commit     string            `json:"commit"` // see Commit
	Go         string            `json:"go"`
	Platform   string            `json:"platform"`
	Modules    map[string]string `json:"modules"`
	Backend    string            `json:"backend"` // "" without one
	Device     string            `json:"device"`
	ISA        string            `json:"isa"`
	Threads    int               `json:"threads"`
}

// addVersions appends this process to versions.json.
func (f Folder) addVersions(d Device, update int) error {
	sessions, err := f.Sessions()
	if err != nil {
		return err
	}
	s := newSession(update)
	if err := s.on(d); err != nil {
		return err
	}
	return writeJSON(f.versions(), map[string][]Session{"sessions": append(sessions, s)})
}

// Sessions are the processes that trained in the folder, the first one first; none if versions.json is not there.
func (f Folder) Sessions() ([]Session, error) {
	var all struct {
		Sessions []Session `json:"sessions"`
	}
	data, err := os.ReadFile(f.versions())
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.versions(), err)
	}
	return all.Sessions, nil
}

// newSession is this process, which continues from an update.
func newSession(update int) Session {
	s := Session{
		Started: time.Now().UTC().Format(time.RFC3339), FromUpdate: max(0, update), Command: os.Args,
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Modules: map[string]string{},
	}
	s.Host, s.Job = hostname(), scheduled()
	b, ok := debug.ReadBuildInfo()
	if !ok {
		b = &debug.BuildInfo{}
	}
	for _, m := range b.Deps {
		s.Modules[m.Path] = m.Version
	}
	s.Commit = Commit(b)
	return s
}

// hostname is "" where the system does not tell.
func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}

// jobVariables say which job of a scheduler a process is: those of Slurm, of an Indexed Job of Kubernetes, of its pod by the downward API, and the number
// of processes that mpirun, mpiexec or srun has started.
var jobVariables = []string{
	"SLURM_CLUSTER_NAME", "SLURM_JOB_ID", "SLURM_JOB_NAME", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_RESTART_COUNT", "SLURM_JOB_NODELIST",
	"JOB_COMPLETION_INDEX", "POD_NAME", "POD_NAMESPACE", "NODE_NAME", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS",
}

// scheduled are the variables that are set; nil without a scheduler.
func scheduled() map[string]string {
	var job map[string]string
	for _, name := range jobVariables {
		if value, there := os.LookupEnv(name); there {
			if job == nil {
				job = map[string]string{}
			}
			job[name] = value
		}
	}
	return job
}

// on fills in the device of the job.
func (s *Session) on(d Device) error {
	s.Threads = d.Options.Threads
	if s.Threads == 0 {
		s.Threads = runtime.GOMAXPROCS(0)
	}
	if d.Backend == "" {
		return nil
	}
	info, err := kernels.Describe(d.Backend)
	if err != nil {
		return err
	}
	info = info.For(d.Options)
	s.Backend, s.Device, s.ISA = info.Name, info.Device, info.ISA
	return nil
}
