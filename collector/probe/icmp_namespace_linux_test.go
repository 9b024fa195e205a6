// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

// insideNamespace is set in the environment of a test that has a network for itself.
const insideNamespace = "PHAROS_TEST_NAMESPACE"

var makeNetwork sync.Once // a process has one network, and one test, which a benchmark may repeat

// alone returns true in a process that has a network for itself, where the commands
// of the program ip have been run. Elsewhere it has such a process run this test.
func alone(t *testing.T, commands string) bool {
	t.Helper()
	inside, output := inNamespace(t, commands, "-test.v", "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$")
	switch {
	case inside:
		return true
	case strings.Contains(output, "--- SKIP"):
		testkit.Skip(t, output)
	}
	require.Contains(t, output, "--- PASS: "+t.Name())
	return false
}

// inNamespace returns true in a process that has a network for itself, where the
// commands of the program ip have been run. Elsewhere it starts this program again
// in such a network, with args, and returns what that printed.
func inNamespace(t testing.TB, commands string, args ...string) (inside bool, output string) {
	t.Helper()
	if os.Getenv(insideNamespace) != "" {
		makeNetwork.Do(func() {
			for line := range strings.Lines(commands) {
				if out, err := exec.CommandContext(t.Context(), "ip", strings.Fields(line)...).CombinedOutput(); err != nil {
					testkit.Skip(t, "no such network here: ip "+line+": "+string(out))
				}
			}
		})
		return true, ""
	}
	testkit.Program(t, "ip")
	again := exec.CommandContext(t.Context(), "/proc/self/exe", args...)
	again.Env = append(os.Environ(), insideNamespace+"=1")
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 {
		again.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		again.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		again.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := again.CombinedOutput()
	if err != nil && again.Process == nil {
		testkit.Skip(t, "no network of its own for a test here: "+err.Error())
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return false, string(out)
}
