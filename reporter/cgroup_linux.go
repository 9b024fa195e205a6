// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A hierarchy holds the cgroups of the process for one controller.
type hierarchy struct {
	unified bool     // of version 2
	root    string   // the cgroup that is mounted
	mount   string   // where it is mounted, in a file system at /
	groups  []string // the own cgroup and those above it, relative to mount
}

// maxGroups is how many cgroups above each other are looked at.
const maxGroups = 32

// A membership is a line of /proc/self/cgroup.
type membership struct {
	controllers []string // of version 1, none for version 2
	group       string
}

// A mount is a line of /proc/self/mountinfo that mounts cgroups.
type mount struct {
	unified     bool
	controllers []string // of version 1, among other options
	root        string   // the cgroup that is mounted
	point       string   // where
}

// findHierarchy finds the cgroups of a controller: in version 1 if they are there,
// else in version 2.
func findHierarchy(own []membership, mounts []mount, controller string) (h hierarchy, ok bool) {
	for _, unified := range []bool{false, true} {
		in := slices.IndexFunc(own, func(m membership) bool {
			return unified && m.controllers == nil || !unified && slices.Contains(m.controllers, controller)
		})
		if in < 0 {
			continue
		}
		group := own[in].group
		fits := func(m mount) bool {
			return m.unified == unified && (unified || slices.Contains(m.controllers, controller))
		}
		at := slices.IndexFunc(mounts, func(m mount) bool { return fits(m) && below(group, m.root) })
		if at < 0 { // the cgroup is out of sight; what is in sight is one above it, or the container's
			at = slices.IndexFunc(mounts, fits)
		}
		if at >= 0 {
			m := mounts[at]
			return hierarchy{unified, m.root, strings.TrimPrefix(m.point, "/"), groupsBetween(group, m.root)}, true
		}
	}
	return h, false
}

// path returns the path of one of the groups, wherever the hierarchy is mounted.
func (h hierarchy) path(group string) string { return path.Join(h.root, group) }

// find returns the group that has a path. Another hierarchy may have none: a process
// may be in a cgroup of one controller, and not in the one of that path of another.
func (h hierarchy) find(of string) (group string, err error) {
	at := slices.IndexFunc(h.groups, func(g string) bool { return h.path(g) == of })
	if at < 0 {
		return "", fmt.Errorf("the process is not in the cgroup %s", of)
	}
	return h.groups[at], nil
}

// below tells whether a cgroup is another one, or below it.
func below(group, root string) bool {
	return group == root || strings.HasPrefix(group, strings.TrimSuffix(root, "/")+"/")
}

// groupsBetween returns a cgroup and those above it up to root, relative to root.
func groupsBetween(group, root string) []string {
	if !below(group, root) || slices.Contains(strings.Split(group, "/"), "..") {
		return []string{"."}
	}
	relative := path.Join(".", strings.TrimPrefix(group, strings.TrimSuffix(root, "/")))
	var groups []string
	for len(groups) < maxGroups-1 && relative != "." {
		groups = append(groups, relative)
		relative = path.Dir(relative)
	}
	return append(groups, ".")
}

// parseMemberships reads /proc/self/cgroup: lines of an id, controllers and a path.
func parseMemberships(text []byte) []membership {
	var own []membership
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) < 3 || !strings.HasPrefix(parts[2], "/") {
			continue
		}
		m := membership{group: path.Clean(parts[2])}
		if parts[1] != "" {
			m.controllers = strings.Split(parts[1], ",")
		}
		own = append(own, m)
	}
	return own
}

// parseMounts reads the cgroups in /proc/self/mountinfo, whose lines have, after a
// dash, the kind of the file system, its source and its options.
func parseMounts(text []byte) []mount {
	var mounts []mount
	for line := range bytes.Lines(text) {
		if !bytes.Contains(line, []byte(" - cgroup")) { // most are of something else
			continue
		}
		before, after, _ := strings.Cut(string(line), " - ")
		place, kind := strings.Fields(before), strings.Fields(after)
		if len(place) < 5 || len(kind) < 3 {
			continue
		}
		m := mount{root: path.Clean(unescape(place[3])), point: path.Clean(unescape(place[4]))}
		switch {
		case !fs.ValidPath(strings.TrimPrefix(m.point, "/")):
			continue
		case kind[0] == "cgroup2":
			m.unified = true
		case kind[0] == "cgroup":
			m.controllers = strings.Split(kind[2], ",")
		default:
			continue
		}
		mounts = append(mounts, m)
	}
	return mounts
}

// unescape reads a path as the kernel writes it: white space and backslashes are
// three octal digits after a backslash.
func unescape(text string) string {
	var out strings.Builder
	for {
		before, after, escaped := strings.Cut(text, `\`)
		out.WriteString(before)
		if !escaped {
			return out.String()
		}
		if code, err := strconv.ParseUint(after[:min(3, len(after))], 8, 8); err == nil && len(after) >= 3 {
			out.WriteByte(byte(code))
			text = after[3:]
		} else {
			out.WriteByte('\\')
			text = after
		}
	}
}

var errNoLimit = errors.New("no limit")

// parseCPUMax reads cpu.max, a quota or max and a period, as a number of cores.
func parseCPUMax(text string) (cores float64, err error) {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return 0, fmt.Errorf("%.40q is no quota and period", text)
	}
	return parseQuota(fields[0], fields[1])
}

// parseQuota reads a quota of CPU time and its period, as a number of cores.
func parseQuota(quota, period string) (cores float64, err error) {
	if quota == "max" || quota == "-1" {
		return 0, errNoLimit
	}
	q, err := strconv.ParseUint(quota, 10, 63)
	if err != nil {
		return 0, err
	}
	p, err := strconv.ParseUint(period, 10, 63)
	if err != nil {
		return 0, err
	}
	if q == 0 || p == 0 {
		return 0, errNoLimit
	}
	return float64(q) / float64(p), nil
}

// parseStat reads a value of a file of names and values.
func parseStat(text []byte, name string) (uint64, error) {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.ParseUint(value, 10, 63)
		}
	}
	return 0, fmt.Errorf("it has no %s", name)
}
