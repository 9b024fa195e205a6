// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Plan is what writing a [Result] into a folder would do. Nothing has been written
// when it is made. The names in it are those of files within the folder.
type Plan struct {
	Dir    string
	Write  []string // new, or to be changed
	Same   []string // there already, as they would be written
	Edited []Edit   // of those to write, what somebody else has written or edited
	Stale  []string // of an earlier conversion and no longer made: to be removed
	Left   []string // no longer made either, but edited since: they stay

	// LeftOver are paths of folders that conversions have left that were killed, or that
	// still run. They may hold secrets, and stay.
	LeftOver []string

	// Force has Apply overwrite what was edited. It is kept under another name.
	Force bool

	fresh bool // there is no folder yet
	files []File
}

// An Edit is a file that somebody else has written or edited.
type Edit struct {
	Name   string
	Backup string // what it is renamed to if it is overwritten
}

// manifestFile remembers what was written, so that what somebody has edited since is
// known.
const manifestFile = ".pharos-convert.json"

// A manifest is what was written.
type manifest struct {
	Program string            `json:"program"` // what it was made from
	Files   map[string]string `json:"files"`   // hashes by name
}

// NewPlan compares a result, and the report of it, with what is in the folder, which
// need not be there yet.
func NewPlan(dir string, r Result) (*Plan, error) {
	p := &Plan{Dir: dir, files: append(slices.Clone(r.Files), r.report(dir))}
	if err := checkNames(p.files); err != nil {
		return nil, err
	}
	now := manifest{r.Program, map[string]string{}}
	for _, f := range p.files {
		now.Files[f.Name] = hash(f.Data)
	}
	slices.SortFunc(p.files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	text, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		return nil, err
	}
	p.files = append(p.files, File{Name: manifestFile, Data: append(text, '\n'), Secret: true})

	p.LeftOver = append(leftOver(filepath.Dir(dir)), leftOver(dir)...)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && isLink(dir):
		return nil, fmt.Errorf("%s is a link to what is not there; make that folder, or remove the link", dir)
	case errors.Is(err, fs.ErrNotExist):
		p.fresh = true
		for _, f := range p.files {
			p.Write = append(p.Write, f.Name)
		}
		return p, nil
	case err != nil:
		return nil, fmt.Errorf("look at what is there: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("%s is a file; name a folder", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("look at what is there: %w", err)
	}
	defer root.Close() //nolint:errcheck // it is a place, no file
	return p, p.compare(root, now)
}

// checkNames refuses what a converter must not make.
func checkNames(files []File) error {
	seen := map[string]bool{manifestFile: true}
	for _, f := range files {
		if !filepath.IsLocal(f.Name) || filepath.Clean(f.Name) != f.Name || f.Name == "." || seen[f.Name] {
			return fmt.Errorf("write %q: no name of a file of the folder, or there twice", f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}

// compare sorts the files by what is to become of them.
func (p *Plan) compare(root *os.Root, now manifest) error {
	before, err := readManifest(root, now.Program)
	if err != nil {
		return err
	}
	for _, f := range p.files {
		found, err := look(root, f.Name)
		if err != nil {
			return err
		}
		if found.is(f) {
			p.Same = append(p.Same, f.Name)
			continue
		}
		p.Write = append(p.Write, f.Name)
		ours := found.hash == before.Files[f.Name] || found.hash == now.Files[f.Name] || f.Name == manifestFile
		if !found.exists || ours {
			continue
		}
		backup, err := freeName(root, f.Name)
		if err != nil {
			return err
		}
		p.Edited = append(p.Edited, Edit{f.Name, backup})
	}
	return p.findStale(root, before, now)
}

// findStale finds what was written before, and is no longer made.
func (p *Plan) findStale(root *os.Root, before, now manifest) error {
	for _, name := range slices.Sorted(maps.Keys(before.Files)) {
		if _, again := now.Files[name]; again || !filepath.IsLocal(name) {
			continue
		}
		found, err := look(root, name)
		switch {
		case err != nil:
			return err
		case found.hash == before.Files[name]:
			p.Stale = append(p.Stale, name)
		case found.exists:
			p.Left = append(p.Left, name)
		}
	}
	return nil
}

// readManifest returns what an earlier conversion has written. What was made from
// another program counts as somebody else's.
func readManifest(root *os.Root, program string) (manifest, error) {
	data, err := root.ReadFile(manifestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return manifest{}, nil
	} else if err != nil {
		return manifest{}, fmt.Errorf("read what was written before: %w", err)
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return manifest{}, fmt.Errorf("%s is damaged (%w); remove it, and convert with --force if the files are to be overwritten",
			filepath.Join(root.Name(), manifestFile), err)
	}
	if m.Program != program {
		return manifest{}, nil
	}
	return m, nil
}

// A find is what is there under the name of a file.
type find struct {
	exists bool
	mode   fs.FileMode
	hash   string // of a regular file; else no hash of anything
}

// is tells whether there is nothing to change. A secret that everybody may read is to
// be written anew.
func (found find) is(f File) bool {
	return found.hash == hash(f.Data) && (!f.Secret || found.mode.Perm()&0o007 == 0)
}

// look never follows a link: one that somebody has put in the place of a file is
// somebody's edit.
func look(root *os.Root, name string) (find, error) {
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return find{}, nil
	case err != nil:
		return find{}, fmt.Errorf("look at what is there: %w", err)
	case info.IsDir():
		return find{}, fmt.Errorf("%s is a folder; move it away, or choose another folder to write to", filepath.Join(root.Name(), name))
	case !info.Mode().IsRegular():
		return find{exists: true, mode: info.Mode(), hash: "-"}, nil
	}
	in, err := root.Open(name)
	if err != nil {
		return find{}, fmt.Errorf("look at what is there: %w", err)
	}
	defer in.Close() //nolint:errcheck // only read
	sum := sha256.New()
	if _, err := io.Copy(sum, in); err != nil {
		return find{}, fmt.Errorf("look at what is there: %w", err)
	}
	return find{true, info.Mode(), hex.EncodeToString(sum.Sum(nil))}, nil
}

// freeName returns what a file may be renamed to: NAME.bak, or NAME.bak2 and so on.
// What was kept before is never lost.
func freeName(root *os.Root, name string) (string, error) {
	const most = 1000
	backup := name + ".bak"
	for n := 2; n <= most; n++ {
		if _, err := root.Lstat(backup); errors.Is(err, fs.ErrNotExist) {
			return backup, nil
		} else if err != nil {
			return "", fmt.Errorf("look at what is there: %w", err)
		}
		backup = fmt.Sprintf("%s.bak%d", name, n)
	}
	return "", fmt.Errorf("there are %d files such as %s.bak; remove those that you don't need", most, name)
}

// leftOver returns what [Plan.Apply] makes for itself in a folder. Where nothing can be
// looked for, nothing can be told.
func leftOver(dir string) (paths []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if like, _ := filepath.Match(stageFolder, e.Name()); like && e.IsDir() {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().Type() == fs.ModeSymlink
}

// An EditedError says that files would be overwritten which somebody has edited.
type EditedError struct {
	Dir   string
	Names []string
}

// Error implements error.
func (e *EditedError) Error() string {
	return fmt.Sprintf("%s: edited since, or not written by this program: %s; nothing was written. With --force they are overwritten, and kept as NAME.bak",
		e.Dir, strings.Join(e.Names, ", "))
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
