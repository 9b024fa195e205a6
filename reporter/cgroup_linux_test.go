// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestParseMounts(t *testing.T) {
	t.Parallel()
	got := parseMounts([]byte(someOther + v2Inside + v1Inside +
		"1 2 0:1 /a\\040b /c\\134d\\0 rw shared:1 master:2 - cgroup cgroup rw,cpuset\n" +
		"1 2 0:1 / /x rw - cgroups cgroup rw\n" + // no such kind
		"1 2 0:1 / relative/../.. rw - cgroup2 cgroup rw\n" +
		"1 2 0:1 - cgroup2 cgroup rw\n" + // too short
		"1 2 0:1 / /x rw - cgroup2\n"))
	require.Empty(t, cmp.Diff([]mount{
		{unified: true, root: "/", point: "/sys/fs/cgroup"},
		{controllers: []string{"rw", "cpu", "cpuacct"}, root: "/docker/c1", point: "/sys/fs/cgroup/cpu,cpuacct"},
		{controllers: []string{"rw", "memory"}, root: "/docker/c1", point: "/sys/fs/cgroup/memory"},
		{controllers: []string{"rw", "cpuset"}, root: "/a b", point: `/c\d\0`},
	}, got, cmp.AllowUnexported(mount{})))
}

func TestGroupsBetween(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		group, root string
		want        []string
	}{
		{"/", "/", []string{"."}},
		{"/a/b", "/", []string{"a/b", "a", "."}},
		{"/a/b/c", "/a", []string{"b/c", "b", "."}},
		{"/a", "/a", []string{"."}},
		{"/ab", "/a", []string{"."}},
		{"/../x", "/", []string{"."}},
	} {
		require.Equal(t, tc.want, groupsBetween(tc.group, tc.root), tc)
	}
	require.Len(t, groupsBetween(strings.Repeat("/a", 1000), "/"), maxGroups)
}

// Whatever the kernel says, what is looked for are files below a mount.
func FuzzFindHierarchy(f *testing.F) {
	f.Add("0::/a/b\n", v2Inside)
	f.Add("4:cpu,cpuacct:/docker/c1/x\n0::/\n", v1Inside+v2Inside)
	f.Add("1:cpu:/../..\n0::/..\n", someOther+v1Apart)
	f.Add("1:cpu:/a//b/./c\n", "1 2 3 /\\056\\056 /\\057 rw - cgroup c cpu\n")
	f.Fuzz(func(t *testing.T, own, mounts string) {
		for _, controller := range []string{"cpu", "memory"} {
			h, ok := findHierarchy(parseMemberships([]byte(own)), parseMounts([]byte(mounts)), controller)
			if !ok {
				continue
			}
			require.NotEmpty(t, h.groups)
			require.LessOrEqual(t, len(h.groups), maxGroups)
			for _, group := range h.groups {
				file := path.Join(h.mount, group, "f")
				require.True(t, fs.ValidPath(file), file)
				require.True(t, h.mount == "" || strings.HasPrefix(file, h.mount+"/"), "%s is not below %s", file, h.mount)
			}
		}
	})
}

func FuzzCgroupFiles(f *testing.F) {
	f.Add("max 100000")
	f.Add("50000 100000\n")
	f.Add("usage_usec 17\n")
	f.Add("0 0")
	f.Add("1.5 1 2 3")
	f.Add("0-3,8\n")
	f.Add("MemTotal: 8 kB\nMemAvailable: 4 kB\n")
	f.Fuzz(func(t *testing.T, text string) {
		if cores, err := parseCPUMax(text); err == nil {
			require.Positive(t, cores)
		}
		if average, err := parseLoadAverage(text); err == nil {
			require.NoError(t, Load{CPU: average}.validate())
		}
		if n, err := parseCores(text); err == nil {
			require.Positive(t, n)
		}
		if m, err := parseMemory([]byte(text)); err == nil {
			require.Positive(t, m.total)
			require.LessOrEqual(t, m.available, m.total)
		}
		_, _ = parseStat([]byte(text), "usage_usec")
	})
}
