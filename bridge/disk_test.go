// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/spool"
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

// requireFailing looks for longer than the disk is left untried while it fails.
func requireFailing(t *testing.T, b *Bridge) {
	t.Helper()
	require.Never(t, func() bool {
		w := ask(b.Ops(), http.MethodGet, "/-/ready", "")
		return w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "no space left on device") ||
			!strings.Contains(ask(b.Ops(), http.MethodGet, "/metrics", "").Body.String(), "pharos_bridge_storage_ok 0\n")
	}, 3*tryFailed, waitEvery)
}

// TestDiskForSmallNotificationsOnly leaves room on the disk, and posts something larger:
// what fits is accepted meanwhile, and does not hide that the other is refused.
func TestDiskForSmallNotificationsOnly(t *testing.T) {
	t.Parallel()
	to := newReceiver(t)
	folder := t.TempDir()
	smallDisk(t, folder)
	b, err := open(t, folder, to.yml(""))
	require.NoError(t, err)
	run(t, b)
	ballast, err := os.Create(filepath.Join(folder, "ballast"))
	require.NoError(t, err)
	defer func() { require.NoError(t, ballast.Close()) }()
	_, err = ballast.Write(make([]byte, 8<<20))
	require.Error(t, err)
	size, err := ballast.Seek(0, io.SeekCurrent)
	require.NoError(t, err)
	require.NoError(t, ballast.Truncate(size-512<<10))

	large := crowded("large", 1<<20)
	require.Equal(t, http.StatusServiceUnavailable, post(b, large).Code)
	for n := range 3 {
		require.Equal(t, http.StatusOK, post(b, notification(fmt.Sprint("small-", n))).Code)
	}
	requireFailing(t, b)
	require.NoError(t, ballast.Truncate(0))
	require.Equal(t, http.StatusOK, post(b, large).Code)
	require.NoError(t, b.Ready())
}

// TestDiskOfWhichNothingIsHeard has one notification refused, and no other after it.
func TestDiskOfWhichNothingIsHeard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("no space left on device")
		files := &files{}
		d := &disk{spool: files}
		for _, err := range []error{spool.ErrFull, spool.ErrClosed, context.Canceled, context.DeadlineExceeded} {
			d.kept(9, fmt.Errorf("keep: %w", err))
			require.NoError(t, d.err(), "that is not of the disk")
		}
		d.kept(9, full)
		d.kept(5, full)
		d.kept(8, nil)
		require.Equal(t, full, d.err(), "what was kept is smaller than what was not")
		d.kept(9, nil)
		require.NoError(t, d.err())

		d.kept(9, full)
		time.Sleep(calm - time.Second)
		require.Equal(t, full, d.try(), "somebody may come again")
		time.Sleep(time.Second)
		files.err = errors.New("read-only file system")
		require.Equal(t, full, d.try())
		files.err = nil
		require.NoError(t, d.try())
		files.err = full
		require.Equal(t, full, d.err())
	})
}

// files are a spool whose writes end with err.
type files struct{ err error }

func (f *files) Err() error   { return f.err }
func (f *files) Probe() error { return f.err }

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
	requireFailing(t, b)

	require.NoError(t, os.Remove(ballast))
	after := "after-" + filler
	require.Eventually(t, func() bool { return post(b, notification(after)).Code == http.StatusOK }, waitAtMost, waitEvery)
	require.NoError(t, b.Ready())
	require.Contains(t, ask(b.Ops(), http.MethodGet, "/metrics", "").Body.String(), "pharos_bridge_storage_ok 1\n")
	accepted = append(accepted, after)
	to.answers(http.StatusOK)
	require.Eventually(t, func() bool { return len(to.got()) >= len(accepted) }, waitAtMost, waitEvery)
	require.Equal(t, accepted, to.got(), "all that was accepted arrives once, in order, and nothing else")
}
