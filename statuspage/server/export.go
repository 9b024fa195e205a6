// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/atomicfile"
)

// manifest is the file that lists what an export wrote, so that the next one takes
// away what is no more and nothing else.
const manifest = ".pharos-export"

// exportMode is that of the files: they are meant for a web server to read.
const exportMode fs.FileMode = 0o644

// Export refreshes the pages once and writes them to the folder, as [Server.write]
// does. It is for a server that does not run. If Prometheus does not answer, what is
// written says so, and so does the error.
func (s *Server) Export(ctx context.Context, dir string) error {
	s.follower.look(ctx)
	asked := s.pages.once(ctx)
	if asked == nil && s.past.Round(ctx, time.Now()) {
		s.pages.draw()
	}
	return errors.Join(asked, s.write(dir))
}

// exporting writes the pages to the folder of the configuration, again and again.
func (s *Server) exporting(ctx context.Context) {
	for {
		c := s.config().Export
		if c.Dir != "" && s.Ready() {
			if err := s.write(c.Dir); err != nil {
				s.o.Logger.Error("The page can't be written as static files", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(c.Every)):
		}
	}
}

// write writes the main page to the folder, and the others to folders of their IDs
// below pages/. Private pages are left out: a file asks for no password.
//
// Each file is replaced at once, and index.html last, so that no page that is there
// leads to one that is not yet; files that did not change are left alone. Then what an
// earlier export wrote and this one did not is removed.
func (s *Server) write(dir string) error {
	err := s.writeSites(dir)
	s.metrics.exported(err)
	return err
}

func (s *Server) writeSites(dir string) error {
	now := s.gallery.shown.Load()
	for i, one := range now.sites {
		if one.face.gate != nil {
			s.o.Logger.Warn("A private page is not written as static files", "page", one.face.id)
			continue
		}
		to := dir
		if i > 0 {
			to = filepath.Join(dir, "pages", fileName(one.face.id))
		}
		if err := writeSite(one, to, s.o.Logger); err != nil {
			return fmt.Errorf("export page %q to %s: %w", one.face.id, to, err)
		}
	}
	return nil
}

// writeSite writes one page.
func writeSite(s *site, dir string, log *slog.Logger) error {
	files, err := drawFiles(s)
	if err != nil {
		return err
	}
	for _, name := range order(files) {
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), files[name]); err != nil {
			return err
		}
	}
	if err := removeOld(dir, files, log); err != nil {
		return err
	}
	list := strings.Join(slices.Sorted(maps.Keys(files)), "\n") + "\n"
	return writeFile(filepath.Join(dir, manifest), []byte(list))
}

// order returns the names of files in the order in which they are written: assets,
// then what links to them, the front page last.
func order(files map[string][]byte) []string {
	rank := func(name string) int {
		switch {
		case strings.HasPrefix(name, "assets/"):
			return 0
		case name == "index.html":
			return 2
		}
		return 1
	}
	return slices.SortedFunc(maps.Keys(files), func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
}

// writeFile replaces a file, unless it has these bytes already.
func writeFile(name string, body []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, body) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(name, exportMode, func(w io.Writer) error {
		_, err := w.Write(body)
		return err
	})
}

// removeOld removes the files that an earlier export wrote and this one does not have.
func removeOld(dir string, files map[string][]byte, log *slog.Logger) error {
	list, err := os.ReadFile(filepath.Join(dir, manifest))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir) // whatever stands in the list, nothing outside is touched
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // only a handle
	for name := range strings.Lines(string(list)) {
		name = strings.TrimSpace(name)
		if _, kept := files[name]; kept || name == "" {
			continue
		}
		if err := root.Remove(filepath.FromSlash(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			log.Warn("A file of an earlier export can't be removed", "file", name, "err", err)
		}
	}
	return nil
}
