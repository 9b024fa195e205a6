// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/atomicfile"
)

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
	s.warnOfPrivate()
	return errors.Join(asked, s.write(dir))
}

// warnOfPrivate names the pages that an export leaves out.
func (s *Server) warnOfPrivate() {
	for _, one := range s.gallery.shown.Load().sites {
		if one.face.gate != nil {
			s.o.Logger.Warn("A private page is not written as static files", "page", one.face.id)
		}
	}
}

// exporting writes the pages to the folder of the configuration, again and again.
func (s *Server) exporting(ctx context.Context) {
	if s.config().Export.Dir != "" {
		s.warnOfPrivate()
	}
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
// Each file is replaced at once, and index.html of a page last, so that no page that is
// there leads to one that is not yet; files that did not change are left alone. Then
// what an earlier export wrote and this one did not is removed, among it pages that are
// no more, or private now. Where a page can't be written the others are, and what is
// there of it stays.
func (s *Server) write(dir string) error {
	err := s.writeSites(dir)
	s.metrics.exported(err)
	return err
}

func (s *Server) writeSites(dir string) error {
	x := &export{dir: dir, log: s.o.Logger, wanted: map[string]bool{}, failed: map[string]bool{}}
	if err := x.readManifest(); err != nil {
		return err
	}
	var errs []error
	for i, one := range s.gallery.shown.Load().sites {
		if one.face.gate != nil {
			continue
		}
		folder := ""
		if i > 0 {
			folder = path.Join(pagesFolder, one.face.id)
		}
		if err := x.write(one, folder); err != nil {
			x.failed[folder] = true
			errs = append(errs, fmt.Errorf("export page %q to %s: %w", one.face.id, filepath.Join(dir, folder), err))
		}
	}
	return errors.Join(append(errs, x.tidy())...)
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
