// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/discovery"
)

// watch watches files that match patterns below a folder, and returns a channel
// of changes. The one that follows from new patterns has been taken already.
func watch(t *testing.T, interval time.Duration, globs ...string) <-chan struct{} {
	t.Helper()
	changes := make(chan struct{}, 100)
	w := discovery.NewWatcher(discovery.WatcherOptions{
		Changed:  func() { changes <- struct{}{} },
		Interval: interval,
		Logger:   slog.New(slog.DiscardHandler),
	})
	w.Update(globs)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	requireChange(t, changes)
	return changes
}

func requireChange(t *testing.T, changes <-chan struct{}) {
	t.Helper()
	select {
	case <-changes:
	case <-time.After(patience):
		require.Fail(t, "no change was seen")
	}
}

// requireQuiet checks that nothing is seen for longer than a change takes to
// settle.
func requireQuiet(t *testing.T, changes <-chan struct{}) {
	t.Helper()
	select {
	case <-changes:
		require.Fail(t, "a change was seen")
	case <-time.After(3 * discovery.SettleTime):
	}
}

// put writes a file, and makes its folder if there is none.
func put(text string, path ...string) error {
	name := filepath.Join(path...)
	return errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o600))
}

func write(t *testing.T, text string, path ...string) string {
	t.Helper()
	require.NoError(t, put(text, path...))
	return filepath.Join(path...)
}

func TestWatcherSeesChanges(t *testing.T) {
	t.Parallel()
	tests := map[string]func(dir string) error{
		"content":         func(dir string) error { return put("2", dir, "a.yml") },
		"content, longer": func(dir string) error { return put("much more", dir, "a.yml") },
		"another file":    func(dir string) error { return put("1", dir, "b.yml") },
		"a file less":     func(dir string) error { return os.Remove(filepath.Join(dir, "a.yml")) },
		"renamed over, as editors do": func(dir string) error {
			return errors.Join(put("2", dir, ".a.yml.swp"), os.Rename(filepath.Join(dir, ".a.yml.swp"), filepath.Join(dir, "a.yml")))
		},
		"renamed away and written, as other editors do": func(dir string) error {
			return errors.Join(os.Rename(filepath.Join(dir, "a.yml"), filepath.Join(dir, "a.yml~")), put("2", dir, "a.yml"))
		},
		"the folder is another one": func(dir string) error {
			return errors.Join(put("2", dir+".new", "a.yml"), os.Rename(dir, dir+".old"), os.Rename(dir+".new", dir))
		},
		"the folder is gone": os.RemoveAll,
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "services.d")
			write(t, "1", dir, "a.yml")
			changes := watch(t, time.Hour, filepath.Join(dir, "*.yml"))
			require.NoError(t, change(dir))
			requireChange(t, changes)
			requireQuiet(t, changes)
			write(t, "3", dir, "a.yml") // it goes on
			requireChange(t, changes)
		})
	}
}

func TestWatcherSeesNothingElse(t *testing.T) {
	t.Parallel()
	tests := map[string]func(dir string) error{
		"the same again": func(dir string) error { return put("1", dir, "a.yml") },
		"another name":   func(dir string) error { return put("1", dir, "a.txt") },
		"a time":         func(dir string) error { return os.Chtimes(filepath.Join(dir, "a.yml"), time.Now(), time.Now()) },
		"a copy renamed over": func(dir string) error {
			return errors.Join(put("1", dir, "new"), os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "a.yml")))
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, "1", dir, "a.yml")
			changes := watch(t, time.Hour, filepath.Join(dir, "*.yml"))
			require.NoError(t, change(dir))
			requireQuiet(t, changes)
		})
	}
}

func TestWatcherSeesFoldersThatAppearLater(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	changes := watch(t, time.Hour, filepath.Join(dir, "later", "on", "*.yml"), filepath.Join(dir, "teams", "*", "services", "*.yml"))
	write(t, "1", dir, "later", "on", "a.yml")
	requireChange(t, changes)
	requireQuiet(t, changes)
	write(t, "1", dir, "teams", "red", "services", "a.yml")
	requireChange(t, changes)
	requireQuiet(t, changes)
	write(t, "1", dir, "teams", "blue", "services", "a.yml")
	requireChange(t, changes)
	write(t, "2", dir, "teams", "red", "services", "a.yml")
	requireChange(t, changes)
}

