// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

// smallDisk mounts a disk of a few megabytes on the folder, until the test ends.
func smallDisk(t *testing.T, folder string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=4m"); err != nil {
		testkit.Skip(t, "a disk can be mounted by root only: "+err.Error())
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(folder, 0)) })
}

// TestFullDisk fills the disk while the recipient can't be reached, frees it, and looks
// whether everything that was accepted arrives.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	to := newReceiver(t)
	to.answers(http.StatusServiceUnavailable)
	folder := t.TempDir()
	smallDisk(t, folder)
	b, err := open(t, folder, to.yml("delivery: {retry_wait: 10ms, retry_max: 50ms}"))
	require.NoError(t, err)
	run(t, b)

	ballast := filepath.Join(folder, "ballast")
	require.Error(t, os.WriteFile(ballast, make([]byte, 8<<20), 0o600), "the disk is full from now on")
	var accepted []string
	filler := strings.Repeat("x", 3000)
	for n := 0; ; n++ {
		require.Less(t, n, 10_000, "the disk never fills")
		group := fmt.Sprintf("%d-%s", n, filler)
		w := post(b, notification(group))
		if w.Code == http.StatusOK {
			accepted = append(accepted, group)
			continue
		}
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Equal(t, "10", w.Header().Get("Retry-After"))
		break
	}
	w := ask(b.Ops(), http.MethodGet, "/-/ready", "")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "no space left on device")
	require.Contains(t, ask(b.Ops(), http.MethodGet, "/metrics", "").Body.String(), "pharos_bridge_storage_ok 0\n")

	require.NoError(t, os.Remove(ballast))
	require.Eventually(t, func() bool { return b.Ready() == nil }, waitAtMost, waitEvery)
	require.Equal(t, http.StatusOK, post(b, notification("after")).Code)
	accepted = append(accepted, "after")
	to.answers(http.StatusOK)
	require.Eventually(t, func() bool { return len(to.got()) >= len(accepted) }, waitAtMost, waitEvery)
	require.Equal(t, accepted, to.got(), "all that was accepted arrives once, in order, and nothing else")
}
