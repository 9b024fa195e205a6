// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// manifest is the file that lists what exports wrote, so that the next one takes away
// what is no more and nothing else.
const manifest = ".pharos-export"

// pagesFolder is where all pages but the main one are.
const pagesFolder = "pages"

// An export is under way. Names of files have slashes, and begin in its folder.
type export struct {
	dir    string
	log    *slog.Logger
	before []string        // what earlier exports wrote
	wanted map[string]bool // what this one writes
	failed map[string]bool // folders of pages that can't be written
}

func (x *export) readManifest() error {
	text, err := os.ReadFile(filepath.Join(x.dir, manifest))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	x.before = strings.Fields(string(text)) // no name has a space
	return nil
}

// list writes the manifest.
func (x *export) list(names map[string]bool) error {
	if len(names) == 0 && len(x.before) == 0 {
		return nil
	}
	text := strings.Join(slices.Sorted(maps.Keys(names)), "\n") + "\n"
	return writeFile(filepath.Join(x.dir, manifest), []byte(text))
}

// write writes a page into a folder. Its files are in the manifest before they are
// there, so that none is left over if this is the end.
func (x *export) write(s *site, folder string) error {
	files, err := drawFiles(s)
	if err != nil {
		return err
	}
	for _, name := range withoutClashes(files) {
		x.log.Warn("A file of the page has a name that leads through another one; it is left out", "page", s.face.id, "file", name)
	}
	for name := range files {
		x.wanted[path.Join(folder, name)] = true
	}
	all := maps.Clone(x.wanted)
	for _, name := range x.before {
		all[name] = true
	}
	if err := x.list(all); err != nil {
		return err
	}
	for _, name := range order(files) {
		if err := writeFile(filepath.Join(x.dir, filepath.FromSlash(path.Join(folder, name))), files[name]); err != nil {
			return err
		}
	}
	return nil
}

// tidy removes what is no longer wanted.
func (x *export) tidy() error {
	for _, name := range x.before {
		if x.failed[folderOf(name)] {
			x.wanted[name] = true
		}
	}
	if len(x.before) > 0 {
		root, err := os.OpenRoot(x.dir) // whatever stands in the list, nothing outside is touched
		if err != nil {
			return err
		}
		defer root.Close() //nolint:errcheck // only a handle
		for _, name := range x.before {
			if !x.wanted[name] {
				x.remove(root, name)
			}
		}
	}
	return x.list(x.wanted)
}

// remove removes a file, and its folders if they are empty now.
func (x *export) remove(root *os.Root, name string) {
	if err := root.Remove(filepath.FromSlash(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		x.log.Error("A file of an earlier export can't be removed, and stays in public", "file", name, "err", err)
		x.wanted[name] = true // to be tried again
		return
	}
	for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
		if root.Remove(filepath.FromSlash(folder)) != nil {
			return
		}
	}
}

// folderOf returns the folder of the page that a file is of.
func folderOf(name string) string {
	rest, ok := strings.CutPrefix(name, pagesFolder+"/")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return path.Join(pagesFolder, id)
}
