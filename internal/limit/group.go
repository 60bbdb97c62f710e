package limit

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// system is the file system to look at: "/", or what a test has made.
type system string

// number reads a file that holds one number; ok is false without one, as with "max".
func (s system) number(parts ...string) (n int64, ok bool) {
	fields := s.fields(parts...)
	if len(fields) == 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(fields[0], 10, 64)
	return n, err == nil
}

func (s system) fields(parts ...string) []string {
	return strings.Fields(s.read(parts...))
}

// read returns the text of a file, "" without one: a limit that cannot be read is none.
func (s system) read(parts ...string) string {
	data, err := os.ReadFile(filepath.Join(append([]string{string(s)}, parts...)...))
	if err != nil {
		return ""
	}
	return string(data)
}

// sum adds up the named values of a file of lines "name value".
func (s system) sum(path string, names ...string) (total int64) {
	for line := range strings.Lines(s.read(path)) {
		f := strings.Fields(line)
		if len(f) < 2 || !slices.Contains(names, strings.TrimSuffix(f[0], ":")) {
			continue
		}
		if n, err := strconv.ParseInt(f[1], 10, 64); err == nil {
			total += n
		}
	}
	return total
}

// groups lists the folders of the control groups around this process, from the innermost out, for a controller of
// v1; "" is v2, where all controllers share a tree.
func (s system) groups(controller string) (folders []string) {
	for _, m := range s.mounts(controller) {
		inside, ok := within(s.path(controller), m.root)
		if !ok {
			inside = "/" // the group lies outside of what is mounted here, as in a container of an old kind
		}
		for ; ; inside = filepath.Dir(inside) {
			if folder := filepath.Join(m.at, inside); !slices.Contains(folders, folder) {
				folders = append(folders, folder)
			}
			if inside == "/" || inside == "." {
				break
			}
		}
	}
	return folders
}

// path is the group of this process, as /proc/self/cgroup names it (lines number:controllers:path).
func (s system) path(controller string) string {
	for line := range strings.Lines(s.read("proc/self/cgroup")) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) == 3 && (controller == "" && f[1] == "" || controller != "" && slices.Contains(strings.Split(f[1], ","), controller)) {
			return f[2]
		}
	}
	return "/"
}

// mount is a tree of groups: the group root is seen at the folder at.
type mount struct{ root, at string }

// mounts are those of a controller in /proc/self/mountinfo, and the usual places, which a file system mounted over
// them may have taken.
func (s system) mounts(controller string) []mount {
	var all []mount
	for line := range strings.Lines(s.read("proc/self/mountinfo")) {
		place, kind, ok := strings.Cut(line, " - ")
		f, g := strings.Fields(place), strings.Fields(kind)
		if !ok || len(f) < 5 || len(g) < 3 {
			continue
		}
		if controller == "" && g[0] == "cgroup2" || controller != "" && g[0] == "cgroup" && slices.Contains(strings.Split(g[2], ","), controller) {
			all = append(all, mount{unescaped(f[3]), unescaped(f[4])})
		}
	}
	return append(all, mount{"/", filepath.Join("/sys/fs/cgroup", controller)})
}

// unescaped undoes mountinfo's octal escapes of spaces and the like.
func unescaped(path string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(path)
}

// within is the path of a group below a root.
func within(path, root string) (string, bool) {
	if strings.HasPrefix(path, "/..") {
		return "", false
	}
	if root == "/" {
		return path, true
	}
	rest, ok := strings.CutPrefix(path, root)
	return "/" + strings.TrimPrefix(rest, "/"), ok && (rest == "" || rest[0] == '/')
}

// groupMemory is what the groups leave, math.MaxInt64 without a limit. Pages of files count as used there, though
// the kernel gives them up for memory that is asked for.
func (s system) groupMemory() int64 {
	free := int64(math.MaxInt64)
	for _, g := range s.groups("") {
		used, _ := s.number(g, "memory.current")
		used -= min(used, s.sum(filepath.Join(g, "memory.stat"), "inactive_file", "active_file", "slab_reclaimable"))
		for _, name := range []string{"memory.max", "memory.high"} {
			if limit, ok := s.number(g, name); ok {
				free = min(free, max(0, limit-used))
			}
		}
	}
	for _, g := range s.groups("memory") {
		used, _ := s.number(g, "memory.usage_in_bytes")
		used -= min(used, s.sum(filepath.Join(g, "memory.stat"), "total_inactive_file", "total_active_file"))
		if limit, ok := s.number(g, "memory.limit_in_bytes"); ok && limit < unlimited {
			free = min(free, max(0, limit-used))
		}
	}
	return free
}

// unlimited and more is what v1 says without a limit: the largest number that is a multiple of a page.
const unlimited = 1 << 62

// quota is the number of processors that the groups allow, +Inf without a limit.
func (s system) quota() float64 {
	least := math.Inf(1)
	for _, g := range s.groups("") {
		if f := s.fields(g, "cpu.max"); len(f) == 2 {
			least = min(least, share(f[0], f[1]))
		}
	}
	for _, g := range s.groups("cpu") {
		quota, period := s.fields(g, "cpu.cfs_quota_us"), s.fields(g, "cpu.cfs_period_us")
		if len(quota) == 1 && len(period) == 1 {
			least = min(least, share(quota[0], period[0]))
		}
	}
	return least
}

// share is quota over period, +Inf where they are no limit ("max" in v2, -1 in v1).
func share(quota, period string) float64 {
	q, err := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if err != nil || err2 != nil || q <= 0 || p <= 0 {
		return math.Inf(1)
	}
	return q / p
}
