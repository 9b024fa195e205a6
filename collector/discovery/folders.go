// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/fsnotify/fsnotify"
)

// A notifier tells of events in folders.
type notifier struct {
	system *fsnotify.Watcher // nil until it is needed, and where there is none
	log    *slog.Logger
	failed map[string]bool // what was told already
	events <-chan fsnotify.Event
	errors <-chan error
}

func newNotifier(log *slog.Logger) *notifier {
	return &notifier{log: log, failed: map[string]bool{}}
}

func (n *notifier) close() {
	if n.system != nil {
		_ = n.system.Close()
	}
}

// follow follows the folders that matter to the patterns, and no others. To follow
// one again is to follow what has its name now.
func (n *notifier) follow(globs []string) {
	want := map[string]bool{}
	for _, glob := range globs {
		addFolders(want, glob)
	}
	if len(want) > 0 && n.system == nil && !n.start() {
		return
	}
	if n.system == nil {
		return
	}
	for _, folder := range n.system.WatchList() {
		if !want[folder] {
			_ = n.system.Remove(folder) // it may have gone by itself
		}
	}
	for folder := range want {
		if err := n.system.Add(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
			n.tell(folder, err)
		}
	}
}

func (n *notifier) start() bool {
	system, err := fsnotify.NewWatcher()
	if err != nil {
		n.tell("", err)
		return false
	}
	n.system, n.events, n.errors = system, system.Events, system.Errors
	return true
}

func (n *notifier) tell(folder string, err error) {
	if !n.failed[folder] {
		n.failed[folder] = true
		n.log.Warn("Changes of service files are seen late here", "folder", folder, "err", err)
	}
}

// addFolders adds the folders in which something happens before the set or the
// content of the matching files changes: where these are or would be, where folders
// on the way would match, and where a symbolic link on the way is.
func addFolders(to map[string]bool, pattern string) {
	folder := filepath.Dir(pattern)
	matches := []string{folder}
	if strings.ContainsAny(folder, `*?[\`) {
		matches, _ = filepath.Glob(folder)
		addFolders(to, folder)
	}
	for _, m := range matches {
		to[existing(m)] = true
		for ; m != filepath.Dir(m); m = filepath.Dir(m) {
			if info, err := os.Lstat(m); err == nil && info.Mode()&fs.ModeSymlink != 0 {
				to[existing(filepath.Dir(m))] = true
			}
		}
	}
}

// existing returns the folder itself or, if there is none, the nearest above.
func existing(folder string) string {
	for {
		if info, err := os.Stat(folder); err == nil && info.IsDir() || folder == filepath.Dir(folder) {
			return folder
		}
		folder = filepath.Dir(folder)
	}
}

// contents returns a hash of each matching file, or why there is none.
func contents(globs []string) map[string]string {
	all := map[string]string{}
	for _, glob := range globs {
		files, _ := filepath.Glob(glob)
		for _, file := range files {
			if _, ok := all[file]; !ok {
				all[file] = content(file)
			}
		}
	}
	return all
}

func content(file string) string {
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return "no file" // to open another kind may take for ever
	}
	f, err := os.Open(file)
	if err != nil {
		return err.Error()
	}
	defer f.Close() //nolint:errcheck // only read
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return err.Error()
	}
	return string(hash.Sum(nil))
}