// Kubernetes mounts a folder of links to ..data/FILE, and points ..data elsewhere;
// deployments point a link to the new release.
func TestWatcherSeesThroughLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, "1", dir, "one", "a.yml")
	write(t, "2", dir, "two", "a.yml")
	require.NoError(t, os.Symlink("one", filepath.Join(dir, "..data")))
	mount := filepath.Join(dir, "mount")
	require.NoError(t, os.Mkdir(mount, 0o755))
	require.NoError(t, os.Symlink("../one", filepath.Join(mount, "..data")))
	require.NoError(t, os.Symlink("..data/a.yml", filepath.Join(mount, "a.yml")))
	tests := map[string]struct{ link, to, glob string }{
		"on the way":    {filepath.Join(dir, "..data"), "two", filepath.Join(dir, "..data", "*.yml")},
		"in the folder": {filepath.Join(mount, "..data"), "../two", filepath.Join(mount, "*.yml")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changes := watch(t, time.Hour, test.glob)
			require.NoError(t, os.Symlink(test.to, test.link+".new"))
			require.NoError(t, os.Rename(test.link+".new", test.link))
			requireChange(t, changes)
			requireQuiet(t, changes)
		})
	}
}

// A named pipe that nobody writes to would hold up who opens it.
func TestWatcherOpensNoPipes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.yml"), 0o600))
	changes := watch(t, time.Hour, filepath.Join(dir, "*.yml"))
	write(t, "1", dir, "a.yml")
	requireChange(t, changes)
}

// What the system doesn't tell of is found by looking: here what a link leads to.
func TestWatcherLooksFromTimeToTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := write(t, "1", dir, "elsewhere", "a.yml")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "services"), 0o755))
	require.NoError(t, os.Symlink(file, filepath.Join(dir, "services", "a.yml")))
	changes := watch(t, 50*time.Millisecond, filepath.Join(dir, "services", "*.yml"))
	requireQuiet(t, changes)
	write(t, "2", dir, "elsewhere", "a.yml")
	requireChange(t, changes)
}

func TestWatcherUpdate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, "1", dir, "a", "a.yml")
	changes := make(chan struct{}, 100)
	w := discovery.NewWatcher(discovery.WatcherOptions{Changed: func() { changes <- struct{}{} }, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	requireQuiet(t, changes)
	a, b := filepath.Join(dir, "a", "*.yml"), filepath.Join(dir, "b", "*.yml")
	w.Update([]string{a})
	requireChange(t, changes)
	w.Update([]string{a})
	requireQuiet(t, changes)
	w.Update([]string{b})
	requireChange(t, changes)
	write(t, "2", dir, "a", "a.yml")
	requireQuiet(t, changes)
	write(t, "1", dir, "b", "a.yml")
	requireChange(t, changes)
	w.Update(nil)
	requireQuiet(t, changes)
	cancel()
	require.NoError(t, <-done)
}

func TestFolders(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	write(t, "", dir, "teams", "red", "services", "a.yml")
	write(t, "", dir, "teams", "blue", "a.yml")
	tests := map[string][]string{
		"teams/red/services/*.yml": {"teams/red/services"},
		"teams/*/services/*.yml":   {"teams", "teams/blue", "teams/red", "teams/red/services"},
		"teams/*/*.yml":            {"teams", "teams/blue", "teams/red"},
		"none/of/these/*.yml":      {""},
		"teams/blue/a.yml/*.yml":   {"teams/blue"},
	}
	for glob, want := range tests {
		t.Run(glob, func(t *testing.T) {
			t.Parallel()
			var got []string
			for folder := range discovery.Folders(filepath.Join(dir, glob)) {
				rel, err := filepath.Rel(dir, folder)
				require.NoError(t, err)
				if rel == "." {
					rel = ""
				}
				got = append(got, rel)
			}
			slices.Sort(got)
			require.Equal(t, want, got)
		})
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		events int // each half of the time after the one before
		want   time.Duration
	}{
		"at once":  {0, discovery.SettleTime},
		"some":     {4, 3 * discovery.SettleTime},
		"no end":   {1000, discovery.SettleMost * discovery.SettleTime},
		"just one": {1, discovery.SettleTime * 3 / 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				events := make(chan fsnotify.Event)
				ctx, cancel := context.WithCancel(t.Context())
				go func() {
					for range test.events {
						time.Sleep(discovery.SettleTime / 2)
						select {
						case events <- fsnotify.Event{}:
						case <-ctx.Done():
							return
						}
					}
				}()
				start := time.Now()
				require.True(t, discovery.Settle(ctx, events))
				require.Equal(t, test.want, time.Since(start))
				cancel()
				require.False(t, discovery.Settle(ctx, nil))
			})
		})
	}
}
