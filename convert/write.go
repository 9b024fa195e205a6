// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/pharos-status/pharos/internal/atomicfile"
)

// manifestFile remembers what was written, so that what somebody has edited since is
// known.
const manifestFile = ".pharos-convert.json"

// A manifest has the hash of each file that was written, by name.
type manifest map[string]string

// A Plan is what writing a [Result] into a folder would do. Nothing has been written
// when it is made.
type Plan struct {
	Dir     string
	Edited  []string // files that would be overwritten, though somebody else has written or edited them
	Stale   []string // files of an earlier conversion that are no longer made, and that nobody has edited
	result  Result
	written manifest
}

// NewPlan compares a result with what is in the folder, which need not be there yet.
func NewPlan(dir string, r Result) (*Plan, error) {
	p := &Plan{Dir: dir, result: r, written: manifest{}}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file; name a folder by --out", dir)
	}
	before, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range r.Files {
		if !filepath.IsLocal(f.Name) {
			return nil, fmt.Errorf("write %q: it would be outside of the folder", f.Name)
		}
		p.written[f.Name] = hash(f.Data)
		now, err := current(dir, f.Name)
		if err != nil {
			return nil, err
		}
		if now != "" && now != before[f.Name] && now != p.written[f.Name] {
			p.Edited = append(p.Edited, f.Name)
		}
	}
	for name, was := range before {
		if _, again := p.written[name]; again || !filepath.IsLocal(name) {
			continue
		}
		now, err := current(dir, name)
		if err != nil {
			return nil, err
		}
		if now != "" && now == was {
			p.Stale = append(p.Stale, name)
		}
	}
	slices.Sort(p.Stale)
	return p, nil
}

// Apply writes the files, each whole or not at all, and removes the stale ones. The
// folder is made if there is none, and then has nothing in it unless all was written.
func (p *Plan) Apply() (err error) {
	_, statErr := os.Stat(p.Dir)
	dir := p.Dir
	fresh := errors.Is(statErr, fs.ErrNotExist)
	if fresh {
		if err := os.MkdirAll(filepath.Dir(p.Dir), 0o755); err != nil {
			return fmt.Errorf("make the folder: %w", err)
		}
		dir, err = os.MkdirTemp(filepath.Dir(p.Dir), "."+filepath.Base(p.Dir)+".*.tmp")
		if err != nil {
			return fmt.Errorf("make the folder: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if err := p.fill(dir); err != nil {
		return err
	}
	if !fresh {
		return nil
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	if err := os.Rename(dir, p.Dir); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	return nil
}

func (p *Plan) fill(dir string) error {
	for _, f := range p.result.Files {
		mode := fs.FileMode(0o644)
		if f.Secret {
			mode = 0o600
		}
		if err := put(dir, f.Name, mode, f.Data); err != nil {
			return err
		}
	}
	for _, name := range p.Stale {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove what is no longer made: %w", err)
		}
	}
	text, err := json.MarshalIndent(p.written, "", "  ")
	if err != nil {
		return err
	}
	return put(dir, manifestFile, 0o600, append(text, '\n'))
}

func put(dir, name string, mode fs.FileMode, data []byte) error {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the folder of %s: %w", name, err)
	}
	err := atomicfile.Write(path, mode, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func readManifest(dir string) (manifest, error) {
	data, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("read what was written before: %w", err)
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("read what was written before: %s is damaged (%w); remove it, and use --force if the files are to be overwritten", filepath.Join(dir, manifestFile), err)
	}
	return m, nil
}

// current returns the hash of a file of the folder, "" if there is none.
func current(dir, name string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	} else if err != nil {
		return "", fmt.Errorf("look at what is there: %w", err)
	}
	return hash(data), nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
