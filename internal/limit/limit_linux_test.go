package limit

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// tree makes a file system of files, by path and text.
func tree(t *testing.T, files map[string]string) system {
	t.Helper()
	root := t.TempDir()
	for path, text := range files {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return system(root)
}

const (
	v2Mount = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	v1Mount = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
)

func TestGroupMemory(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing is known": {nil, math.MaxInt64},
		"no limit":         {map[string]string{"sys/fs/cgroup/memory.max": "max\n", "sys/fs/cgroup/memory.current": "5\n"}, math.MaxInt64},
		"a container that has read files": {map[string]string{
			"sys/fs/cgroup/memory.max": "2147483648\n", "sys/fs/cgroup/memory.current": "2100000000\n",
			"sys/fs/cgroup/memory.stat": "anon 20000000\nfile 2070000000\ninactive_file 1500000000\nactive_file 570000000\n",
		}, 2147483648 - 30000000},
		"files of a tmpfs stay": {map[string]string{
			"sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.current": "900\n",
			"sys/fs/cgroup/memory.stat": "file 800\nshmem 800\ninactive_file 0\nactive_file 0\n",
		}, 100},
		"a limit of a group in between": {map[string]string{
			"proc/self/mountinfo": v2Mount, "proc/self/cgroup": "0::/user.slice/run.scope/job\n",
			"sys/fs/cgroup/user.slice/run.scope/memory.max": "1000\n", "sys/fs/cgroup/user.slice/run.scope/memory.current": "300\n",
			"sys/fs/cgroup/user.slice/memory.max": "5000\n", "sys/fs/cgroup/user.slice/memory.current": "4000\n",
			"sys/fs/cgroup/user.slice/run.scope/job/memory.max": "max\n", "sys/fs/cgroup/user.slice/run.scope/job/memory.current": "200\n",
		}, 700},
		"the outermost leaves least": {map[string]string{
			"proc/self/mountinfo": v2Mount, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "1000\n", "sys/fs/cgroup/a/memory.max": "5000\n", "sys/fs/cgroup/a/memory.current": "4900\n",
		}, 100},
		"a limit that slows down": {map[string]string{
			"sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.high": "800\n", "sys/fs/cgroup/memory.current": "100\n",
		}, 700},
		"all is taken": {map[string]string{"sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.current": "1200\n"}, 0},
		"v1": {map[string]string{
			"proc/self/mountinfo": v1Mount, "proc/self/cgroup": "4:memory:/docker/x\n1:cpu,cpuacct:/\n0::/\n",
			"sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes": "1000\n", "sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes": "900\n",
			"sys/fs/cgroup/memory/docker/x/memory.stat":    "inactive_file 1\ntotal_inactive_file 200\ntotal_active_file 100\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":   "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes":   "70000\n",
			"sys/fs/cgroup/memory/other/mem.limit_in_byte": "1\n",
		}, 400},
		"v1 in a container that sees its own group as the root": {map[string]string{
			"proc/self/mountinfo": "35 31 0:32 /docker/x /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n", "proc/self/cgroup": "4:memory:/docker/x/sub\n",
			"sys/fs/cgroup/memory/sub/memory.limit_in_bytes": "1000\n", "sys/fs/cgroup/memory/sub/memory.usage_in_bytes": "100\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "2000\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "1500\n",
		}, 500},
		"a group outside of the mount": {map[string]string{
			"proc/self/mountinfo": v2Mount, "proc/self/cgroup": "0::/../other\n", "sys/fs/cgroup/memory.max": "1000\n",
		}, 1000},
	} {
		if got := tree(t, c.files).groupMemory(); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestQuota(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  float64
	}{
		"nothing is known": {nil, math.Inf(1)},
		"v2":               {map[string]string{"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5},
		"v2 without":       {map[string]string{"sys/fs/cgroup/cpu.max": "max 100000\n"}, math.Inf(1)},
		"nested": {map[string]string{
			"proc/self/mountinfo": v2Mount, "proc/self/cgroup": "0::/pod/x\n",
			"sys/fs/cgroup/pod/x/cpu.max": "400000 100000\n", "sys/fs/cgroup/pod/cpu.max": "200000 100000\n",
		}, 2},
		"v1": {map[string]string{
			"proc/self/mountinfo": v1Mount, "proc/self/cgroup": "1:cpu,cpuacct:/half\n",
			"sys/fs/cgroup/cpu,cpuacct/half/cpu.cfs_quota_us": "50000\n", "sys/fs/cgroup/cpu,cpuacct/half/cpu.cfs_period_us": "100000\n",
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
		}, 0.5},
	} {
		if got := tree(t, c.files).quota(); got != c.want {
			t.Errorf("%s: %g, want %g", name, got, c.want)
		}
	}
}

func TestMachineMemory(t *testing.T) {
	meminfo := "MemTotal: 9000 kB\nMemAvailable:   3000 kB\nCommitLimit: 5000 kB\nCommitted_AS: 4000 kB\n"
	if got := tree(t, map[string]string{"proc/meminfo": meminfo}).machineMemory(); got != 3000<<10 {
		t.Error(got)
	}
	if got := tree(t, map[string]string{"proc/meminfo": meminfo, "proc/sys/vm/overcommit_memory": "2\n"}).machineMemory(); got != 1000<<10 {
		t.Error(got)
	}
	if got := tree(t, nil).machineMemory(); got != math.MaxInt64 {
		t.Error(got)
	}
}

// A process under ulimit -v has what its address space leaves.
func TestMemoryUnderUlimit(t *testing.T) {
	if os.Getenv("GMEL_TEST_LIMIT") != "" {
		var r syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_AS, &r); err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("free=" + strconv.FormatInt(Memory(), 10) + ";limit=" + strconv.FormatUint(r.Cur, 10) + ";")
		return
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -v 4000000 && exec "$0" -test.run=TestMemoryUnderUlimit`, os.Args[0])
	cmd.Env = append(os.Environ(), "GMEL_TEST_LIMIT=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	value := func(name string) int64 {
		_, rest, _ := strings.Cut(string(out), name+"=")
		text, _, _ := strings.Cut(rest, ";")
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		return n
	}
	if free, limit := value("free"), value("limit"); limit != 4000000<<10 || free < 1 || free >= limit {
		t.Errorf("%d of %d", free, limit)
	}
}
